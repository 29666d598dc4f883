"""Datasets: created, changed, counted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.services.lookoutvision.conftest import line, masked_line, refusal, source
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


# --- creation ------------------------------------------------------------------------------------


def test_an_empty_dataset_is_there_at_once(vision: Any, project: Any) -> None:
    made = vision.create_dataset(**TRAIN)

    assert made["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert made["DatasetMetadata"]["Status"] == "CREATE_COMPLETE"
    assert made["DatasetMetadata"]["StatusMessage"] == "The dataset was created successfully."
    assert described(vision)["ImageStats"] == {"Total": 0, "Labeled": 0, "Normal": 0, "Anomaly": 0}
    assert lines(vision) == []


def test_a_dataset_is_made_from_a_manifest(ml: Any, vision: Any, project: Any) -> None:
    texts = [line("1.png"), line("2.png", "anomaly"), line("3.png", None), line("4.png", "odd")]

    made = vision.create_dataset(**TRAIN, DatasetSource=put_manifest(ml, *texts, ""))

    assert made["DatasetMetadata"]["Status"] == "CREATE_IN_PROGRESS"
    shown = described(vision)
    assert (shown["ProjectName"], shown["DatasetType"]) == ("circuits", "train")
    assert shown["Status"] == "CREATE_COMPLETE"
    assert shown["ImageStats"] == {"Total": 4, "Labeled": 2, "Normal": 1, "Anomaly": 1}
    assert lines(vision) == texts


def test_a_segmentation_dataset_counts_the_same(ml: Any, vision: Any, project: Any) -> None:
    texts = [line("1.png"), masked_line("2.png", {"scratch": "#23A436"})]

    vision.create_dataset(**TRAIN, DatasetSource=put_manifest(ml, *texts))

    assert described(vision)["ImageStats"] == {"Total": 2, "Labeled": 2, "Normal": 1, "Anomaly": 1}
    assert lines(vision) == texts


def bad(**changes: Any) -> str:
    """A labelled line with other members; None takes one out."""
    value = json.loads(line("1.png"))
    label = value["anomaly-label-metadata"]
    for name, item in changes.items():
        where = label if name in {"class_name", "human_annotated", "type"} else value
        key = {"metadata": "anomaly-label-metadata", "label": "anomaly-label"}.get(
            name, name.replace("_", "-")
        )
        where[key] = item
        if item is None:
            del where[key]
    return json.dumps(value)


def bad_mask(**changes: Any) -> str:
    value = json.loads(masked_line("1.png", {"scratch": "#23A436"}))
    where = value if "anomaly_mask_ref" in changes else value["anomaly-mask-ref-metadata"]
    where.update({name.replace("_", "-"): item for name, item in changes.items()})
    return json.dumps(value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("not JSON", "Line 2 is not a JSON object."),
        ("[1, 2]", "Line 2 is not a JSON object."),
        ('{"a":' * 9000, "Line 2 has more than 8192 characters."),
        ('{"a":' * 1600, "Line 2 is not a JSON object."),
        ('{"source-ref": "s3://images/1.png", "x": NaN}', "Line 2 is not a JSON object."),
        ("{}", "Line 2: source-ref must be the S3 URI of an image."),
        (bad(source_ref=7), "Line 2: source-ref must be the S3 URI of an image."),
        (bad(source_ref="/disk/1.png"), "Line 2: source-ref must be the S3 URI of an image."),
        (
            line("1.png", bucket="others"),
            "Line 2: all images of a dataset must be in one bucket, which is images.",
        ),
        (bad(metadata=None), "Line 2: anomaly-label has no anomaly-label-metadata."),
        (bad(metadata=[]), "Line 2: anomaly-label-metadata must be a JSON object."),
        (bad(label=None), "Line 2: anomaly-label-metadata has no anomaly-label."),
        (bad(type=None), "Line 2: anomaly-label-metadata has no type."),
        (bad(class_name=None), "Line 2: anomaly-label-metadata has no class-name."),
        (
            bad(human_annotated="maybe"),
            "Line 2: human-annotated of anomaly-label-metadata must be yes or no.",
        ),
        (
            bad_mask(anomaly_mask_ref="mask.png"),
            "Line 2: anomaly-mask-ref must end in -ref and be the S3 URI of a mask.",
        ),
        (
            bad_mask(internal_color_map={}),
            "Line 2: anomaly-mask-ref-metadata has no internal-color-map.",
        ),
        (
            bad_mask(internal_color_map={"0": {"class-name": "scratch", "hex-color": "red"}}),
            "Line 2: internal-color-map must give each class-name a hex-color.",
        ),
        (
            bad_mask(internal_color_map={"0": "scratch"}),
            "Line 2: internal-color-map must give each class-name a hex-color.",
        ),
    ],
)
def test_a_bad_line_fails_the_creation(
    ml: Any, vision: Any, project: Any, text: str, why: str
) -> None:
    vision.create_dataset(**TRAIN, DatasetSource=put_manifest(ml, line("0.png"), text))

    shown = described(vision)

    assert (shown["Status"], shown["StatusMessage"]) == ("CREATE_FAILED", why)
    assert shown["ImageStats"]["Total"] == 0


def test_metadata_of_other_kinds_is_passed_over(ml: Any, vision: Any, project: Any) -> None:
    extra = {"box-metadata": {"type": "groundtruth/object-detection"}, "box": {}, "note": "n"}
    text = json.dumps({**json.loads(line("1.png")), **extra, "source-ref-metadata": {}})

    vision.create_dataset(**TRAIN, DatasetSource=put_manifest(ml, text))

    assert described(vision)["ImageStats"]["Normal"] == 1


def test_a_manifest_that_is_not_there_fails_the_creation(vision: Any, project: Any) -> None:
    vision.create_dataset(**TRAIN, DatasetSource=source("nothing"))

    shown = described(vision)
    assert shown["Status"] == "CREATE_FAILED"
    assert shown["StatusMessage"] == "The manifest s3://manifests/nothing can't be read."


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "There is no JSON Line."),
        (b"\n  \n", "There is no JSON Line."),
        (line("1.png").encode() + b"\n{\xff}", "Line 2 is not UTF-8 text."),
    ],
)
def test_a_manifest_without_lines_or_text_fails(
    ml: Any, vision: Any, project: Any, body: bytes, why: str
) -> None:
    ml.s3.put("s3://manifests/m", body)
    vision.create_dataset(**TRAIN, DatasetSource=source("m"))

    assert described(vision)["StatusMessage"] == why


def test_of_two_lines_for_one_image_the_last_counts(ml: Any, vision: Any, project: Any) -> None:
    texts = [line("1.png"), line("2.png"), line("1.png", "anomaly")]
    vision.create_dataset(**TRAIN, DatasetSource=put_manifest(ml, *texts))

    assert lines(vision) == [texts[2], texts[1]]


def test_line_separators_inside_texts_do_not_end_lines(ml: Any, vision: Any, project: Any) -> None:
    text = line("1.png").replace("}", ', "note": "a\u2028b"}', 1)
    vision.create_dataset(**TRAIN, DatasetSource=put_manifest(ml, "\ufeff" + text + "\r"))

    assert lines(vision) == [text]


def test_a_project_has_one_dataset_of_each_kind(ml: Any, vision: Any, project: Any) -> None:
    vision.create_dataset(**TRAIN)
    vision.create_dataset(ProjectName="circuits", DatasetType="test")

    refused = refusal(vision.create_dataset, **TRAIN)

    assert (refused["Code"], refused["ResourceType"]) == ("ConflictException", "DATASET")
    assert refused["ResourceId"] == "circuits/train"
    shown = vision.describe_project(ProjectName="circuits")["ProjectDescription"]["Datasets"]
    assert [dataset["DatasetType"] for dataset in shown] == ["train", "test"]


def test_one_that_failed_still_takes_the_place(vision: Any, project: Any) -> None:
    vision.create_dataset(**TRAIN, DatasetSource=source("nothing"))

    assert refusal(vision.create_dataset, **TRAIN)["Code"] == "ConflictException"
    assert (
        refusal(vision.update_dataset_entries, **TRAIN, Changes=line("1.png"))["Code"]
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
        ("update_dataset_entries", {"Changes": line("1.png")}),
    ],
)
def test_a_dataset_that_is_not_there_is_not_found(
    vision: Any, project: Any, operation: str, params: dict[str, Any]
) -> None:
    refused = refusal(getattr(vision, operation), **TRAIN, **params)

    assert (refused["Code"], refused["ResourceType"]) == ("ResourceNotFoundException", "DATASET")
    assert refused["ResourceId"] == "circuits/train"


def test_other_kinds_do_not_exist(vision: Any, project: Any) -> None:
    refused = refusal(vision.create_dataset, ProjectName="circuits", DatasetType="validate")

    assert refused["Code"] == "ValidationException"


def test_quotas_of_images_are_off_until_set(ml: Any, vision: Any, project: Any) -> None:
    ml.lookoutvision.quotas(train_images=2, test_images=1)
    vision.create_dataset(
        **TRAIN, DatasetSource=put_manifest(ml, line("1.png"), line("2.png"), line("3.png"))
    )

    assert described(vision)["StatusMessage"] == "A train dataset has at most 2 images."


# --- change --------------------------------------------------------------------------------------


def test_an_update_replaces_and_adds(ml: Any, vision: Any, project: Any) -> None:
    project.seed(train=[line("1.png"), line("2.png")])
    ml.clock.advance(hours=1)

    changes = "\n".join([line("2.png", "anomaly"), line("3.png")])
    answered = vision.update_dataset_entries(**TRAIN, Changes=changes)

    assert answered["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert answered["Status"] == "UPDATE_IN_PROGRESS"
    shown = described(vision)
    assert (shown["Status"], shown["ImageStats"]["Total"]) == ("UPDATE_COMPLETE", 3)
    assert (shown["LastUpdatedTimestamp"] - shown["CreationTimestamp"]).seconds >= 3600
    assert lines(vision) == [line("1.png"), line("2.png", "anomaly"), line("3.png")]


def test_one_bad_line_takes_the_whole_change_back(vision: Any, project: Any) -> None:
    project.seed(train=[line("1.png")])

    vision.update_dataset_entries(**TRAIN, Changes=line("1.png", "anomaly") + "\nnonsense")

    shown = described(vision)
    assert shown["Status"] == "UPDATE_FAILED_ROLLBACK_COMPLETE"
    assert shown["StatusMessage"] == "Line 2 is not a JSON object."
    assert lines(vision) == [line("1.png")]


def test_the_images_of_a_dataset_stay_in_one_bucket(vision: Any, project: Any) -> None:
    project.seed(train=[line("1.png")])

    vision.update_dataset_entries(**TRAIN, Changes=line("2.png", bucket="others"))

    assert described(vision)["StatusMessage"] == (
        "Line 1: all images of a dataset must be in one bucket, which is images."
    )


def test_after_a_failed_update_the_next_goes_through(vision: Any, project: Any) -> None:
    vision.create_dataset(**TRAIN)
    vision.update_dataset_entries(**TRAIN, Changes="nonsense")
    vision.update_dataset_entries(**TRAIN, Changes=line("1.png"))

    assert status(vision) == "UPDATE_COMPLETE"
    assert lines(vision) == [line("1.png")]


def test_changes_have_their_limits(vision: Any, project: Any) -> None:
    vision.create_dataset(**TRAIN)

    for changes in (b"", b" " * (10 * 1024 * 1024 + 1)):
        refused = refusal(vision.update_dataset_entries, **TRAIN, Changes=changes)
        assert refused["Code"] == "ValidationException"
    assert status(vision) == "CREATE_COMPLETE"
