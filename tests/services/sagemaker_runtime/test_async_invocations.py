"""InvokeEndpointAsync: accepted at once, answered in S3 when the work ends."""

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
from tests.services.sagemaker_runtime.async_helpers import INPUT, is_there, start

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}"


def test_the_call_is_accepted_and_says_where_to_look(endpoint: Any, client: Any) -> None:
    found = start(client)
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 202
    output = re.fullmatch(rf"s3://out-bucket/async/({UUID})\.out", found["OutputLocation"])
    failure = re.fullmatch(rf"s3://out-bucket/failed/({UUID})-error\.out", found["FailureLocation"])
    assert output is not None
    assert failure is not None
    assert output[1] == failure[1]
    assert re.fullmatch(UUID, found["InferenceId"])
    assert found["InferenceId"] != output[1]


def test_the_answer_is_written_with_its_type(ml: MockML, endpoint: Any, client: Any) -> None:
    endpoint.reply("1,2", content_type="text/csv")
    found = start(client)
    written = ml.s3.object(found["OutputLocation"])
    assert (written.body, written.content_type) == (b"1,2", "text/csv")
    assert not is_there(ml, found["FailureLocation"])


def test_a_handler_sees_the_input_object(ml: MockML, endpoint: Any, client: Any) -> None:
    seen: list[Any] = []

    def predict(call: Any) -> Any:
        seen.append((call.operation, call.params["ContentType"], call.params["Accept"]))
        return {"sum": sum(call.json()["x"])}

    endpoint.handler(predict)
    found = start(client, Accept="application/json")
    assert ml.s3.get(found["OutputLocation"]) == b'{"sum":3}'
    start(client, Accept="a/b", ContentType="application/mine")
    assert seen == [
        ("InvokeEndpointAsync", "application/json", "application/json"),
        ("InvokeEndpointAsync", "application/mine", "a/b"),
    ]
    assert ml.calls.last.params["InputLocation"] == INPUT
    assert ml.calls.last.body == b""


@pytest.mark.newer_botocore
def test_rules_see_the_input_object_too(ml: MockML, endpoint: Any, client: Any) -> None:
    endpoint.on(Body={"x": [1, 2]}).reply("matched")
    assert ml.s3.get(start(client)["OutputLocation"]) == b"matched"


def test_a_coroutine_answers_later_too(ml: MockML, endpoint: Any, client: Any) -> None:
    async def predict(call: Any) -> bytes:
        await asyncio.sleep(0)
        return b"awaited"

    endpoint.reply(predict)
    assert ml.s3.get(start(client)["OutputLocation"]) == b"awaited"


@pytest.mark.newer_botocore
def test_the_input_may_come_with_the_call(ml: MockML, endpoint: Any, client: Any) -> None:
    endpoint.handler(lambda call: call.text().upper())
    found = start(client, Body=b"inline", ContentType="text/plain")
    assert ml.s3.get(found["OutputLocation"]) == b"INLINE"


def test_an_answer_beyond_six_mebibytes_is_fine_later(
    ml: MockML, endpoint: Any, client: Any
) -> None:
    body = b"x" * 7_000_000
    endpoint.reply(body, content_type="text/plain")
    assert ml.s3.get(start(client)["OutputLocation"]) is body


@pytest.mark.newer_botocore
def test_names_of_the_caller(endpoint: Any, client: Any) -> None:
    found = start(
        client, InferenceId="mine-1", Filename="scores.json", S3OutputPathExtension="day/1"
    )
    assert found["InferenceId"] == "mine-1"
    assert found["OutputLocation"] == "s3://out-bucket/async/day/1/scores.json"
    assert found["FailureLocation"] == "s3://out-bucket/failed/day/1/scores-error.json"


