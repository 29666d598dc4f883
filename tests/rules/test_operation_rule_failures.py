"""Operation rules that answer with an error, a connection failure or a delay."""

from __future__ import annotations

import datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    EventStreamError,
    ReadTimeoutError,
)

from mlmock import MockML, mock_ml
from tests.helpers import A2I, names
from tests.rules.operation_rule_helpers import NOW, describe, description


def test_fail_sends_modeled_common_and_custom_errors(mlmock: MockML, a2i: Any) -> None:
    for code, more, status in (
        ("ResourceNotFoundException", {}, 404),
        ("AccessDeniedException", {}, 403),
        ("TeapotException", {"status": 418}, 418),
    ):
        mlmock.on(A2I, "DescribeHumanLoop").fail(code, "The reason.", **more)
        with pytest.raises(ClientError) as caught:
            a2i.describe_human_loop(HumanLoopName="x")
        response = caught.value.response
        assert response["Error"] == {"Code": code, "Message": "The reason."}
        assert response["ResponseMetadata"]["HTTPStatusCode"] == status
        assert response["ResponseMetadata"]["RequestId"] == mlmock.calls.last.request_id


def test_failure_rule_for_every_operation(mlmock: MockML, a2i: Any) -> None:
    mlmock.on(A2I).fail("ThrottlingException", times=2)
    assert names(a2i) == []
    assert [call.attempt for call in mlmock.calls] == [1, 2, 3]


@pytest.mark.parametrize(
    ("method", "options", "raised"),
    [
        ("timeout", {}, ReadTimeoutError),
        ("timeout", {"connect": True}, ConnectTimeoutError),
        ("drop", {}, ConnectionClosedError),
        ("unreachable", {}, EndpointConnectionError),
    ],
)
def test_connection_failures(
    mlmock: MockML, a2i: Any, method: str, options: dict[str, Any], raised: Any
) -> None:
    getattr(mlmock.on(A2I), method)(**options)
    with pytest.raises(raised):
        describe(a2i)
    assert len(mlmock.calls) in (3, 5)  # real retries: as many as botocore's default mode makes


def test_delay_is_virtual_and_may_exceed_the_read_timeout(a2i: Any) -> None:
    with mock_ml(now=NOW) as ml:
        ml.on(A2I, "ListHumanLoops").delay(30)
        assert names(a2i) == []
        assert ml.clock.now() == NOW + datetime.timedelta(seconds=30)
        assert ml.calls.last.duration == 30
        ml.on(A2I, "DescribeHumanLoop").delay(5).reply(description("Failed"))
        ml.on(A2I, "DeleteHumanLoop").reply({}).delay(5)
        assert describe(a2i) == "Failed"
        a2i.delete_human_loop(HumanLoopName="x")
        assert ml.clock.now() == NOW + datetime.timedelta(seconds=40)
        ml.on(A2I, "StopHumanLoop").delay(61)
        with pytest.raises(ReadTimeoutError):
            a2i.stop_human_loop(HumanLoopName="x")


@pytest.mark.parametrize("answer", [lambda rule: rule.timeout(), lambda rule: rule.delay(61)])
def test_read_timeout_elapses_in_virtual_time(answer: Any) -> None:
    no_retries = Config(read_timeout=45, retries={"total_max_attempts": 1})
    with mock_ml(now=NOW) as ml:
        answer(ml.on(A2I, "ListHumanLoops"))
        with pytest.raises(ReadTimeoutError):
            names(boto3.client(A2I, config=no_retries))
        assert ml.clock.now() == NOW + datetime.timedelta(seconds=45)
        assert ml.calls.last.duration == 45


@pytest.mark.parametrize("lazily", [False, True])
@pytest.mark.parametrize(
    ("last", "raised"),
    [
        ({"ModelStreamError": {"Message": "boom", "ErrorCode": "X"}}, EventStreamError),
        (KeyError("mine"), KeyError),
    ],
)
def test_exception_among_the_events_ends_the_stream(
    mlmock: MockML, last: Any, raised: Any, lazily: bool
) -> None:
    events = [b"one", last, b"two"]
    mlmock.on("sagemaker-runtime", "InvokeEndpointWithResponseStream").reply(
        (lambda call: iter(events)) if lazily else events
    )
    client = boto3.client("sagemaker-runtime", region_name="us-east-1")
    answer = client.invoke_endpoint_with_response_stream(EndpointName="x", Body=b"")
    body = iter(answer["Body"])
    assert next(body) == {"PayloadPart": {"Bytes": b"one"}}
    with pytest.raises(raised, match=r"boom|mine"):
        next(body)
    assert list(body) == []
