"""ListDatasetEntries: single and combined filters, and pagination."""

from __future__ import annotations

import itertools
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from mlmock.services.lookoutvision.dataset_content import parse_date
from tests.services.lookoutvision.conftest import error_of, json_line

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
        json_line(
            f"{'board' if number % 3 else 'pin'}-{number}.png",
            next(labels),
            dated=(DAY + timedelta(days=number % 9)).isoformat(),
        )
        for number in range(40)
    ]


def matches(text: str, filters: dict[str, Any]) -> bool:
    """Return whether an entry passes the filters; independent of the implementation."""
    value = json.loads(text)
    label = value.get("anomaly-label-metadata", {}).get("class-name")
    is_labeled = label in ("normal", "anomaly")
    created = value.get("anomaly-label-metadata", {}).get("creation-date")
    instant = datetime.fromisoformat(created) if created else datetime.now(timezone.utc)
    return (
        filters.get("Labeled", is_labeled) is is_labeled
        and filters.get("AnomalyClass", label) == label
        and filters.get("SourceRefContains", "") in value["source-ref"]
        and instant < filters.get("BeforeCreationDate", datetime.max.replace(tzinfo=timezone.utc))
        and instant > filters.get("AfterCreationDate", DAY - timedelta(days=1))
    )


@pytest.fixture
def dataset(ml: Any, vision: Any) -> Any:
    return ml.lookoutvision.project("circuits", train=images()).dataset("train")


def listed(client: Any, **filters: Any) -> list[str]:
    found: list[str] = client.list_dataset_entries(**TRAIN, **filters)["DatasetEntries"]
    return found


@pytest.mark.parametrize("filters", COMBINED, ids=lambda filters: "+".join(filters) or "all")
def test_single_and_combined_filters(vision: Any, dataset: Any, filters: dict[str, Any]) -> None:
    assert listed(vision, **filters) == [text for text in images() if matches(text, filters)]


def test_most_combinations_have_matches() -> None:
    found = [sum(matches(text, filters) for text in images()) for filters in COMBINED]

    assert sum(count > 0 for count in found) > len(COMBINED) // 2


def test_unlabeled_images_have_no_class(vision: Any, dataset: Any) -> None:
    assert listed(vision, Labeled=False, AnomalyClass="normal") == []


def test_source_ref_filter_is_case_sensitive(vision: Any, dataset: Any) -> None:
    assert listed(vision, SourceRefContains="BOARD") == []
    assert len(listed(vision, SourceRefContains="-1.png")) == 1


@pytest.mark.parametrize(
    "filters",
    [
        {"AnomalyClass": "odd"},
        {"SourceRefContains": " "},
        {"SourceRefContains": "x" * 2049},
        {"MaxResults": 101},
        {"NextToken": "not a token"},
        {"NextToken": "AAAA"},
    ],
)
def test_invalid_filters_are_rejected(vision: Any, dataset: Any, filters: dict[str, Any]) -> None:
    assert (
        error_of(vision.list_dataset_entries, **TRAIN, **filters)["Code"] == "ValidationException"
    )


def test_date_filters_are_exclusive(vision: Any, ml: Any) -> None:
    text = json_line("1.png", dated="2021-03-01T10:00:00Z")
    ml.lookoutvision.project("circuits", train=[text])
    moment = datetime(2021, 3, 1, 10, tzinfo=timezone.utc)
    second = timedelta(seconds=1)

    assert listed(vision, BeforeCreationDate=moment) == []
    assert listed(vision, AfterCreationDate=moment) == []
    assert listed(vision, BeforeCreationDate=moment + second) == [text]
    assert listed(vision, AfterCreationDate=moment - second) == [text]


def test_entries_without_a_date_have_their_import_time(ml: Any, vision: Any) -> None:
    texts = [
        json_line("1.png"),
        json_line("2.png", dated="Mon Aug 22 2022 13:52:52 GMT-0700"),
        json_line("3.png"),
    ]
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
def test_date_formats(text: str, moment: datetime | None) -> None:
    filters = None if moment is None else moment.replace(tzinfo=timezone.utc).timestamp()

    assert parse_date(text) == pytest.approx(filters)


# -- pages ------------------------------------------------------------------------------------


def test_paginator_returns_all_entries_in_order(vision: Any, dataset: Any) -> None:
    pages = vision.get_paginator("list_dataset_entries").paginate(
        **TRAIN, Labeled=True, PaginationConfig={"PageSize": 10}
    )
    found = [page["DatasetEntries"] for page in pages]

    assert [len(page) for page in found] == [10, 10, 4]
    assert list(itertools.chain(*found)) == [t for t in images() if matches(t, {"Labeled": True})]


def test_default_page_size_is_a_hundred(ml: Any, vision: Any) -> None:
    ml.lookoutvision.project("circuits", train=250)

    first = vision.list_dataset_entries(**TRAIN)

    assert len(first["DatasetEntries"]) == 100
    assert len(listed(vision, NextToken=first["NextToken"])) == 100


def test_empty_token_starts_at_the_beginning(vision: Any, dataset: Any) -> None:
    assert listed(vision, NextToken="") == listed(vision)
    assert vision.list_projects(NextToken="")["Projects"]
    assert vision.list_models(ProjectName="circuits", NextToken="")["Models"] == []


def test_token_continues_after_updates(vision: Any, dataset: Any) -> None:
    filters = {"AnomalyClass": "anomaly", "MaxResults": 4}
    first = vision.list_dataset_entries(**TRAIN, **filters)
    changes = [json_line("board-1.png", "normal"), json_line("new.png", "anomaly")]
    vision.update_dataset_entries(**TRAIN, Changes="\n".join(changes))

    rest = listed(vision, **filters, NextToken=first["NextToken"])

    expected = [t for t in images() if matches(t, {"AnomalyClass": "anomaly"})] + changes[1:]
    assert rest == expected[4:8]


def test_token_is_valid_for_its_filters_and_dataset_only(
    ml: Any, vision: Any, dataset: Any
) -> None:
    token = vision.list_dataset_entries(**TRAIN, MaxResults=2, Labeled=True)["NextToken"]

    assert len(listed(vision, MaxResults=9, Labeled=True, NextToken=token)) == 9
    for other in ({}, {"Labeled": False}, {"Labeled": True, "AnomalyClass": "normal"}):
        failure = error_of(vision.list_dataset_entries, **TRAIN, **other, NextToken=token)
        assert failure["Message"] == "The pagination token is invalid."
    vision.delete_dataset(**TRAIN)
    ml.clock.advance(seconds=1)
    ml.lookoutvision.project("circuits").seed(train=images())
    failure = error_of(vision.list_dataset_entries, **TRAIN, Labeled=True, NextToken=token)
    assert failure["Code"] == "ValidationException"


def test_many_different_filters(vision: Any, dataset: Any) -> None:
    for number in range(40):
        assert len(listed(vision, SourceRefContains=f"-{number}.png")) == 1


def test_update_in_progress_is_not_listed(ml: Any, vision: Any, dataset: Any) -> None:
    from mlmock import manually

    dataset.progress = manually()
    vision.update_dataset_entries(**TRAIN, Changes=json_line("new.png"))
    assert listed(vision, SourceRefContains="new") == []
    dataset.finish()
    assert listed(vision, SourceRefContains="new") == [json_line("new.png")]