def test_without_a_prefix_for_failures_there_is_no_place_for_them(ml: MockML, client: Any) -> None:
    ml.s3.put(INPUT, "{}")
    ml.sagemaker.endpoint("later", async_output="s3://out/x").model_error(500, "no")
    found = start(client)
    assert "FailureLocation" not in found
    assert not is_there(ml, found["OutputLocation"])
    assert len(ml.events) == 0


def test_without_a_prefix_the_output_goes_to_the_accounts_bucket(ml: MockML, client: Any) -> None:
    ml.s3.put(INPUT, "{}")
    ml.sagemaker.endpoint("later", success_topic="arn:aws:sns:us-east-1:123456789012:t")
    uri = start(client)["OutputLocation"]
    assert uri.startswith("s3://sagemaker-us-east-1-123456789012/async-endpoint-outputs/later/")
    assert is_there(ml, uri)


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
def test_a_failure_ends_the_work_and_not_the_call(
    ml: MockML, endpoint: Any, client: Any, write: Any, body: bytes, reason: str
) -> None:
    write(endpoint)
    found = start(client)
    assert ml.s3.get(found["FailureLocation"]) == body
    assert not is_there(ml, found["OutputLocation"])
    assert ml.events.last.detail["failureReason"] == reason


@pytest.mark.parametrize("uri", ["s3://in-bucket/nothing", "https://example.org/x"])
def test_an_input_that_isnt_there_fails_later(
    ml: MockML, endpoint: Any, client: Any, uri: str
) -> None:
    endpoint.reply("never").optional()
    found = start(client, InputLocation=uri)
    assert (
        ml.s3.get(found["FailureLocation"]) == f"Unable to download the input from {uri}.".encode()
    )


def test_the_success_topic_is_told(ml: MockML, client: Any) -> None:
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


def test_the_error_topic_is_told(ml: MockML, endpoint: Any, client: Any) -> None:
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
def test_a_notification_repeats_what_the_model_said_and_nothing_else(
    ml: MockML, client: Any
) -> None:
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


# -- refusals -----------------------------------------------------------------------------------


def test_an_asynchronous_endpoint_answers_nothing_at_once(
    ml: MockML, endpoint: Any, client: Any
) -> None:
    text = "Endpoint later is configured for asynchronous inference. Use InvokeEndpointAsync."
    for method in (client.invoke_endpoint, client.invoke_endpoint_with_response_stream):
        with pytest.raises(client.exceptions.ValidationError, match=re.escape(text)):
            method(EndpointName="later", Body=b"")


def test_custom_attributes_are_visible_here_too(endpoint: Any, client: Any) -> None:
    with pytest.raises(client.exceptions.ValidationError, match="visible US-ASCII"):
        start(client, CustomAttributes="a\x7fb")
    assert start(client, CustomAttributes="a b\tc")["InferenceId"]


def test_a_models_long_text_is_whole_in_the_failure(ml: MockML, endpoint: Any, client: Any) -> None:
    endpoint.model_error(500, "x" * 5000)
    assert ml.s3.get(start(client)["FailureLocation"]) == b"x" * 5000


def test_other_endpoints_answer_nothing_later(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("later")
    with pytest.raises(client.exceptions.ValidationError, match="not configured for async"):
        start(client)


@pytest.mark.newer_botocore
@pytest.mark.parametrize("members", [{}, {"InputLocation": INPUT, "Body": b"both"}])
def test_there_is_exactly_one_input(endpoint: Any, client: Any, members: Any) -> None:
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


def test_an_invocation_has_a_session_of_its_own_client(ml: MockML, endpoint: Any) -> None:
    west = boto3.client("sagemaker-runtime", region_name="us-west-2")
    start(west)
    assert ml.events.last.region == "us-west-2"


def test_events_are_kept_quiet_without_topics(
    ml: MockML, client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    ml.s3.put(INPUT, "{}")
    ml.sagemaker.endpoint("later", async_output="s3://out/x", async_failure="s3://out/y")
    with caplog.at_level(logging.WARNING):
        start(client)
    assert (len(ml.events), caplog.text) == (0, "")
