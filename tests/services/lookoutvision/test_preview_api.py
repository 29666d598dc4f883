"""The seed's revision: 16 operations, a Description that is a structure, other hosting words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from mlmock import after_polls, mock_ml
from tests.services.lookoutvision.conftest import line, masked_line

ONE = {"ProjectName": "circuits", "ModelVersion": "1"}


@pytest.fixture
def ml() -> Iterator[Any]:
    with mock_ml(lookoutvision_api="2020-12-preview") as running:
        yield running


def test_a_model_lives_as_the_preview_says(ml: Any, vision: Any) -> None:
    ml.lookoutvision.project("circuits", train=60)
    ml.lookoutvision.progress = after_polls(1)

    made = vision.create_model(
        ProjectName="circuits",
        Description={"Description": "first-try"},
        OutputConfig={"S3Location": {"Bucket": "results"}},
    )["ModelMetadata"]
    assert made["Description"] == "first-try"
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


def test_a_description_may_be_empty(ml: Any, vision: Any) -> None:
    ml.lookoutvision.project("circuits", train=60)

    made = vision.create_model(
        ProjectName="circuits", Description={}, OutputConfig={"S3Location": {"Bucket": "results"}}
    )["ModelMetadata"]

    assert "Description" not in made


def test_the_preview_knows_no_masks(ml: Any, vision: Any) -> None:
    texts = [line("1.png"), masked_line("2.png", {"scratch": "#23A436"})]
    ml.lookoutvision.project("circuits", train=texts, model="HOSTED")

    image = ml.lookoutvision.image()
    vision.detect_anomalies(**ONE, Body=image, ContentType="image/png")

    assert b"Anomalies" not in ml.calls.last.answer.body


def test_a_client_of_the_final_revision_keeps_its_own_words(ml: Any) -> None:
    ml.lookoutvision.project("circuits", model="TRAINED")
    client = boto3.client("lookoutvision", api_version="2020-11-20")

    assert client.start_model(**ONE, MinInferenceUnits=1)["Status"] == "STARTING_HOSTING"
