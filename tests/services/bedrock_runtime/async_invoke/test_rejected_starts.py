"""Rejected calls of StartAsyncInvoke, and buckets in Moto."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from mlmock import MockML, manually, mock_ml
from tests.services.bedrock_runtime.async_helpers import (
    REEL,
    TEXT_VIDEO,
    get_invoke,
    start,
    start_error,
)
from tests.services.bedrock_runtime.converse_helpers import bedrock_client


def test_an_unknown_model_is_rejected(bedrock: Any) -> None:
    assert start_error(bedrock, modelId="acme.reel-v1:0") == (
        "ValidationException",
        "The provided model identifier is invalid.",
    )


def test_a_model_without_async_support_is_rejected(bedrock: Any) -> None:
    assert start_error(bedrock, modelId="amazon.nova-lite-v1:0") == (
        "ValidationException",
        "The provided request is not valid",
    )


def test_a_model_without_access_is_rejected(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.model("amazon.nova-reel-v1:0", access=False)
    assert start_error(bedrock) == (
        "AccessDeniedException",
        "You don't have access to the model with the specified model ID.",
    )


def test_the_input_is_validated_by_the_schema_of_the_model(bedrock: Any) -> None:
    assert start_error(bedrock, modelInput={"taskType": "TEXT_VIDEO"}) == (
        "ValidationException",
        "Malformed input request: #: required key [textToVideoParams] not found, "
        "please reformat your input and try again.",
    )


def test_service_model_constraints_are_enforced(bedrock: Any) -> None:
    bad = {"s3OutputDataConfig": {"s3Uri": "https://videos/clips"}}
    code, message = start_error(bedrock, outputDataConfig=bad)
    assert code == "ValidationException"
    assert "outputDataConfig.s3OutputDataConfig.s3Uri" in message


@pytest.mark.parametrize("key", ["x" * 990, "\u20ac" * 330, "half a \ud83d pair"])
def test_a_uri_that_cannot_hold_objects_is_rejected(bedrock: Any, key: str) -> None:
    destination = {"s3OutputDataConfig": {"s3Uri": f"s3://videos/{key}"}}
    assert start_error(bedrock, outputDataConfig=destination) == (
        "ValidationException",
        "The provided S3 URI is invalid.",
    )


def test_a_bucket_missing_in_moto_is_rejected() -> None:
    from moto import mock_aws

    with mock_aws(), mock_ml():
        assert start_error(bedrock_client()) == ("ValidationException", "Invalid S3 credentials")


def test_a_bucket_of_another_owner_is_rejected() -> None:
    from moto import mock_aws

    with mock_aws(), mock_ml() as ml:
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="videos")
        for owner, code in (("123456789012", None), ("210987654321", "ValidationException")):
            output = {"s3Uri": "s3://videos", "bucketOwner": owner}
            given = {"outputDataConfig": {"s3OutputDataConfig": output}}
            if code is None:
                bedrock_client().start_async_invoke(modelId=REEL, modelInput=TEXT_VIDEO, **given)
            else:
                assert start_error(bedrock_client(), **given) == (code, "Invalid S3 credentials")
        assert len(ml.bedrock.async_invokes) == 1


def test_outputs_are_written_to_moto() -> None:
    from moto import mock_aws

    with mock_aws(), mock_ml():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="videos")
        arn = start(bedrock_client())
        listed = s3.list_objects_v2(Bucket="videos", Prefix=f"clips/{arn.rpartition('/')[2]}")
        assert [entry["Key"].rpartition("/")[2] for entry in listed["Contents"]] == [
            "manifest.json",
            "output.mp4",
            "video-generation-status.json",
        ]


def test_a_deleted_bucket_fails_the_invocation() -> None:
    from moto import mock_aws

    with mock_aws(), mock_ml(progress=manually()) as ml:
        s3, bedrock = boto3.client("s3", region_name="us-east-1"), bedrock_client()
        s3.create_bucket(Bucket="videos")
        arn, failed = start(bedrock), start(bedrock)
        for entry in s3.list_objects_v2(Bucket="videos")["Contents"]:
            s3.delete_object(Bucket="videos", Key=entry["Key"])
        s3.delete_bucket(Bucket="videos")
        ml.bedrock.async_invoke(failed).fail("broken")
        ml.progress.step()
        assert get_invoke(bedrock, arn)["failureMessage"] == "The bucket videos does not exist."
        assert get_invoke(bedrock, failed)["failureMessage"] == "broken"
