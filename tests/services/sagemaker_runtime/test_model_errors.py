"""What a model does wrong, and what the service makes of it."""

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


def failed(client: Any, **members: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        client.invoke_endpoint(**{"EndpointName": "churn", "Body": b"{}", **members})
    found: Any = caught.value.response
    return dict(found)


def test_a_server_error_of_the_model(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn").model_error(500, "CUDA out of memory")
    found = failed(client)
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
def test_a_long_text_is_cut_to_what_the_model_of_the_service_allows(
    ml: MockML, client: Any, write: str
) -> None:
    endpoint, trace = ml.sagemaker.endpoint("churn"), "x" * 5000
    if write == "model_error":
        endpoint.model_error(500, trace)
    else:
        said = error("ModelError", OriginalStatusCode=500, OriginalMessage=trace)
        endpoint.handler(lambda call: said)
    found = failed(client)
    assert found["OriginalMessage"] == "x" * 2048
    assert len(found["Error"]["Message"]) == 2048
    assert found["Error"]["Message"].endswith('xxx". ' + LOGS)


@pytest.mark.parametrize(
    ("status", "code"), [(400, "CLIENT_ERROR_FROM_MODEL"), (502, "INTERNAL_FAILURE_FROM_MODEL")]
)
def test_the_error_code_is_in_the_body(ml: MockML, client: Any, status: int, code: str) -> None:
    ml.sagemaker.endpoint("churn").model_error(status, {"error": "no"})
    assert failed(client)["OriginalMessage"] == '{"error":"no"}'
    answer: Any = ml.calls.last.answer
    assert json.loads(answer.body)["ErrorCode"] == code


def test_a_model_error_in_the_words_of_the_test(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn").fail("ModelError", "my own text", OriginalStatusCode=418)
    found = failed(client)
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
def test_the_services_own_errors(
    ml: MockML, client: Any, code: str, status: int, attempts: int
) -> None:
    ml.sagemaker.endpoint("churn").fail(code)
    found = failed(client)
    assert found["Error"]["Code"] == code
    assert found["Error"]["Message"]
    assert found["ResponseMetadata"]["HTTPStatusCode"] == status
    assert len(ml.calls) == attempts


def test_throttling_says_nothing(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn").fail("ThrottlingException")
    found = failed(client)
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert found["Error"]["Message"] is None


def test_a_model_has_sixty_seconds_of_virtual_time(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn").reply("late").delay(61)
    started = ml.clock.now()
    found = failed(client)
    assert (ml.clock.now() - started).total_seconds() == pytest.approx(60, abs=1)
    assert found["Error"]["Code"] == "ModelError"
    assert found["OriginalStatusCode"] == 0
    assert (
        "Your invocation timed out while waiting for a response from container primary"
        in (found["OriginalMessage"])
    )


def test_an_impatient_client_sees_its_own_timeout(ml: MockML) -> None:
    config = Config(read_timeout=5, retries={"total_max_attempts": 1})
    client = boto3.client("sagemaker-runtime", region_name="us-east-1", config=config)
    ml.sagemaker.endpoint("churn").delay(30)
    with pytest.raises(ReadTimeoutError):
        client.invoke_endpoint(EndpointName="churn", Body=b"")


def test_a_slow_model_takes_its_time_and_answers(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn").delay(30)
    started = ml.clock.now()
    found = client.invoke_endpoint(EndpointName="churn", Body=b"")
    assert b"no script" in found["Body"].read()
    assert (ml.clock.now() - started).total_seconds() == pytest.approx(30, abs=1)
