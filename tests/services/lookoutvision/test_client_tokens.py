"""ClientToken: a repeated call returns the first response for eight hours."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.lookoutvision.conftest import error_of, json_line

TRAIN = {"ProjectName": "circuits", "DatasetType": "train"}
ONE = {"ProjectName": "circuits", "ModelVersion": "1"}
OUT = {"S3Location": {"Bucket": "results"}}


def without_metadata(answer: dict[str, Any]) -> dict[str, Any]:
    assert answer.pop("ResponseMetadata")["HTTPStatusCode"] in (200, 202)
    return answer


def test_model_is_trained_once(ml: Any, vision: Any) -> None:
    ml.lookoutvision.project("circuits", train=60)
    call = {"ProjectName": "circuits", "OutputConfig": OUT, "ClientToken": "t-1"}

    first = without_metadata(vision.create_model(**call))
    ml.clock.advance(hours=7)
    again = without_metadata(vision.create_model(**call))

    assert again == first
    assert again["ModelMetadata"]["Status"] == "TRAINING"
    assert len(vision.list_models(ProjectName="circuits")["Models"]) == 1
    ml.clock.advance(hours=1)
    assert vision.create_model(**call)["ModelMetadata"]["ModelVersion"] == "2"


def test_every_operation_with_a_token_returns_the_first_response(ml: Any, vision: Any) -> None:
    ml.s3.put("s3://manifests/m", "\n".join(json_line(f"{n}.png") for n in range(3)))
    ml.lookoutvision.project("circuits", exists=False).next_training.metrics(precision=1, recall=1)
    source = {"GroundTruthManifest": {"S3Object": {"Bucket": "manifests", "Key": "m"}}}
    target = {"TargetDevice": "jetson_xavier", "ComponentName": "c"}
    package = {"Greengrass": {**target, "S3OutputLocation": {"Bucket": "results"}}}
    for name, params in (
        ("create_project", {"ProjectName": "circuits"}),
        ("create_dataset", {**TRAIN, "DatasetSource": source}),
        ("update_dataset_entries", {**TRAIN, "Changes": json_line("9.png")}),
        ("create_model", {"ProjectName": "circuits", "OutputConfig": OUT}),
        ("start_model_packaging_job", {**ONE, "Configuration": package}),
        ("start_model", {**ONE, "MinInferenceUnits": 1}),
        ("stop_model", ONE),
        ("delete_model", ONE),
        ("delete_dataset", TRAIN),
        ("delete_project", {"ProjectName": "circuits"}),
    ):
        call = getattr(vision, name)
        assert without_metadata(call(**params, ClientToken="t")) == without_metadata(
            call(**params, ClientToken="t")
        )


def test_same_token_with_other_parameters_is_rejected(vision: Any) -> None:
    vision.create_project(ProjectName="a", ClientToken="t")

    failure = error_of(vision.create_project, ProjectName="b", ClientToken="t")

    assert (failure["Code"], failure["ResourceType"]) == ("ConflictException", "PROJECT")
    assert failure["Message"] == (
        "The ClientToken t was used with other parameters of CreateProject."
    )
    assert len(vision.list_projects()["Projects"]) == 1


def test_failed_call_does_not_use_its_token(ml: Any, vision: Any) -> None:
    assert error_of(vision.create_dataset, **TRAIN, ClientToken="t")["ResourceType"] == "PROJECT"
    vision.create_project(ProjectName="circuits")

    assert vision.create_dataset(**TRAIN, ClientToken="t")["DatasetMetadata"]["Status"] == (
        "CREATE_COMPLETE"
    )


def test_tokens_are_scoped_to_operation_and_region(ml: Any, vision: Any) -> None:
    import boto3

    ml.lookoutvision.project("circuits", model="TRAINED")
    vision.start_model(**ONE, MinInferenceUnits=1, ClientToken="same")
    vision.stop_model(**ONE, ClientToken="same")
    other = boto3.client("lookoutvision", region_name="eu-west-1")
    other.create_project(ProjectName="x", ClientToken="same")
    vision.create_project(ProjectName="x", ClientToken="same")


def test_retry_has_the_same_token(ml: Any, vision: Any) -> None:
    ml.on("lookoutvision", "CreateProject").fail("InternalServerException", "Oh", times=1)

    vision.create_project(ProjectName="circuits")

    tokens = {call.params["ClientToken"] for call in ml.calls.of("lookoutvision")}
    assert (len(ml.calls), len(tokens)) == (2, 1)


@pytest.mark.parametrize("token", ["", "no spaces", "x" * 65])
def test_invalid_token_is_rejected(vision: Any, token: str) -> None:
    try:
        failure = error_of(vision.create_project, ProjectName="a", ClientToken=token)
    except vision.exceptions.ClientError:
        raise
    except Exception as error:
        assert "ClientToken" in str(error)  # noqa: PT017 - botocore rejects the empty token itself
    else:
        assert failure["Code"] == "ValidationException"
