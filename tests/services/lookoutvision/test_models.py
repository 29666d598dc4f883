"""Models: training, evaluation, requirements and quotas."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import boto3
import pytest

from mlmock import mock_ml
from tests.services.lookoutvision.model_helpers import ARN, OUT, described, evaluation, train

NOON = datetime(2024, 5, 1, 12, tzinfo=timezone.utc)


@pytest.fixture
def project(ml: Any) -> Any:
    return ml.lookoutvision.project("circuits", train=60)


def test_model_is_trained() -> None:
    with mock_ml(now=NOON) as ml:
        ml.lookoutvision.project("circuits", train=60)
        vision = boto3.client("lookoutvision")

        created = train(vision, Description="first-try", KmsKeyId="alias/mine")

        metadata = {
            "CreationTimestamp": NOON,
            "ModelVersion": "1",
            "ModelArn": ARN,
            "Description": "first-try",
        }
        training = {"Status": "TRAINING", "StatusMessage": "The model is being trained."}
        trained = {"Status": "TRAINED", "StatusMessage": "Training completed successfully."}
        listed = vision.list_models(ProjectName="circuits")["Models"]
        performance = listed[0].pop("Performance")
        assert created == {**metadata, **training}
        assert listed == [{**metadata, **trained}]
        assert described(vision) == {
            **metadata,
            **trained,
            "Performance": performance,
            "OutputConfig": OUT,
            "EvaluationManifest": {
                "Bucket": "results",
                "Key": "run-1/EvaluationManifest-circuits-1.json",
            },
            "EvaluationResult": {
                "Bucket": "results",
                "Key": "run-1/EvaluationResult-circuits-1.json",
            },
            "EvaluationEndTimestamp": NOON,
            "KmsKeyId": "alias/mine",
        }


def test_default_metrics_depend_on_the_image_counts(vision: Any, project: Any) -> None:
    train(vision)

    found = described(vision)["Performance"]

    precision, recall = found["Precision"], found["Recall"]
    assert (precision, recall) == (round(40 / 41, 4), round(20 / 21, 4))
    assert found["F1Score"] == pytest.approx(2 * precision * recall / (precision + recall))


def test_evaluation_result_is_written(ml: Any, vision: Any, project: Any) -> None:
    project.next_training.metrics(precision=0.75, recall=0.5)
    train(vision)

    result = json.loads(evaluation(ml, "Result"))

    assert result["Version"] == 1
    assert result["EvaluationDetails"]["ModelArn"] == ARN
    assert result["EvaluationDetails"]["NumberOfTrainingImages"] == 48
    assert result["EvaluationDetails"]["NumberOfTestingImages"] == 12
    metrics = result["AggregatedEvaluationResults"]["Metrics"]
    assert set(metrics) == {"ROCAUC", "AveragePrecision", "Precision", "Recall", "F1Score"}
    assert (metrics["Precision"], metrics["Recall"]) == (0.75, 0.5)
    assert metrics["F1Score"] == pytest.approx(0.6)


def test_evaluation_manifest_agrees_with_the_metrics(ml: Any, vision: Any) -> None:
    ml.lookoutvision.project("circuits", train=60, test=60)
    ml.lookoutvision.next_training.metrics(precision=0.5, recall=0.8)
    train(vision)

    lines = [json.loads(text) for text in evaluation(ml, "Manifest").splitlines()]

    results = [(found["anomaly-label"], found["anomaly-label-detected"]) for found in lines]
    hits, misses, false = results.count((1, 1)), results.count((1, 0)), results.count((0, 1))
    assert len(lines) == 60
    assert (hits / (hits + misses), hits / (hits + false)) == (0.8, 0.5)
    detected = lines[0]["anomaly-label-detected-metadata"]
    assert detected["model-arn"] == ARN
    assert detected["model-version"] == "1"
    assert detected["human-annotated"] == "no"
    assert detected["job-name"] == "training-job/anomaly-detection"


def test_evaluation_manifest_can_be_imported(ml: Any, vision: Any) -> None:
    project = ml.lookoutvision.project("circuits", train=60, test=60)
    project.next_training.metrics(precision=0.5, recall=0.5)
    train(vision)

    evaluated = f"s3://results/{OUT['S3Location']['Prefix']}EvaluationManifest-circuits-1.json"
    imported = ml.lookoutvision.project("imported", train=evaluated)

    assert project.dataset("test").entries != imported.dataset("train").entries
    stats = vision.describe_dataset(ProjectName="imported", DatasetType="train")[
        "DatasetDescription"
    ]
    assert stats["ImageStats"] == {"Total": 60, "Labeled": 60, "Normal": 40, "Anomaly": 20}


def test_model_with_zero_precision_and_recall(ml: Any, vision: Any, project: Any) -> None:
    project.next_training.metrics(precision=0, recall=0)
    train(vision)

    assert described(vision)["Performance"] == {"F1Score": 0, "Recall": 0, "Precision": 0}
    lines = [json.loads(text) for text in evaluation(ml, "Manifest").splitlines()]
    assert all(found["anomaly-label"] != found["anomaly-label-detected"] for found in lines)


def test_output_without_a_prefix(ml: Any, vision: Any, project: Any) -> None:
    vision.create_model(ProjectName="circuits", OutputConfig={"S3Location": {"Bucket": "results"}})

    metadata = described(vision)

    assert metadata["OutputConfig"] == {"S3Location": {"Bucket": "results"}}
    assert metadata["EvaluationResult"]["Key"] == "EvaluationResult-circuits-1.json"
    assert len(ml.s3.list("s3://results/")) == 2


def test_versions_are_not_reused(vision: Any, project: Any) -> None:
    train(vision)
    train(vision)
    vision.delete_model(ProjectName="circuits", ModelVersion="2")

    assert train(vision)["ModelVersion"] == "3"
    listed = vision.list_models(ProjectName="circuits")["Models"]
    assert [found["ModelVersion"] for found in listed] == ["3", "1"]
    assert described(vision, "latest")["ModelVersion"] == "3"


def test_paginator_of_models(vision: Any, project: Any) -> None:
    for _ in range(5):
        train(vision)

    pages = vision.get_paginator("list_models").paginate(
        ProjectName="circuits", PaginationConfig={"PageSize": 2}
    )

    found = [[model["ModelVersion"] for model in page["Models"]] for page in pages]
    assert found == [["5", "4"], ["3", "2"], ["1"]]
