"""InvokeEndpointAsync: the call is accepted, and the answer is written to S3 later."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from datetime import datetime, timezone
from typing import Any

import boto3
import pytest

from mlmock import MockML, error, mock_ml
from tests.services.sagemaker_runtime.async_helpers import INPUT, exists, start

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}"


def test_response_has_the_locations_of_output_and_failure(endpoint: Any, client: Any) -> None:
    found = start(client)
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 202
    output = re.fullmatch(rf"s3://out-bucket/async/({UUID})\.out", found["OutputLocation"])
    failure = re.fullmatch(rf"s3://out-bucket/failed/({UUID})-error\.out", found["FailureLocation"])
    assert output is not None
    assert failure is not None
    assert output[1] == failure[1]
    assert re.fullmatch(UUID, found["InferenceId"])
    assert found["InferenceId"] != output[1]


def test_output_object_has_body_and_content_type(ml: MockML, endpoint: Any, client: Any) -> None:
    endpoint.reply("1,2", content_type="text/csv")
    found = start(client)
    stored = ml.s3.object(found["OutputLocation"])
    assert (stored.body, stored.content_type) == (b"1,2", "text/csv")
    assert not exists(ml, found["FailureLocation"])


def test_handler_receives_the_input_object(ml: MockML, endpoint: Any, client: Any) -> None:
    received: list[Any] = []

    def predict(call: Any) -> Any:
        received.append((call.operation, call.params["ContentType"], call.params["Accept"]))
        return {"sum": sum(call.json()["x"])}

    endpoint.handler(predict)
    found = start(client, Accept="application/json")
    assert ml.s3.get(found["OutputLocation"]) == b'{"sum":3}'
    start(client, Accept="a/b", ContentType="application/mine")
    assert received == [
        ("InvokeEndpointAsync", "application/json", "application/json"),
        ("InvokeEndpointAsync", "application/mine", "a/b"),
    ]
    assert ml.calls.last.params["InputLocation"] == INPUT
    assert ml.calls.last.body == b""


@pytest.mark.newer_botocore
def test_rules_match_the_input_object(ml: MockML, endpoint: Any, client: Any) -> None:
    endpoint.on(Body={"x": [1, 2]}).reply("matched")
    assert ml.s3.get(start(client)["OutputLocation"]) == b"matched"


def test_coroutine_function_answers(ml: MockML, endpoint: Any, client: Any) -> None:
    async def predict(call: Any) -> bytes:
        await asyncio.sleep(0)
        return b"awaited"

    endpoint.reply(predict)
    assert ml.s3.get(start(client)["OutputLocation"]) == b"awaited"


@pytest.mark.newer_botocore
def test_inline_input(ml: MockML, endpoint: Any, client: Any) -> None:
    endpoint.handler(lambda call: call.text().upper())
    found = start(client, Body=b"inline", ContentType="text/plain")
    assert ml.s3.get(found["OutputLocation"]) == b"INLINE"


def test_output_may_exceed_six_mebibytes(ml: MockML, endpoint: Any, client: Any) -> None:
    body = b"x" * 7_000_000
    endpoint.reply(body, content_type="text/plain")
    assert ml.s3.get(start(client)["OutputLocation"]) is body


@pytest.mark.newer_botocore
def test_names_given_by_the_caller(endpoint: Any, client: Any) -> None:
    found = start(
        client, InferenceId="mine-1", Filename="scores.json", S3OutputPathExtension="day/1"
    )
    assert found["InferenceId"] == "mine-1"
    assert found["OutputLocation"] == "s3://out-bucket/async/day/1/scores.json"
    assert found["FailureLocation"] == "s3://out-bucket/failed/day/1/scores-error.json"


def test_no_failure_location_without_a_failure_path(ml: MockML, client: Any) -> None:
    ml.s3.put(INPUT, "{}")
    ml.sagemaker.endpoint("later", async_output="s3://out/x").model_error(500, "no")
    found = start(client)
    assert "FailureLocation" not in found
    assert not exists(ml, found["OutputLocation"])
    assert len(ml.events) == 0


def test_output_goes_to_the_default_bucket_without_an_output_path(ml: MockML, client: Any) -> None:
    ml.s3.put(INPUT, "{}")
    ml.sagemaker.endpoint("later", success_topic="arn:aws:sns:us-east-1:123456789012:t")
    uri = start(client)["OutputLocation"]
    assert uri.startswith("s3://sagemaker-us-east-1-123456789012/async-endpoint-outputs/later/")
    assert exists(ml, uri)


@pytest.mark.parametrize(
    ("write", "body", "reason"),
    [
        (
            lambda e: e.model_error(400, "bad shape"),
            b"bad shape",
            "ClientError: Received client error (400) from model. See the SageMaker Endpoint logs "
            "in your account for more information.",
        ),
        (
            lambda e: e.model_error(503, {"error": "busy"}),
            b'{"error":"busy"}',
            "ClientError: Received server error (503) from model. See the SageMaker Endpoint logs "
            "in your account for more information.",
        ),
        (
            lambda e: e.handler(lambda call: error("InternalFailure", "oh")),
            b"oh",
            "InternalFailure: oh",
        ),
        (
            lambda e: e.fail("InternalStreamFailure"),
            b"The model's answer broke off.",
            "ClientError: Received server error (0) from model. See the SageMaker Endpoint logs in "
            "your account for more information.",
        ),
        (
            lambda e: e.stream([b"a"]).then_error("ModelStreamError"),
            b"The model's answer broke off.",
            "ClientError: Received server error (0) from model. See the SageMaker Endpoint logs in "
            "your account for more information.",
        ),
    ],
)
def test_model_failure_is_written_to_the_failure_location(
    ml: MockML, endpoint: Any, client: Any, write: Any, body: bytes, reason: str
) -> None:
    write(endpoint)
    found = start(client)
    assert ml.s3.get(found["FailureLocation"]) == body
    assert not exists(ml, found["OutputLocation"])
    assert ml.events.last.detail["failureReason"] == reason


@pytest.mark.parametrize("uri", ["s3://in-bucket/nothing", "https://example.org/x"])
def test_missing_input_fails_the_invocation(
    ml: MockML, endpoint: Any, client: Any, uri: str
) -> None:
    endpoint.reply("never").optional()
    found = start(client, InputLocation=uri)
    assert (
        ml.s3.get(found["FailureLocation"]) == f"Unable to download the input from {uri}.".encode()
    )


def test_success_notification(ml: MockML, client: Any) -> None:
    with mock_ml(now=datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)) as inner:
        inner.s3.put(INPUT, "{}")
        inner.sagemaker.endpoint(
            "later",
            async_output="s3://out/x",
            success_topic="arn:aws:sns:us-east-1:123456789012:good",
            include_response_in=["SUCCESS_NOTIFICATION_TOPIC"],
        ).reply("hi")
        found = start(client, Accept="text/plain", CustomAttributes="k=v", InferenceId="i-1")
        event = inner.events.last
    assert event.topic == "arn:aws:sns:us-east-1:123456789012:good"
    assert event.message is not None
    assert list(json.loads(event.message))[5:8] == [
        "responseParameters",
        "responseBody",
        "inferenceId",
    ]
    assert json.loads(event.message) == {
        "awsRegion": "us-east-1",
        "eventTime": "2026-01-02T03:04:05.000Z",
        "receivedTime": "2026-01-02T03:04:05.000Z",
        "invocationStatus": "Completed",
        "requestParameters": {
            "accept": "text/plain",
            "customAttributes": "k=v",
            "endpointName": "later",
            "inputLocation": INPUT,
        },
        "responseParameters": {
            "contentType": "text/plain; charset=utf-8",
            "outputLocation": found["OutputLocation"],
        },
        "inferenceId": "i-1",
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
        "responseBody": {"content": "aGk=", "encoding": "BASE64"},
    }


def test_error_notification(ml: MockML, endpoint: Any, client: Any) -> None:
    endpoint.model_error(400, "bad")
    start(client)
    event = ml.events.last
    assert event.topic == "arn:aws:sns:us-east-1:123456789012:bad"
    assert list(event.detail) == [
        "awsRegion",
        "eventTime",
        "receivedTime",
        "invocationStatus",
        "failureReason",
        "requestParameters",
        "inferenceId",
        "eventVersion",
        "eventSource",
        "eventName",
    ]
    assert event.detail["invocationStatus"] == "Failed"


@pytest.mark.newer_botocore
def test_error_notification_includes_the_model_response_only(ml: MockML, client: Any) -> None:
    endpoint = ml.sagemaker.endpoint(
        "later",
        async_output="s3://out/x",
        error_topic="arn:aws:sns:us-east-1:123456789012:bad",
        include_response_in=["ERROR_NOTIFICATION_TOPIC"],
    )
    endpoint.model_error(500, "hot")
    start(client, Body=b"x")
    assert ml.events.last.detail["responseBody"] == {"content": "aG90", "encoding": "BASE64"}
    start(client, InputLocation="s3://in-bucket/nothing")
    assert "Unable to download" in ml.events.last.detail["failureReason"]
    assert "responseBody" not in ml.events.last.detail


# -- errors -----------------------------------------------------------------------------------


def test_async_endpoint_rejects_synchronous_calls(ml: MockML, endpoint: Any, client: Any) -> None:
    text = "Endpoint later is configured for asynchronous inference. Use InvokeEndpointAsync."
    for method in (client.invoke_endpoint, client.invoke_endpoint_with_response_stream):
        with pytest.raises(client.exceptions.ValidationError, match=re.escape(text)):
            method(EndpointName="later", Body=b"")


def test_custom_attributes_must_be_visible_ascii(endpoint: Any, client: Any) -> None:
    with pytest.raises(client.exceptions.ValidationError, match="visible US-ASCII"):
        start(client, CustomAttributes="a\x7fb")
    assert start(client, CustomAttributes="a b\tc")["InferenceId"]


def test_failure_object_has_the_complete_message(ml: MockML, endpoint: Any, client: Any) -> None:
    endpoint.model_error(500, "x" * 5000)
    assert ml.s3.get(start(client)["FailureLocation"]) == b"x" * 5000


def test_synchronous_endpoint_rejects_async_calls(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("later")
    with pytest.raises(client.exceptions.ValidationError, match="not configured for async"):
        start(client)


@pytest.mark.newer_botocore
@pytest.mark.parametrize("members", [{}, {"InputLocation": INPUT, "Body": b"both"}])
def test_exactly_one_input_is_required(endpoint: Any, client: Any, members: Any) -> None:
    with pytest.raises(client.exceptions.ValidationError, match="Exactly one of"):
        client.invoke_endpoint_async(EndpointName="later", **members)


@pytest.mark.newer_botocore
@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"InputLocation": "ftp://b/k"}, "inputLocation"),
        ({"InferenceId": "x" * 65}, "inferenceId"),
        ({"RequestTTLSeconds": 21_601}, "requestTTLSeconds"),
        ({"InvocationTimeoutSeconds": 3_601}, "invocationTimeoutSeconds"),
        ({"Filename": "a.b.c"}, "filename"),
        ({"S3OutputPathExtension": "s3://x"}, "s3OutputPathExtension"),
        ({"Body": b"x" * 128_001}, "body"),
    ],
)
def test_constraints(endpoint: Any, client: Any, members: Any, path: str) -> None:
    with pytest.raises(client.exceptions.ValidationError, match=f"'{path}' failed to satisfy"):
        start(client, **members)


def test_invocation_has_the_region_of_the_client(ml: MockML, endpoint: Any) -> None:
    west = boto3.client("sagemaker-runtime", region_name="us-west-2")
    start(west)
    assert ml.events.last.region == "us-west-2"


def test_no_event_without_topics(ml: MockML, client: Any, caplog: pytest.LogCaptureFixture) -> None:
    ml.s3.put(INPUT, "{}")
    ml.sagemaker.endpoint("later", async_output="s3://out/x", async_failure="s3://out/y")
    with caplog.at_level(logging.WARNING):
        start(client)
    assert (len(ml.events), caplog.text) == (0, "")
