"""Errors of the service: unknown endpoints, invalid targets, oversized bodies."""

from __future__ import annotations

import logging
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mlmock import MockML, mock_ml

MAX_BODY_BYTES = 6_291_456
CAPTURE = {"DestinationS3Uri": "s3://capture/prefix"}


def error_of(client: Any, **members: Any) -> ClientError:
    with pytest.raises(ClientError) as caught:
        client.invoke_endpoint(**{"EndpointName": "churn", "Body": b"{}", **members})
    return caught.value


def message_of(client: Any, **members: Any) -> str:
    error = error_of(client, **members)
    assert error.response["Error"]["Code"] == "ValidationError"
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    found: str = error.response["Error"]["Message"]
    return found


def test_unknown_endpoint_is_not_found_and_the_log_suggests_a_declaration(
    client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "mlmock.sagemaker"):
        assert message_of(client) == "Endpoint churn of account 123456789012 not found."
    assert 'declare it with ml.sagemaker.endpoint("churn")' in caplog.text


def test_unknown_endpoint_is_rejected_by_every_operation(client: Any) -> None:
    with pytest.raises(client.exceptions.ValidationError, match="not found"):
        client.invoke_endpoint_async(EndpointName="churn", InputLocation="s3://b/k")
    with pytest.raises(client.exceptions.ValidationError, match="not found"):
        client.invoke_endpoint_with_response_stream(EndpointName="churn", Body=b"")


def test_undeclared_endpoint_answers_in_a_lenient_mock() -> None:
    with mock_ml(strict=False):
        client = boto3.client("sagemaker-runtime")
        assert client.invoke_endpoint(EndpointName="any", Body=b"")["ContentType"]


@pytest.mark.newer_botocore
def test_undeclared_endpoint_accepts_every_target() -> None:
    with mock_ml(strict=False) as ml:
        client = boto3.client("sagemaker-runtime")
        targets = {
            "TargetVariant": "blue",
            "TargetModel": "a.tar.gz",
            "TargetContainerHostname": "tf",
            "InferenceComponentName": "small",
            "SessionId": "NEW_SESSION",
        }
        found = client.invoke_endpoint(EndpointName="any", Body=b"", **targets)
        assert (found["InvokedProductionVariant"], found["ContentType"]) == (
            "blue",
            "application/json",
        )
        assert "; Expires=" in found["NewSessionId"]
        assert "visible US-ASCII" in message_of(client, CustomAttributes="a\x7fb")
        later = client.invoke_endpoint_async(EndpointName="any", Body=b"x")
        assert b"no script" in ml.s3.get(later["OutputLocation"])


@pytest.mark.parametrize("status", ["Creating", "Deleting", "Failed", "OutOfService"])
def test_endpoint_out_of_service_is_not_found(ml: MockML, client: Any, status: str) -> None:
    ml.sagemaker.endpoint("churn", status=status)
    assert message_of(client) == "Endpoint churn of account 123456789012 not found."


@pytest.mark.parametrize("status", ["InService", "Updating", "SystemUpdating", "RollingBack"])
def test_endpoint_serves_during_updates(ml: MockML, client: Any, status: str) -> None:
    ml.sagemaker.endpoint("churn", status=status)
    assert client.invoke_endpoint(EndpointName="churn", Body=b"")["Body"].read()


