"""Errors of a model, and the errors that the service reports for them."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError

from mlmock import MockML, error

LOGS = (
    "See https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1"
    "#logEventViewer:group=/aws/sagemaker/Endpoints/churn in account 123456789012 for more "
    "information."
)


def error_of(client: Any, **members: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        client.invoke_endpoint(**{"EndpointName": "churn", "Body": b"{}", **members})
    found: Any = caught.value.response
    return dict(found)


def test_server_error_of_the_model(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn").model_error(500, "CUDA out of memory")
    found = error_of(client)
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert found["ResponseMetadata"]["RetryAttempts"] == 0
    assert found["Error"] == {
        "Code": "ModelError",
        "Message": 'Received server error (500) from primary with message "CUDA out of memory". '
        + LOGS,
    }
    assert found["OriginalStatusCode"] == 500
    assert found["OriginalMessage"] == "CUDA out of memory"
    assert found["LogStreamArn"] == (
        "arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/Endpoints/churn"
    )


@pytest.mark.parametrize("write", ["model_error", "handler"])
def test_long_message_is_truncated_to_the_modeled_length(
    ml: MockML, client: Any, write: str
) -> None:
    endpoint, trace = ml.sagemaker.endpoint("churn"), "x" * 5000
    if write == "model_error":
        endpoint.model_error(500, trace)
    else:
        model_error = error("ModelError", OriginalStatusCode=500, OriginalMessage=trace)
        endpoint.handler(lambda call: model_error)
    found = error_of(client)
    assert found["OriginalMessage"] == "x" * 2048
    assert len(found["Error"]["Message"]) == 2048
    assert found["Error"]["Message"].endswith('xxx". ' + LOGS)


@pytest.mark.parametrize(
    ("status", "code"), [(400, "CLIENT_ERROR_FROM_MODEL"), (502, "INTERNAL_FAILURE_FROM_MODEL")]
)
def test_error_code_is_in_the_body(ml: MockML, client: Any, status: int, code: str) -> None:
    ml.sagemaker.endpoint("churn").model_error(status, {"error": "no"})
    assert error_of(client)["OriginalMessage"] == '{"error":"no"}'
    answer: Any = ml.calls.last.answer
    assert json.loads(answer.body)["ErrorCode"] == code


def test_model_error_with_a_custom_message(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn").fail("ModelError", "my own text", OriginalStatusCode=418)
    found = error_of(client)
    assert (found["Error"]["Message"], found["OriginalStatusCode"]) == ("my own text", 418)


@pytest.mark.newer_botocore
@pytest.mark.parametrize(
    ("code", "status", "attempts"),
    [
        ("InternalDependencyException", 530, 1),
        ("InternalFailure", 500, 3),
        ("ModelNotReadyException", 429, 1),
        ("ServiceUnavailable", 503, 3),
    ],
)
def test_service_errors(ml: MockML, client: Any, code: str, status: int, attempts: int) -> None:
    ml.sagemaker.endpoint("churn").fail(code)
    found = error_of(client)
    assert found["Error"]["Code"] == code
    assert found["Error"]["Message"]
    assert found["ResponseMetadata"]["HTTPStatusCode"] == status
    assert len(ml.calls) == attempts


def test_throttling_has_no_message(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn").fail("ThrottlingException")
    found = error_of(client)
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert found["Error"]["Message"] is None


def test_model_times_out_after_sixty_virtual_seconds(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn").reply("late").delay(61)
    started = ml.clock.now()
    found = error_of(client)
    assert (ml.clock.now() - started).total_seconds() == pytest.approx(60, abs=1)
    assert found["Error"]["Code"] == "ModelError"
    assert found["OriginalStatusCode"] == 0
    assert (
        "Your invocation timed out while waiting for a response from container primary"
        in (found["OriginalMessage"])
    )


def test_read_timeout_of_the_client(ml: MockML) -> None:
    config = Config(read_timeout=5, retries={"total_max_attempts": 1})
    client = boto3.client("sagemaker-runtime", region_name="us-east-1", config=config)
    ml.sagemaker.endpoint("churn").delay(30)
    with pytest.raises(ReadTimeoutError):
        client.invoke_endpoint(EndpointName="churn", Body=b"")


def test_delayed_model_answers(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn").delay(30)
    started = ml.clock.now()
    found = client.invoke_endpoint(EndpointName="churn", Body=b"")
    assert b"no script" in found["Body"].read()
    assert (ml.clock.now() - started).total_seconds() == pytest.approx(30, abs=1)
