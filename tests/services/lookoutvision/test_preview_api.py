"""The preview revision: 16 operations, a Description structure, other hosting statuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from mlmock import after_polls, mock_ml
from tests.services.lookoutvision.conftest import json_line, masked_line

ONE = {"ProjectName": "circuits", "ModelVersion": "1"}


@pytest.fixture
def ml() -> Iterator[Any]:
    with mock_ml(lookoutvision_api="2020-12-preview") as handle:
        yield handle


def test_lifecycle_of_a_model(ml: Any, vision: Any) -> None:
    ml.lookoutvision.project("circuits", train=60)
    ml.lookoutvision.progress = after_polls(1)

    created = vision.create_model(
        ProjectName="circuits",
        Description={"Description": "first-try"},
        OutputConfig={"S3Location": {"Bucket": "results"}},
    )["ModelMetadata"]
    assert created["Description"] == "first-try"
    described = [vision.describe_model(**ONE)["ModelDescription"] for _ in range(2)]
    assert [found["Status"] for found in described] == ["TRAINING", "TRAINED"]

    assert vision.start_model(**ONE, MinInferenceUnits=1)["Status"] == "STARTING"
    described = [vision.describe_model(**ONE)["ModelDescription"] for _ in range(2)]
    assert [found["Status"] for found in described] == ["STARTING_HOSTING", "HOSTED"]
    assert "MinInferenceUnits" not in ml.calls.last.answer.body.decode()
    assert vision.stop_model(**ONE)["Status"] == "STOPPED"
    vision.describe_model(**ONE)
    vision.describe_model(**ONE)
    vision.delete_model(ProjectName="circuits", ModelVersion="latest")


def test_empty_description(ml: Any, vision: Any) -> None:
    ml.lookoutvision.project("circuits", train=60)

    created = vision.create_model(
        ProjectName="circuits", Description={}, OutputConfig={"S3Location": {"Bucket": "results"}}
    )["ModelMetadata"]

    assert "Description" not in created


def test_detection_has_no_masks(ml: Any, vision: Any) -> None:
    texts = [json_line("1.png"), masked_line("2.png", {"scratch": "#23A436"})]
    ml.lookoutvision.project("circuits", train=texts, model="HOSTED")

    image = ml.lookoutvision.image()
    vision.detect_anomalies(**ONE, Body=image, ContentType="image/png")

    assert b"Anomalies" not in ml.calls.last.answer.body


def test_client_of_the_final_revision_uses_its_statuses(ml: Any) -> None:
    ml.lookoutvision.project("circuits", model="TRAINED")
    client = boto3.client("lookoutvision", api_version="2020-11-20")

    assert client.start_model(**ONE, MinInferenceUnits=1)["Status"] == "STARTING_HOSTING"
