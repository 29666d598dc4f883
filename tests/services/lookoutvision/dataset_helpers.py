"""Functions shared by the tests of datasets."""

from __future__ import annotations

from typing import Any

from tests.services.lookoutvision.conftest import source

TRAIN = {"ProjectName": "circuits", "DatasetType": "train"}


def described(client: Any, **dataset: Any) -> dict[str, Any]:
    found: dict[str, Any] = client.describe_dataset(**{**TRAIN, **dataset})["DatasetDescription"]
    return found


def status(client: Any) -> str:
    return str(described(client)["Status"])


def lines(client: Any) -> list[str]:
    found: list[str] = client.list_dataset_entries(**TRAIN)["DatasetEntries"]
    return found


def put_manifest(ml: Any, *texts: str) -> dict[str, Any]:
    ml.s3.put("s3://manifests/train.manifest", "\n".join(texts))
    return source("train.manifest")
