"""What a training needs: images, datasets, scripted outcomes, and quotas."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlmock import InvalidRule, UnusedRule, manually, mock_ml
from tests.services.lookoutvision.conftest import error_of, json_line, masked_line
from tests.services.lookoutvision.model_helpers import (
    ONE,
    OUT,
    described,
    evaluation,
    status,
    train,
)


@pytest.fixture
def project(ml: Any) -> Any:
    return ml.lookoutvision.project("circuits", train=60)


def masked(count: int, *labels: str, start: int = 0) -> list[str]:
    colors = {label: f"#23A43{number}" for number, label in enumerate(labels)}
    return [masked_line(f"{'-'.join(labels)}{start + n}.png", colors) for n in range(count)]


def test_masks_create_a_segmentation_model(ml: Any, vision: Any) -> None:
    texts = [json_line(f"n{number}.png") for number in range(20)]
    ml.lookoutvision.project("circuits", train=[*texts, *masked(20, "scratch")])
    train(vision)

    metrics = json.loads(evaluation(ml, "Result"))["AggregatedEvaluationResults"]["Metrics"]

    assert [found["ClassName"] for found in metrics["PixelAnomalyClassMetrics"]] == ["scratch"]


def test_every_mask_label_needs_enough_images(ml: Any, vision: Any) -> None:
    texts = [json_line(f"n{number}.png") for number in range(20)]
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
def test_ten_images_of_each_label_suffice_in_two_datasets(
    ml: Any, vision: Any, trained: int, tested: int, outcome: str
) -> None:
    texts = [json_line(f"n{number}.png") for number in range(10)]
    more = [json_line(f"a{number}.png", "anomaly") for number in range(10)]
    ml.lookoutvision.project(
        "circuits",
        train=[*texts, *masked(trained, "scratch")],
        test=[*texts, *more, *masked(tested, "scratch")],
    )
    train(vision)

    assert status(vision) == outcome


@pytest.mark.parametrize(
    ("normal", "anomaly", "message"),
    [
        (19, 10, "The training dataset needs at least 20 normal and 10 anomalous images; "),
        (20, 9, "The training dataset needs at least 20 normal and 10 anomalous images; "),
        (20, 10, None),
    ],
)
def test_minimum_images_of_one_dataset(
    ml: Any, vision: Any, normal: int, anomaly: int, message: str | None
) -> None:
    texts = [json_line(f"n{number}.png") for number in range(normal)]
    texts += [json_line(f"a{number}.png", "anomaly") for number in range(anomaly)]
    ml.lookoutvision.project("circuits", train=texts)
    train(vision)

    metadata = described(vision)

    assert metadata["Status"] == ("TRAINED" if message is None else "TRAINING_FAILED")
    assert (
        message is None or metadata["StatusMessage"] == f"{message}it has {normal} and {anomaly}."
    )
    assert ("Performance" in metadata) is (message is None)
    assert ("EvaluationResult" in metadata) is (message is None)


@pytest.mark.parametrize(
    ("trained", "tested", "outcome"),
    [
        (10, (10, 10), "TRAINED"),
        (9, (10, 10), "TRAINING_FAILED"),
        (10, (10, 9), "TRAINING_FAILED"),
        (10, (9, 10), "TRAINING_FAILED"),
    ],
)
def test_minimum_images_of_two_datasets(
    ml: Any, vision: Any, trained: int, tested: tuple[int, int], outcome: str
) -> None:
    normal, anomaly = tested
    ml.lookoutvision.project(
        "circuits",
        train=[json_line(f"n{number}.png") for number in range(trained)],
        test=[json_line(f"n{number}.png") for number in range(normal)]
        + [json_line(f"a{number}.png", "anomaly") for number in range(anomaly)],
    )
    train(vision)

    assert status(vision) == outcome


def test_next_training_can_fail(ml: Any, vision: Any, project: Any) -> None:
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


def test_scripted_trainings_are_used_in_order(vision: Any, project: Any) -> None:
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


def test_scripted_metrics_need_no_images(ml: Any, vision: Any) -> None:
    ml.lookoutvision.project("circuits", train=1)
    ml.lookoutvision.project("circuits").next_training.metrics(precision=0.9, recall=0.8)
    train(vision)

    assert described(vision)["Performance"]["Precision"] == pytest.approx(0.9)


def test_unused_scripted_training_is_reported() -> None:
    with pytest.raises(UnusedRule, match="next_training used 0 of 1 times"), mock_ml() as ml:
        ml.lookoutvision.project("circuits").next_training.fail("never")
    with mock_ml() as ml:
        ml.lookoutvision.project("circuits").next_training.fail("never").optional()


def test_metrics_must_be_between_zero_and_one(project: Any) -> None:
    with pytest.raises(InvalidRule, match="precision must be a number from 0 to 1, not 90"):
        project.next_training.metrics(precision=90, recall=0.5)


def test_scripted_training_of_another_region_does_not_apply(ml: Any, vision: Any) -> None:
    ml.lookoutvision.project("circuits", train=60)
    there = ml.at(region="eu-west-1").lookoutvision.project("circuits")
    there.next_training.fail("elsewhere").optional()
    train(vision)

    assert status(vision) == "TRAINED"


def test_training_needs_a_project_and_a_dataset(ml: Any, vision: Any) -> None:
    failure = error_of(vision.create_model, ProjectName="circuits", OutputConfig=OUT)
    assert (failure["Code"], failure["ResourceType"]) == ("ResourceNotFoundException", "PROJECT")

    ml.lookoutvision.project("circuits", test=60)
    failure = error_of(vision.create_model, ProjectName="circuits", OutputConfig=OUT)
    assert (failure["Code"], failure["ResourceType"]) == ("ResourceNotFoundException", "DATASET")


@pytest.mark.parametrize("kind", ["train", "test"])
def test_training_with_a_dataset_in_progress_is_a_conflict(ml: Any, vision: Any, kind: str) -> None:
    project = ml.lookoutvision.project("circuits", train=60, test=60)
    project.dataset(kind).progress = manually()
    changes = json_line("x.png", bucket="lookoutvision-us-east-1-123456789012")
    vision.update_dataset_entries(ProjectName="circuits", DatasetType=kind, Changes=changes)

    failure = error_of(vision.create_model, ProjectName="circuits", OutputConfig=OUT)

    assert (failure["Code"], failure["ResourceId"]) == ("ConflictException", f"circuits/{kind}")
    project.dataset(kind).finish()
    train(vision)


def test_training_uses_the_images_from_its_start(ml: Any, vision: Any, project: Any) -> None:
    project.progress = manually()
    train(vision)
    vision.delete_dataset(ProjectName="circuits", DatasetType="train")
    project.dataset("train").finish()
    project.model("1").finish()

    assert status(vision) == "TRAINED"


def test_two_concurrent_trainings(ml: Any, vision: Any, project: Any) -> None:
    project.progress = manually()
    train(vision)
    train(vision)

    failure = error_of(vision.create_model, ProjectName="circuits", OutputConfig=OUT)

    assert (failure["Code"], failure["Status"]) == ("ServiceQuotaExceededException", 402)
    assert failure["Message"] == "The limit of 2 concurrent trainings has been reached."
    assert (failure["ResourceType"], failure["ServiceCode"]) == ("PROJECT", "lookoutvision")
    project.model("1").finish()
    assert train(vision)["ModelVersion"] == "3"


def test_other_quotas_can_be_set(ml: Any, vision: Any, project: Any) -> None:
    ml.lookoutvision.quotas(models_per_project=1, hosted_models=1, inference_units=5)
    train(vision)
    assert (
        error_of(vision.create_model, ProjectName="circuits", OutputConfig=OUT)["Code"]
        == "ServiceQuotaExceededException"
    )
    failure = error_of(vision.start_model, **ONE, MinInferenceUnits=1, MaxInferenceUnits=6)
    assert failure["Message"] == "The limit of 5 inference units has been reached."
    assert (failure["ResourceType"], failure["ResourceId"]) == ("MODEL", "circuits/1")
    vision.start_model(**ONE, MinInferenceUnits=5)
    ml.lookoutvision.project("other", model="TRAINED")
    failure = error_of(
        vision.start_model, ProjectName="other", ModelVersion="1", MinInferenceUnits=1
    )
    assert failure["Message"] == "The limit of 1 hosted models has been reached."
