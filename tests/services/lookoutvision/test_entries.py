"""ListDatasetEntries: every filter alone and combined, in pages that stay true."""

from __future__ import annotations

import itertools
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from mlmock.services.lookoutvision.dataset_content import parse_date
from tests.services.lookoutvision.conftest import line, refusal

TRAIN = {"ProjectName": "circuits", "DatasetType": "train"}
DAY = datetime(2021, 3, 1, tzinfo=timezone.utc)

FILTERS: dict[str, list[Any]] = {
    "Labeled": [True, False],
    "AnomalyClass": ["normal", "anomaly"],
    "SourceRefContains": ["board", "s3://images/pin-1"],
    "BeforeCreationDate": [DAY + timedelta(days=5)],
    "AfterCreationDate": [DAY + timedelta(days=2)],
}
COMBINED = [
    dict(zip(names, values, strict=True))
    for count in range(len(FILTERS) + 1)
    for names in itertools.combinations(FILTERS, count)
    for values in itertools.product(*(FILTERS[name] for name in names))
]


def images() -> list[str]:
    labels = itertools.cycle(["normal", "anomaly", None, "normal", "other"])
    return [
        line(
            f"{'board' if number % 3 else 'pin'}-{number}.png",
            next(labels),
            dated=(DAY + timedelta(days=number % 9)).isoformat(),
        )
        for number in range(40)
    ]


def fits(text: str, wanted: dict[str, Any]) -> bool:
    """What the filters say, in other words than the service's own."""
    value = json.loads(text)
    label = value.get("anomaly-label-metadata", {}).get("class-name")
    known = label in ("normal", "anomaly")
    made = value.get("anomaly-label-metadata", {}).get("creation-date")
    instant = datetime.fromisoformat(made) if made else datetime.now(timezone.utc)
    return (
        wanted.get("Labeled", known) is known
        and wanted.get("AnomalyClass", label) == label
        and wanted.get("SourceRefContains", "") in value["source-ref"]
        and instant < wanted.get("BeforeCreationDate", datetime.max.replace(tzinfo=timezone.utc))
        and instant > wanted.get("AfterCreationDate", DAY - timedelta(days=1))
    )


@pytest.fixture
def dataset(ml: Any, vision: Any) -> Any:
    return ml.lookoutvision.project("circuits", train=images()).dataset("train")


def listed(client: Any, **wanted: Any) -> list[str]:
    found: list[str] = client.list_dataset_entries(**TRAIN, **wanted)["DatasetEntries"]
    return found


@pytest.mark.parametrize("wanted", COMBINED, ids=lambda wanted: "+".join(wanted) or "all")
def test_filters_alone_and_combined(vision: Any, dataset: Any, wanted: dict[str, Any]) -> None:
    assert listed(vision, **wanted) == [text for text in images() if fits(text, wanted)]


def test_some_combination_finds_something() -> None:
    found = [sum(fits(text, wanted) for text in images()) for wanted in COMBINED]

    assert sum(count > 0 for count in found) > len(COMBINED) // 2


def test_a_class_of_unlabelled_images_is_empty(vision: Any, dataset: Any) -> None:
    assert listed(vision, Labeled=False, AnomalyClass="normal") == []


def test_a_text_is_looked_for_as_it_stands(vision: Any, dataset: Any) -> None:
    assert listed(vision, SourceRefContains="BOARD") == []
    assert len(listed(vision, SourceRefContains="-1.png")) == 1


@pytest.mark.parametrize(
    "wanted",
    [
        {"AnomalyClass": "odd"},
        {"SourceRefContains": " "},
        {"SourceRefContains": "x" * 2049},
        {"MaxResults": 101},
        {"NextToken": "not a token"},
        {"NextToken": "AAAA"},
    ],
)
def test_what_no_filter_takes(vision: Any, dataset: Any, wanted: dict[str, Any]) -> None:
    assert refusal(vision.list_dataset_entries, **TRAIN, **wanted)["Code"] == "ValidationException"


def test_dates_are_open_bounds(vision: Any, ml: Any) -> None:
    text = line("1.png", dated="2021-03-01T10:00:00Z")
    ml.lookoutvision.project("circuits", train=[text])
    moment = datetime(2021, 3, 1, 10, tzinfo=timezone.utc)
    second = timedelta(seconds=1)

    assert listed(vision, BeforeCreationDate=moment) == []
    assert listed(vision, AfterCreationDate=moment) == []
    assert listed(vision, BeforeCreationDate=moment + second) == [text]
    assert listed(vision, AfterCreationDate=moment - second) == [text]


