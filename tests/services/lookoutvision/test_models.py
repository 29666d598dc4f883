"""Models: trained, evaluated, counted."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import boto3
import pytest

from mlmock import InvalidRule, UnusedRule, manually, mock_ml
from tests.services.lookoutvision.conftest import line, masked_line, refusal
from tests.services.lookoutvision.model_helpers import ARN, ONE, OUT, described, status, train

NOON = datetime(2024, 5, 1, 12, tzinfo=timezone.utc)


@pytest.fixture
def project(ml: Any) -> Any:
    return ml.lookoutvision.project("circuits", train=60)


# --- training ------------------------------------------------------------------------------------


def test_a_model_is_trained() -> None:
    with mock_ml(now=NOON) as ml:
        ml.lookoutvision.project("circuits", train=60)
        vision = boto3.client("lookoutvision")

        made = train(vision, Description="first-try", KmsKeyId="alias/mine")

        shown = {
            "CreationTimestamp": NOON,
            "ModelVersion": "1",
            "ModelArn": ARN,
            "Description": "first-try",
        }
        training = {"Status": "TRAINING", "StatusMessage": "The model is being trained."}
        trained = {"Status": "TRAINED", "StatusMessage": "Training completed successfully."}
        listed = vision.list_models(ProjectName="circuits")["Models"]
        performance = listed[0].pop("Performance")
        assert made == {**shown, **training}
        assert listed == [{**shown, **trained}]
        assert described(vision) == {
            **shown,
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


def test_metrics_follow_from_the_counts(vision: Any, project: Any) -> None:
    train(vision)

    found = described(vision)["Performance"]

    precision, recall = found["Precision"], found["Recall"]
    assert (precision, recall) == (round(40 / 41, 4), round(20 / 21, 4))
    assert found["F1Score"] == pytest.approx(2 * precision * recall / (precision + recall))


def evaluation(ml: Any, what: str) -> bytes:
    found: bytes = ml.s3.get(f"s3://results/run-1/Evaluation{what}-circuits-1.json")
    return found


def test_the_evaluation_is_written(ml: Any, vision: Any, project: Any) -> None:
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


def test_the_lines_of_the_evaluation_bear_the_metrics_out(ml: Any, vision: Any) -> None:
    ml.lookoutvision.project("circuits", train=60, test=60)
    ml.lookoutvision.next_training.metrics(precision=0.5, recall=0.8)
    train(vision)

    lines = [json.loads(text) for text in evaluation(ml, "Manifest").splitlines()]

    said = [(found["anomaly-label"], found["anomaly-label-detected"]) for found in lines]
    hits, misses, false = said.count((1, 1)), said.count((1, 0)), said.count((0, 1))
    assert len(lines) == 60
    assert (hits / (hits + misses), hits / (hits + false)) == (0.8, 0.5)
    detected = lines[0]["anomaly-label-detected-metadata"]
    assert detected["model-arn"] == ARN
    assert detected["model-version"] == "1"
    assert detected["human-annotated"] == "no"
    assert detected["job-name"] == "training-job/anomaly-detection"


def test_the_lines_of_the_evaluation_can_be_imported(ml: Any, vision: Any) -> None:
    project = ml.lookoutvision.project("circuits", train=60, test=60)
    project.next_training.metrics(precision=0.5, recall=0.5)
    train(vision)

    evaluated = f"s3://results/{OUT['S3Location']['Prefix']}EvaluationManifest-circuits-1.json"
    again = ml.lookoutvision.project("again", train=evaluated)

    assert project.dataset("test").entries != again.dataset("train").entries
    stats = vision.describe_dataset(ProjectName="again", DatasetType="train")["DatasetDescription"]
    assert stats["ImageStats"] == {"Total": 60, "Labeled": 60, "Normal": 40, "Anomaly": 20}


def test_a_model_without_recall_or_precision(ml: Any, vision: Any, project: Any) -> None:
    project.next_training.metrics(precision=0, recall=0)
    train(vision)

    assert described(vision)["Performance"] == {"F1Score": 0, "Recall": 0, "Precision": 0}
    lines = [json.loads(text) for text in evaluation(ml, "Manifest").splitlines()]
    assert all(found["anomaly-label"] != found["anomaly-label-detected"] for found in lines)


def test_without_a_prefix_the_keys_stand_alone(ml: Any, vision: Any, project: Any) -> None:
    vision.create_model(ProjectName="circuits", OutputConfig={"S3Location": {"Bucket": "results"}})

    shown = described(vision)

    assert shown["OutputConfig"] == {"S3Location": {"Bucket": "results"}}
    assert shown["EvaluationResult"]["Key"] == "EvaluationResult-circuits-1.json"
    assert len(ml.s3.list("s3://results/")) == 2


def masked(count: int, *labels: str, start: int = 0) -> list[str]:
    colours = {label: f"#23A43{place}" for place, label in enumerate(labels)}
    return [masked_line(f"{'-'.join(labels)}{start + n}.png", colours) for n in range(count)]


def test_masks_make_a_segmentation_model(ml: Any, vision: Any) -> None:
    texts = [line(f"n{number}.png") for number in range(20)]
    ml.lookoutvision.project("circuits", train=[*texts, *masked(20, "scratch")])
    train(vision)

    metrics = json.loads(evaluation(ml, "Result"))["AggregatedEvaluationResults"]["Metrics"]

    assert [found["ClassName"] for found in metrics["PixelAnomalyClassMetrics"]] == ["scratch"]


def test_each_label_of_the_masks_needs_images_of_its_own(ml: Any, vision: Any) -> None:
    texts = [line(f"n{number}.png") for number in range(20)]
    texts += [*masked(20, "scratch"), *masked(19, "dent"), *masked(5, "scratch", "dent")]
    ml.lookoutvision.project("circuits", train=texts)
    train(vision)

    assert described(vision)["StatusMessage"] == (
        "The training dataset needs at least 20 images with the label dent alone; it has 19."
    )


@pytest.mark.parametrize(
    ("trained", "tested", "outcome"),
    [(10, 10, "TRAINED"), (9, 10, "TRAINING_FAILED"), (10, 9, "TRAINING_FAILED")],
)
def test_in_two_datasets_ten_of_each_label_suffice(
    ml: Any, vision: Any, trained: int, tested: int, outcome: str
) -> None:
    texts = [line(f"n{number}.png") for number in range(10)]
    more = [line(f"a{number}.png", "anomaly") for number in range(10)]
    ml.lookoutvision.project(
        "circuits",
        train=[*texts, *masked(trained, "scratch")],
        test=[*texts, *more, *masked(tested, "scratch")],
    )
    train(vision)

    assert status(vision) == outcome


@pytest.mark.parametrize(
    ("normal", "anomaly", "why"),
    [
        (19, 10, "The training dataset needs at least 20 normal and 10 anomalous images; "),
        (20, 9, "The training dataset needs at least 20 normal and 10 anomalous images; "),
        (20, 10, None),
    ],
)
def test_one_dataset_has_to_hold_enough(
    ml: Any, vision: Any, normal: int, anomaly: int, why: str | None
) -> None:
    texts = [line(f"n{number}.png") for number in range(normal)]
    texts += [line(f"a{number}.png", "anomaly") for number in range(anomaly)]
    ml.lookoutvision.project("circuits", train=texts)
    train(vision)

    shown = described(vision)

    assert shown["Status"] == ("TRAINED" if why is None else "TRAINING_FAILED")
    assert why is None or shown["StatusMessage"] == f"{why}it has {normal} and {anomaly}."
    assert ("Performance" in shown) is (why is None)
    assert ("EvaluationResult" in shown) is (why is None)


@pytest.mark.parametrize(
    ("trained", "tested", "outcome"),
    [
        (10, (10, 10), "TRAINED"),
        (9, (10, 10), "TRAINING_FAILED"),
        (10, (10, 9), "TRAINING_FAILED"),
        (10, (9, 10), "TRAINING_FAILED"),
    ],
)
def test_two_datasets_need_less(
    ml: Any, vision: Any, trained: int, tested: tuple[int, int], outcome: str
) -> None:
    normal, anomaly = tested
    ml.lookoutvision.project(
        "circuits",
        train=[line(f"n{number}.png") for number in range(trained)],
        test=[line(f"n{number}.png") for number in range(normal)]
        + [line(f"a{number}.png", "anomaly") for number in range(anomaly)],
    )
    train(vision)

    assert status(vision) == outcome


def test_a_test_says_why_the_next_training_fails(ml: Any, vision: Any, project: Any) -> None:
    project.next_training.fail("Images in the dataset must have the same dimensions.")
    train(vision)
    train(vision)

    failed, trained = described(vision, "1"), described(vision, "2")
    assert failed["Status"] == "TRAINING_FAILED"
    assert failed["StatusMessage"] == "Images in the dataset must have the same dimensions."
    assert trained["Status"] == "TRAINED"
    assert [path.rpartition("/")[2] for path in ml.s3.list("s3://results/")] == [
        "EvaluationManifest-circuits-2.json",
        "EvaluationResult-circuits-2.json",
    ]


def test_the_next_that_are_written_in_order_come_in_order(vision: Any, project: Any) -> None:
    project.next_training.fail("first")
    project.next_training.metrics(precision=0.9, recall=0.8)
    project.next_training.fail("third")

    for _ in range(3):
        train(vision)

    assert [described(vision, str(v))["Status"] for v in (1, 2, 3)] == [
        "TRAINING_FAILED",
        "TRAINED",
        "TRAINING_FAILED",
    ]


def test_metrics_that_are_said_need_no_images(ml: Any, vision: Any) -> None:
    ml.lookoutvision.project("circuits", train=1)
    ml.lookoutvision.project("circuits").next_training.metrics(precision=0.9, recall=0.8)
    train(vision)

    assert described(vision)["Performance"]["Precision"] == pytest.approx(0.9)


def test_a_training_that_does_not_come_is_complained_about() -> None:
    with pytest.raises(UnusedRule, match="next_training used 0 of 1 times"), mock_ml() as ml:
        ml.lookoutvision.project("circuits").next_training.fail("never")
    with mock_ml() as ml:
        ml.lookoutvision.project("circuits").next_training.fail("never").optional()


def test_metrics_are_shares(project: Any) -> None:
    with pytest.raises(InvalidRule, match="precision is a number from 0 to 1, not 90"):
        project.next_training.metrics(precision=90, recall=0.5)


def test_what_is_said_in_another_region_does_not_hold_here(ml: Any, vision: Any) -> None:
    ml.lookoutvision.project("circuits", train=60)
    there = ml.at(region="eu-west-1").lookoutvision.project("circuits")
    there.next_training.fail("elsewhere").optional()
    train(vision)

    assert status(vision) == "TRAINED"


def test_versions_count_on_and_are_not_used_again(vision: Any, project: Any) -> None:
    train(vision)
    train(vision)
    vision.delete_model(ProjectName="circuits", ModelVersion="2")

    assert train(vision)["ModelVersion"] == "3"
    listed = vision.list_models(ProjectName="circuits")["Models"]
    assert [found["ModelVersion"] for found in listed] == ["3", "1"]
    assert described(vision, "latest")["ModelVersion"] == "3"


def test_models_are_listed_in_pages(vision: Any, project: Any) -> None:
    for _ in range(5):
        train(vision)

    pages = vision.get_paginator("list_models").paginate(
        ProjectName="circuits", PaginationConfig={"PageSize": 2}
    )

    found = [[model["ModelVersion"] for model in page["Models"]] for page in pages]
    assert found == [["5", "4"], ["3", "2"], ["1"]]


def test_what_a_training_needs(ml: Any, vision: Any) -> None:
    refused = refusal(vision.create_model, ProjectName="circuits", OutputConfig=OUT)
    assert (refused["Code"], refused["ResourceType"]) == ("ResourceNotFoundException", "PROJECT")

    ml.lookoutvision.project("circuits", test=60)
    refused = refusal(vision.create_model, ProjectName="circuits", OutputConfig=OUT)
    assert (refused["Code"], refused["ResourceType"]) == ("ResourceNotFoundException", "DATASET")


@pytest.mark.parametrize("kind", ["train", "test"])
def test_a_dataset_that_changes_can_not_be_trained_with(ml: Any, vision: Any, kind: str) -> None:
    project = ml.lookoutvision.project("circuits", train=60, test=60)
    project.dataset(kind).progress = manually()
    changes = line("x.png", bucket="lookoutvision-us-east-1-123456789012")
    vision.update_dataset_entries(ProjectName="circuits", DatasetType=kind, Changes=changes)

    refused = refusal(vision.create_model, ProjectName="circuits", OutputConfig=OUT)

    assert (refused["Code"], refused["ResourceId"]) == ("ConflictException", f"circuits/{kind}")
    project.dataset(kind).finish()
    train(vision)


def test_images_are_those_of_when_training_began(ml: Any, vision: Any, project: Any) -> None:
    project.progress = manually()
    train(vision)
    vision.delete_dataset(ProjectName="circuits", DatasetType="train")
    project.dataset("train").finish()
    project.model("1").finish()

    assert status(vision) == "TRAINED"


def test_two_trainings_run_at_once(ml: Any, vision: Any, project: Any) -> None:
    project.progress = manually()
    train(vision)
    train(vision)

    refused = refusal(vision.create_model, ProjectName="circuits", OutputConfig=OUT)

    assert (refused["Code"], refused["Status"]) == ("ServiceQuotaExceededException", 402)
    assert refused["Message"] == "The limit of 2 concurrent trainings has been reached."
    assert (refused["ResourceType"], refused["ServiceCode"]) == ("PROJECT", "lookoutvision")
    project.model("1").finish()
    assert train(vision)["ModelVersion"] == "3"


def test_other_quotas_are_off_until_set(ml: Any, vision: Any, project: Any) -> None:
    ml.lookoutvision.quotas(models_per_project=1, hosted_models=1, inference_units=5)
    train(vision)
    assert (
        refusal(vision.create_model, ProjectName="circuits", OutputConfig=OUT)["Code"]
        == "ServiceQuotaExceededException"
    )
    refused = refusal(vision.start_model, **ONE, MinInferenceUnits=1, MaxInferenceUnits=6)
    assert refused["Message"] == "The limit of 5 inference units has been reached."
    assert (refused["ResourceType"], refused["ResourceId"]) == ("MODEL", "circuits/1")
    vision.start_model(**ONE, MinInferenceUnits=5)
    ml.lookoutvision.project("other", model="TRAINED")
    refused = refusal(
        vision.start_model, ProjectName="other", ModelVersion="1", MinInferenceUnits=1
    )
    assert refused["Message"] == "The limit of 1 hosted models has been reached."