def test_deleted_endpoint_is_not_found_until_it_is_declared_again(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn").delete()
    assert "not found" in message_of(client)
    ml.sagemaker.endpoint("churn")
    assert client.invoke_endpoint(EndpointName="churn", Body=b"")["Body"].read()


def test_unsupported_targets_are_rejected(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn")
    assert message_of(client, TargetModel="a.tar.gz") == (
        "Endpoint churn is not a multi-model endpoint and does not support target model header."
    )
    assert message_of(client, InferenceComponentName="c").startswith(
        "Inference Component Name header is not allowed for endpoints"
    )
    assert "has no container c" in message_of(client, TargetContainerHostname="c")
    assert (
        message_of(client, TargetVariant="v") == 'Could not find variant "v" for endpoint "churn".'
    )


def test_error_code_of_a_target_model_is_in_the_body(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn")
    error_of(client, TargetModel="a.tar.gz")
    answer: Any = ml.calls.last.answer
    assert b'"ErrorCode":"TARGET_MODEL_HEADER_NOT_SUPPORTED"' in answer.body


def test_multi_model_endpoint(ml: MockML, client: Any) -> None:
    endpoint = ml.sagemaker.endpoint("churn", multi_model=["a.tar.gz", "b.tar.gz"])
    endpoint.on(target_model="a.tar.gz").reply("A")
    endpoint.on(target_model="b.tar.gz").reply("B").optional()
    found = client.invoke_endpoint(EndpointName="churn", Body=b"", TargetModel="a.tar.gz")
    assert found["Body"].read() == b"A"
    error = error_of(client)
    request_id = error.response["ResponseMetadata"]["RequestId"]
    assert error.response["Error"]["Message"] == (
        f"Request {request_id} is missing a target model header."
    )
    assert "Failed to download model data(key: c.tar.gz)" in message_of(
        client, TargetModel="c.tar.gz"
    )
    with pytest.raises(client.exceptions.ValidationError, match="missing a target model"):
        client.invoke_endpoint_with_response_stream(EndpointName="churn", Body=b"")


def test_any_target_model_until_multi_model_is_disabled(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn", multi_model=True)
    assert client.invoke_endpoint(EndpointName="churn", Body=b"", TargetModel="x")["ContentType"]
    ml.sagemaker.endpoint("churn", multi_model=False)
    assert "not a multi-model endpoint" in message_of(client, TargetModel="x")


@pytest.mark.newer_botocore
def test_model_that_is_still_loading(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn", multi_model=True).fail("ModelNotReadyException", times=1)
    error = error_of(client, TargetModel="x")
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert error.response["Error"]["Message"]
    assert client.invoke_endpoint(EndpointName="churn", Body=b"", TargetModel="x")["ContentType"]


def test_directly_invoked_containers(ml: MockML, client: Any) -> None:
    endpoint = ml.sagemaker.endpoint("churn", containers=["tf", "pt"])
    endpoint.on(container="tf").reply("tensor")
    endpoint.on(container="pt").model_error(503, "busy")
    found = client.invoke_endpoint(EndpointName="churn", Body=b"", TargetContainerHostname="tf")
    assert found["Body"].read() == b"tensor"
    assert "target container hostname is required" in message_of(client)
    assert "has no container mx" in message_of(client, TargetContainerHostname="mx")
    error = error_of(client, TargetContainerHostname="pt")
    assert "Received server error (503) from pt with message" in str(error)


def test_inference_components(ml: MockML, client: Any) -> None:
    endpoint = ml.sagemaker.endpoint("churn", components=["small", "large"])
    endpoint.on(component="small").reply("s")
    found = client.invoke_endpoint(EndpointName="churn", Body=b"", InferenceComponentName="small")
    assert (found["Body"].read(), found["InvokedProductionVariant"]) == (b"s", "AllTraffic")
    assert message_of(client).startswith("Inference Component Name header is required")
    assert message_of(client, InferenceComponentName="huge") == (
        "Inference Component huge of account 123456789012 not found."
    )


def test_body_limit_of_six_mebibytes(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn").reply("ok")
    found = client.invoke_endpoint(EndpointName="churn", Body=b"x" * MAX_BODY_BYTES)
    assert found["Body"].read() == b"ok"
    assert "Member must have length less than or equal to 6291456" in message_of(
        client, Body=b"x" * (MAX_BODY_BYTES + 1)
    )
    error = error_of(client, Body=b"x" * (MAX_BODY_BYTES + 4097))
    assert error.response["Error"] == {
        "Code": "413",
        "Message": "HTTP content length exceeded 6295552 bytes.",
    }
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 413


def test_body_limit_of_a_serverless_endpoint(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn", serverless=True)
    error = error_of(client, Body=b"x" * (4_194_304 + 1))
    request_id = error.response["ResponseMetadata"]["RequestId"]
    assert error.response["Error"]["Message"] == f"Request {request_id} has oversize body."


def test_too_large_answer_is_a_model_error(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn").reply(b"x" * (MAX_BODY_BYTES + 1))
    with pytest.raises(client.exceptions.ModelError) as caught:
        client.invoke_endpoint(EndpointName="churn", Body=b"")
    assert "Received server error (500) from primary and could not load the entire" in str(
        caught.value
    )


def test_custom_attributes_constraints(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn").reply("ok")
    found = client.invoke_endpoint(EndpointName="churn", Body=b"", CustomAttributes="x" * 1024)
    assert found["Body"].read() == b"ok"
    assert "length less than or equal to 1024" in message_of(client, CustomAttributes="x" * 1025)
    assert "visible US-ASCII" in message_of(client, CustomAttributes="a\x7fb")
    found = client.invoke_endpoint(EndpointName="churn", Body=b"", CustomAttributes="a b\tc")
    assert found["Body"].read() == b"ok"


def test_all_violations_are_reported_in_one_message(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn")
    found = message_of(client, EndpointName="-bad-", TargetVariant="x" * 64, SessionId="a b")
    assert found.startswith("3 validation errors detected: ")
    for name in ("endpointName", "targetVariant", "sessionId"):
        assert f"at '{name}' failed to satisfy constraint" in found


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"variants": {"a": -1}}, "must be a number from 0"),
        ({"variants": {"a": "1"}}, "must be a number from 0"),
        ({"variants": {"a": float("inf")}}, "must be a number from 0"),
        ({"variants": {"a": 0}}, "a weight above 0"),
        ({"variants": [""]}, "a name must be a string"),
        ({"multi_model": [1]}, "a name must be a string"),
        ({"async_output": "not a uri"}, "s3://bucket/key"),
        ({"success_topic": "arn:aws:sqs:us-east-1:1:q"}, "ARN of an SNS topic"),
        ({"include_response_in": ["ALWAYS"]}, "ERROR_NOTIFICATION_TOPIC"),
        ({"sessions": 0}, "True, False or a number of seconds"),
        ({"sessions": float("inf")}, "True, False or a number of seconds"),
        ({"status": "Fine"}, "status= must be Creating"),
        ({"status": 5}, "status= must be Creating"),
        ({"variants": 5}, "a string or a list of strings"),
        ({"variants": {"a b": 1}}, "the name of a variant has"),
        ({"shadow": "a_b"}, "the name of a shadow variant has"),
        ({"containers": ["-a"]}, "the name of a container has"),
        ({"components": ["x" * 64]}, "the name of an inference component has"),
        ({"async_output": 5}, "s3://bucket/key"),
        ({"success_topic": 5}, "ARN of an SNS topic"),
        ({"data_capture": "prefix"}, "s3://bucket/key"),
        ({"data_capture": {**CAPTURE, "InitialSamplingPercentage": 101}}, "0 to 100"),
        ({"data_capture": {**CAPTURE, "CaptureOptions": [{"CaptureMode": "In"}]}}, "InputAndOutp"),
    ],
)
def test_invalid_declaration_is_rejected(ml: MockML, options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ml.sagemaker.endpoint("churn", **options)


@pytest.mark.parametrize("name", ["", "-a", "a_b", "x" * 64, "a-" * 31 + "--"])
def test_invalid_endpoint_name_is_rejected(ml: MockML, name: str) -> None:
    with pytest.raises(ValueError, match="the name of an endpoint has"):
        ml.sagemaker.endpoint(name)