def test_lines_without_a_date_count_from_when_they_came_in(ml: Any, vision: Any) -> None:
    texts = [line("1.png"), line("2.png", dated="Mon Aug 22 2022 13:52:52 GMT-0700"), line("3.png")]
    ml.lookoutvision.project("circuits", train=texts[:2])
    ml.clock.advance(days=2)
    between = ml.clock.now() - timedelta(days=1)
    vision.update_dataset_entries(**TRAIN, Changes=texts[2])

    assert listed(vision, BeforeCreationDate=between) == texts[:2]
    assert listed(vision, AfterCreationDate=between) == texts[2:]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2020-11-12T00:49:26.893Z", datetime(2020, 11, 12, 0, 49, 26, 893000)),
        ("2021-11-23T20:31:57.758889", datetime(2021, 11, 23, 20, 31, 57, 758889)),
        ("2021-11-23 20:31", datetime(2021, 11, 23, 20, 31)),
        ("2021-11-23", datetime(2021, 11, 23)),
        ("2021-11-23T20:31:57+02:00", datetime(2021, 11, 23, 18, 31, 57)),
        ("2021-11-23T20:31:57-0130", datetime(2021, 11, 23, 22, 1, 57)),
        ("2021-13-23", None),
        ("2021-11-23T20:31:57.75Z", datetime(2021, 11, 23, 20, 31, 57, 750000)),
        ("2021-11-23T20:31:57.758889123", datetime(2021, 11, 23, 20, 31, 57, 758889)),
        ("2021-11-23T20:31:61Z", None),
        ("0001-01-01T00:00+23:59", None),
        ("yesterday", None),
    ],
)
def test_dates_as_they_are_written(text: str, moment: datetime | None) -> None:
    wanted = None if moment is None else moment.replace(tzinfo=timezone.utc).timestamp()

    assert parse_date(text) == pytest.approx(wanted)


# --- pages ---------------------------------------------------------------------------------------


def test_pages_come_in_order_and_end(vision: Any, dataset: Any) -> None:
    pages = vision.get_paginator("list_dataset_entries").paginate(
        **TRAIN, Labeled=True, PaginationConfig={"PageSize": 10}
    )
    found = [page["DatasetEntries"] for page in pages]

    assert [len(page) for page in found] == [10, 10, 4]
    assert list(itertools.chain(*found)) == [t for t in images() if fits(t, {"Labeled": True})]


def test_a_page_holds_a_hundred_where_nobody_asks(ml: Any, vision: Any) -> None:
    ml.lookoutvision.project("circuits", train=250)

    first = vision.list_dataset_entries(**TRAIN)

    assert len(first["DatasetEntries"]) == 100
    assert len(listed(vision, NextToken=first["NextToken"])) == 100


def test_an_empty_token_begins_anew(vision: Any, dataset: Any) -> None:
    assert listed(vision, NextToken="") == listed(vision)
    assert vision.list_projects(NextToken="")["Projects"]
    assert vision.list_models(ProjectName="circuits", NextToken="")["Models"] == []


def test_a_token_goes_on_after_what_was_seen_though_lines_change(vision: Any, dataset: Any) -> None:
    wanted = {"AnomalyClass": "anomaly", "MaxResults": 4}
    first = vision.list_dataset_entries(**TRAIN, **wanted)
    changes = [line("board-1.png", "normal"), line("new.png", "anomaly")]
    vision.update_dataset_entries(**TRAIN, Changes="\n".join(changes))

    rest = listed(vision, **wanted, NextToken=first["NextToken"])

    again = [t for t in images() if fits(t, {"AnomalyClass": "anomaly"})] + changes[1:]
    assert rest == again[4:8]


def test_a_token_belongs_to_its_filters_and_its_dataset(ml: Any, vision: Any, dataset: Any) -> None:
    token = vision.list_dataset_entries(**TRAIN, MaxResults=2, Labeled=True)["NextToken"]

    assert len(listed(vision, MaxResults=9, Labeled=True, NextToken=token)) == 9
    for other in ({}, {"Labeled": False}, {"Labeled": True, "AnomalyClass": "normal"}):
        refused = refusal(vision.list_dataset_entries, **TRAIN, **other, NextToken=token)
        assert refused["Message"] == "The pagination token is invalid."
    vision.delete_dataset(**TRAIN)
    ml.clock.advance(seconds=1)
    ml.lookoutvision.project("circuits").seed(train=images())
    refused = refusal(vision.list_dataset_entries, **TRAIN, Labeled=True, NextToken=token)
    assert refused["Code"] == "ValidationException"


def test_many_filters_are_looked_up_as_they_come(vision: Any, dataset: Any) -> None:
    for number in range(40):
        assert len(listed(vision, SourceRefContains=f"-{number}.png")) == 1


def test_what_is_under_way_is_not_listed_yet(ml: Any, vision: Any, dataset: Any) -> None:
    from mlmock import manually

    dataset.progress = manually()
    vision.update_dataset_entries(**TRAIN, Changes=line("new.png"))
    assert listed(vision, SourceRefContains="new") == []
    dataset.finish()
    assert listed(vision, SourceRefContains="new") == [line("new.png")]
