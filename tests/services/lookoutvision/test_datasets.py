"""Datasets: creation, updates, image counts and quotas."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.services.lookoutvision.conftest import error_of, json_line, masked_line, source
from tests.services.lookoutvision.dataset_helpers import (
    TRAIN,
    described,
    lines,
    put_manifest,
    status,
)


@pytest.fixture
def project(ml: Any) -> Any:
    return ml.lookoutvision.project("circuits")


# -- creation ---------------------------------------------------------------------------------


def test_empty_dataset_is_created_immediately(vision: Any, project: Any) -> None:
    created = vision.create_dataset(**TRAIN)

    assert created["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert created["DatasetMetadata"]["Status"] == "CREATE_COMPLETE"
    assert created["DatasetMetadata"]["StatusMessage"] == "The dataset was created successfully."
    assert described(vision)["ImageStats"] == {"Total": 0, "Labeled": 0, "Normal": 0, "Anomaly": 0}
    assert lines(vision) == []


def test_dataset_is_created_from_a_manifest(ml: Any, vision: Any, project: Any) -> None:
    texts = [
        json_line("1.png"),
        json_line("2.png", "anomaly"),
        json_line("3.png", None),
        json_line("4.png", "odd"),
    ]

    created = vision.create_dataset(**TRAIN, DatasetSource=put_manifest(ml, *texts, ""))

    assert created["DatasetMetadata"]["Status"] == "CREATE_IN_PROGRESS"
    description = described(vision)
    assert (description["ProjectName"], description["DatasetType"]) == ("circuits", "train")
    assert description["Status"] == "CREATE_COMPLETE"
    assert description["ImageStats"] == {"Total": 4, "Labeled": 2, "Normal": 1, "Anomaly": 1}
    assert lines(vision) == texts


def test_image_counts_of_a_segmentation_dataset(ml: Any, vision: Any, project: Any) -> None:
    texts = [json_line("1.png"), masked_line("2.png", {"scratch": "#23A436"})]

    vision.create_dataset(**TRAIN, DatasetSource=put_manifest(ml, *texts))

    assert described(vision)["ImageStats"] == {"Total": 2, "Labeled": 2, "Normal": 1, "Anomaly": 1}
    assert lines(vision) == texts


def changed_line(**changes: Any) -> str:
    """Return a labeled line with changed members; None removes a member."""
    value = json.loads(json_line("1.png"))
    label = value["anomaly-label-metadata"]
    for name, item in changes.items():
        target = label if name in {"class_name", "human_annotated", "type"} else value
        key = {"metadata": "anomaly-label-metadata", "label": "anomaly-label"}.get(
            name, name.replace("_", "-")
        )
        target[key] = item
        if item is None:
            del target[key]
    return json.dumps(value)


def changed_mask_line(**changes: Any) -> str:
    value = json.loads(masked_line("1.png", {"scratch": "#23A436"}))
    target = value if "anomaly_mask_ref" in changes else value["anomaly-mask-ref-metadata"]
    target.update({name.replace("_", "-"): item for name, item in changes.items()})
    return json.dumps(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not JSON", "Line 2 is not a JSON object."),
        ("[1, 2]", "Line 2 is not a JSON object."),
        ('{"a":' * 9000, "Line 2 has more than 8192 characters."),
        ('{"a":' * 1600, "Line 2 is not a JSON object."),
        ('{"source-ref": "s3://images/1.png", "x": NaN}', "Line 2 is not a JSON object."),
        ("{}", "Line 2: source-ref must be the S3 URI of an image."),
        (changed_line(source_ref=7), "Line 2: source-ref must be the S3 URI of an image."),
        (
            changed_line(source_ref="/disk/1.png"),
            "Line 2: source-ref must be the S3 URI of an image.",
        ),
        (
            json_line("1.png", bucket="others"),
            "Line 2: all images of a dataset must be in one bucket, which is images.",
        ),
        (changed_line(metadata=None), "Line 2: anomaly-label has no anomaly-label-metadata."),
        (changed_line(metadata=[]), "Line 2: anomaly-label-metadata must be a JSON object."),
        (changed_line(label=None), "Line 2: anomaly-label-metadata has no anomaly-label."),
        (changed_line(type=None), "Line 2: anomaly-label-metadata has no type."),
        (changed_line(class_name=None), "Line 2: anomaly-label-metadata has no class-name."),
        (
            changed_line(human_annotated="maybe"),
            "Line 2: human-annotated of anomaly-label-metadata must be yes or no.",
        ),
        (
            changed_mask_line(anomaly_mask_ref="mask.png"),
            "Line 2: anomaly-mask-ref must end in -ref and be the S3 URI of a mask.",
        ),
        (
            changed_mask_line(internal_color_map={}),
            "Line 2: anomaly-mask-ref-metadata has no internal-color-map.",
        ),
        (
            changed_mask_line(
                internal_color_map={"0": {"class-name": "scratch", "hex-color": "red"}}
            ),
            "Line 2: internal-color-map must give each class-name a hex-color.",
        ),
        (
            changed_mask_line(internal_color_map={"0": "scratch"}),
            "Line 2: internal-color-map must give each class-name a hex-color.",
        ),
    ],
)
def test_invalid_line_fails_the_creation(
    ml: Any, vision: Any, project: Any, text: str, message: str
) -> None:
    vision.create_dataset(**TRAIN, DatasetSource=put_manifest(ml, json_line("0.png"), text))

    description = described(vision)

    assert (description["Status"], description["StatusMessage"]) == ("CREATE_FAILED", message)
    assert description["ImageStats"]["Total"] == 0


def test_other_metadata_is_ignored(ml: Any, vision: Any, project: Any) -> None:
    extra = {"box-metadata": {"type": "groundtruth/object-detection"}, "box": {}, "note": "n"}
    text = json.dumps({**json.loads(json_line("1.png")), **extra, "source-ref-metadata": {}})

    vision.create_dataset(**TRAIN, DatasetSource=put_manifest(ml, text))

    assert described(vision)["ImageStats"]["Normal"] == 1


def test_missing_manifest_fails_the_creation(vision: Any, project: Any) -> None:
    vision.create_dataset(**TRAIN, DatasetSource=source("nothing"))

    description = described(vision)
    assert description["Status"] == "CREATE_FAILED"
    assert description["StatusMessage"] == "The manifest s3://manifests/nothing can't be read."


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "There is no JSON Line."),
        (b"\n  \n", "There is no JSON Line."),
        (json_line("1.png").encode() + b"\n{\xff}", "Line 2 is not UTF-8 text."),
    ],
)
def test_empty_or_undecodable_manifest_fails_the_creation(
    ml: Any, vision: Any, project: Any, body: bytes, message: str
) -> None:
    ml.s3.put("s3://manifests/m", body)
    vision.create_dataset(**TRAIN, DatasetSource=source("m"))

    assert described(vision)["StatusMessage"] == message


def test_last_line_of_an_image_wins(ml: Any, vision: Any, project: Any) -> None:
    texts = [json_line("1.png"), json_line("2.png"), json_line("1.png", "anomaly")]
    vision.create_dataset(**TRAIN, DatasetSource=put_manifest(ml, *texts))

    assert lines(vision) == [texts[2], texts[1]]


def test_unicode_line_separators_do_not_end_lines(ml: Any, vision: Any, project: Any) -> None:
    text = json_line("1.png").replace("}", ', "note": "a\u2028b"}', 1)
    vision.create_dataset(**TRAIN, DatasetSource=put_manifest(ml, "\ufeff" + text + "\r"))

    assert lines(vision) == [text]


def test_project_has_one_dataset_of_each_type(ml: Any, vision: Any, project: Any) -> None:
    vision.create_dataset(**TRAIN)
    vision.create_dataset(ProjectName="circuits", DatasetType="test")

    failure = error_of(vision.create_dataset, **TRAIN)

    assert (failure["Code"], failure["ResourceType"]) == ("ConflictException", "DATASET")
    assert failure["ResourceId"] == "circuits/train"
    description = vision.describe_project(ProjectName="circuits")["ProjectDescription"]["Datasets"]
    assert [dataset["DatasetType"] for dataset in description] == ["train", "test"]


def test_failed_dataset_must_be_deleted_first(vision: Any, project: Any) -> None:
    vision.create_dataset(**TRAIN, DatasetSource=source("nothing"))

    assert error_of(vision.create_dataset, **TRAIN)["Code"] == "ConflictException"
    assert (
        error_of(vision.update_dataset_entries, **TRAIN, Changes=json_line("1.png"))["Code"]
        == "ConflictException"
    )
    vision.delete_dataset(**TRAIN)
    vision.create_dataset(**TRAIN)


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("describe_dataset", {}),
        ("list_dataset_entries", {}),
        ("delete_dataset", {}),
        ("update_dataset_entries", {"Changes": json_line("1.png")}),
    ],
)
def test_missing_dataset_is_not_found(
    vision: Any, project: Any, operation: str, params: dict[str, Any]
) -> None:
    failure = error_of(getattr(vision, operation), **TRAIN, **params)

    assert (failure["Code"], failure["ResourceType"]) == ("ResourceNotFoundException", "DATASET")
    assert failure["ResourceId"] == "circuits/train"


def test_invalid_dataset_type_is_rejected(vision: Any, project: Any) -> None:
    failure = error_of(vision.create_dataset, ProjectName="circuits", DatasetType="validate")

    assert failure["Code"] == "ValidationException"


def test_image_quotas_can_be_set(ml: Any, vision: Any, project: Any) -> None:
    ml.lookoutvision.quotas(train_images=2, test_images=1)
    vision.create_dataset(
        **TRAIN,
        DatasetSource=put_manifest(ml, json_line("1.png"), json_line("2.png"), json_line("3.png")),
    )

    assert described(vision)["StatusMessage"] == "A train dataset has at most 2 images."


# -- updates ----------------------------------------------------------------------------------


def test_update_replaces_and_adds_entries(ml: Any, vision: Any, project: Any) -> None:
    project.seed(train=[json_line("1.png"), json_line("2.png")])
    ml.clock.advance(hours=1)

    changes = "\n".join([json_line("2.png", "anomaly"), json_line("3.png")])
    response = vision.update_dataset_entries(**TRAIN, Changes=changes)

    assert response["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert response["Status"] == "UPDATE_IN_PROGRESS"
    description = described(vision)
    assert (description["Status"], description["ImageStats"]["Total"]) == ("UPDATE_COMPLETE", 3)
    assert (description["LastUpdatedTimestamp"] - description["CreationTimestamp"]).seconds >= 3600
    assert lines(vision) == [json_line("1.png"), json_line("2.png", "anomaly"), json_line("3.png")]


def test_invalid_line_rolls_back_the_whole_update(vision: Any, project: Any) -> None:
    project.seed(train=[json_line("1.png")])

    vision.update_dataset_entries(**TRAIN, Changes=json_line("1.png", "anomaly") + "\nnonsense")

    description = described(vision)
    assert description["Status"] == "UPDATE_FAILED_ROLLBACK_COMPLETE"
    assert description["StatusMessage"] == "Line 2 is not a JSON object."
    assert lines(vision) == [json_line("1.png")]


def test_images_must_be_in_one_bucket(vision: Any, project: Any) -> None:
    project.seed(train=[json_line("1.png")])

    vision.update_dataset_entries(**TRAIN, Changes=json_line("2.png", bucket="others"))

    assert described(vision)["StatusMessage"] == (
        "Line 1: all images of a dataset must be in one bucket, which is images."
    )


def test_update_succeeds_after_a_failed_one(vision: Any, project: Any) -> None:
    vision.create_dataset(**TRAIN)
    vision.update_dataset_entries(**TRAIN, Changes="nonsense")
    vision.update_dataset_entries(**TRAIN, Changes=json_line("1.png"))

    assert status(vision) == "UPDATE_COMPLETE"
    assert lines(vision) == [json_line("1.png")]


def test_size_limits_of_changes(vision: Any, project: Any) -> None:
    vision.create_dataset(**TRAIN)

    for changes in (b"", b" " * (10 * 1024 * 1024 + 1)):
        failure = error_of(vision.update_dataset_entries, **TRAIN, Changes=changes)
        assert failure["Code"] == "ValidationException"
    assert status(vision) == "CREATE_COMPLETE"
