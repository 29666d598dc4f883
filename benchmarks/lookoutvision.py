"""Lookout for Vision: describe_project, import of a large manifest, pages of filtered lists."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any

from benchmarks.baseline import client, recorded_baseline
from benchmarks.paired import Around, Row, Subject, rounds_of
from mlmock import mock_ml

_SERVICE = "lookoutvision"
_LINES = 20_000  # of the manifest
# What replaces the constant where `benchmarks.compare` repeats all rows.
REDUCED = {"_LINES": 2000}
_TRAIN = {"ProjectName": "circuits", "DatasetType": "train"}
_SOURCE = {"GroundTruthManifest": {"S3Object": {"Bucket": "manifests", "Key": "m"}}}
_FILTERS: dict[str, dict[str, Any]] = {
    "no filter": {},
    "Labeled": {"Labeled": True},
    "AnomalyClass": {"AnomalyClass": "anomaly"},
    "SourceRefContains": {"SourceRefContains": "board-1"},
    "dates": {"AfterCreationDate": datetime(2020, 11, 12, 1, tzinfo=timezone.utc)},
    "all of them": {
        "Labeled": True,
        "AnomalyClass": "normal",
        "SourceRefContains": "board-1",
        "BeforeCreationDate": datetime(2030, 1, 1, tzinfo=timezone.utc),
    },
}


def line(number: int) -> str:
    """Return a JSON line in the form of the examples in the developer guide."""
    anomalous = number % 3 == 0
    return json.dumps(
        {
            "source-ref": f"s3://images/line-7/2020-11/board-{number}.jpeg",
            "anomaly-label": int(anomalous),
            "anomaly-label-metadata": {
                "confidence": 0.0,
                "job-name": "labeling-job/anomaly-label",
                "class-name": "anomaly" if anomalous else "normal",
                "human-annotated": "yes",
                "creation-date": f"2020-11-12T{number % 24:02d}:49:26.{number % 1000:03d}Z",
                "type": "groundtruth/image-classification",
            },
        }
    )


# -- describe_project --------------------------------------------------------------------------


def describe(caller: Any) -> Subject:
    return lambda: caller.describe_project(ProjectName="circuits")


def inside(**options: Any) -> Around:
    """Run the calls in a mock that has a project with two datasets."""

    @contextmanager
    def context() -> Iterator[object]:
        with mock_ml(**options) as ml:
            ml.lookoutvision.project("circuits", train=30, test=30)
            yield ml

    return context


def described() -> Iterator[Row]:
    """Compare describe_project with and without caches to botocore alone."""
    with mock_ml() as ml:
        ml.lookoutvision.project("circuits", train=30, test=30)
        ours = client(_SERVICE)
        baseline = recorded_baseline(_SERVICE, ml, describe, ours)
    for variant, options, bar in (("", {}, 0.97), (", cache=False", {"cache": False}, 1.08)):
        found = rounds_of(
            describe(baseline), {"mlmock": describe(ours)}, around={"mlmock": inside(**options)}
        )
        yield Row(f"describe_project{variant}", found["mlmock"].ratio, bar)


# -- a manifest --------------------------------------------------------------------------------


def imported(ml: Any, caller: Any) -> Subject:
    """Return a function that creates a dataset from a manifest."""

    def create() -> None:
        ml.reset()
        ml.lookoutvision.project("circuits")
        ml.s3.put("s3://manifests/m", manifest)
        caller.create_dataset(**_TRAIN, DatasetSource=_SOURCE)

    manifest = "\n".join(map(line, range(_LINES)))
    return create


def loaded() -> Subject:
    """Return a function that parses the same lines with json.loads."""
    lines = [line(number) for number in range(_LINES)]
    return lambda: [json.loads(text) for text in lines]


def manifest_row() -> Row:
    """Compare the import of a manifest with json.loads of its lines."""
    with mock_ml() as ml:
        subject = imported(ml, client(_SERVICE))
        found = rounds_of(loaded(), {"import": subject}, rounds=9, calls=1)
        stored = len(ml.lookoutvision.project("circuits").dataset().entries)
    assert stored == _LINES
    return Row("a manifest of 20,000 lines", found["import"].ratio, 6, "x json.loads of its lines")


# -- pages -------------------------------------------------------------------------------------


def tokens_of(caller: Any, wanted: dict[str, Any]) -> list[str]:
    """Return the token of every page but the first."""
    pages = caller.get_paginator("list_dataset_entries").paginate(**_TRAIN, **wanted)
    return [page["NextToken"] for page in pages if "NextToken" in page]


def page(caller: Any, wanted: dict[str, Any], **more: Any) -> Callable[[], object]:
    return lambda: caller.list_dataset_entries(**_TRAIN, **wanted, **more)


def pages() -> Iterator[Row]:
    """Compare later pages with the first page, and filtered with unfiltered first pages."""
    with mock_ml() as ml:
        caller = client(_SERVICE)
        ml.lookoutvision.project("circuits", train=[line(number) for number in range(_LINES)])
        unfiltered = page(caller, {})
        for name, wanted in _FILTERS.items():
            tokens = tokens_of(caller, wanted)
            numbers = sorted({0, len(tokens) // 2, len(tokens) - 2})
            deep = {f"page {n + 2}": page(caller, wanted, NextToken=tokens[n]) for n in numbers}
            found = rounds_of(page(caller, wanted), deep, rounds=9, calls=20)
            worst = max(outcome.ratio for outcome in found.values())
            yield Row(f"pages of ListDatasetEntries, {name}", worst, 1.5, "x the first page")
            found = rounds_of(unfiltered, {"first": page(caller, wanted)}, rounds=9, calls=20)
            yield Row(
                f"the first page of ListDatasetEntries, {name}",
                found["first"].ratio,
                1.5,
                "x the first without a filter",
            )


def rows() -> Iterator[Row]:
    yield from described()
    yield manifest_row()
    yield from pages()
