"""Corrupted responses: malformed, truncated, of the wrong length, broken event streams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.eventstream import ChecksumMismatch
from botocore.exceptions import ConnectionClosedError, EventStreamError, IncompleteReadError
from urllib3.exceptions import ProtocolError
from urllib3.exceptions import ReadTimeoutError as StreamTimeout

from mlmock import InvalidRule, MockML, error
from tests.helpers import A2I, FLOW, names, start

STREAM = "InvokeEndpointWithResponseStream"


@pytest.fixture
def a2i(mlmock: MockML) -> Any:
    return boto3.client(A2I, config=Config(retries={"total_max_attempts": 1}))


@pytest.fixture
def runtime(mlmock: MockML) -> Any:
    mlmock.sagemaker.endpoint("llm").stream([b"to", b"ken", b"s"]).optional()
    return boto3.client("sagemaker-runtime")


def events_of(runtime: Any) -> Any:
    answer = runtime.invoke_endpoint_with_response_stream(EndpointName="llm", Body=b"{}")
    return iter(answer["Body"])


def test_malformed_response_is_not_json(mlmock: MockML, a2i: Any) -> None:
    mlmock.on(A2I, "ListHumanLoops").malformed().times(1)
    answer = a2i.list_human_loops(FlowDefinitionArn=FLOW)
    assert "HumanLoopSummaries" not in answer
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert mlmock.calls.last.answer is not None
    assert mlmock.calls.last.answer.body == b"<html><body>502 Bad Gateway</body></html>"


def test_truncated_response_closes_the_connection_after_the_operation_ran(
    mlmock: MockML, a2i: Any
) -> None:
    mlmock.on(A2I, "StartHumanLoop").truncated().times(1)
    with pytest.raises(ConnectionClosedError):
        start(a2i, "invoice-1")
    assert names(a2i) == ["invoice-1"]


def test_truncated_response_is_retried_by_botocore(mlmock: MockML) -> None:
    mlmock.on(A2I, "ListHumanLoops").truncated().times(2)
    answer = boto3.client(A2I).list_human_loops(FlowDefinitionArn=FLOW)
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert [call.attempt for call in mlmock.calls] == [1, 2, 3]


def test_too_large_content_length_closes_the_connection(mlmock: MockML, a2i: Any) -> None:
    mlmock.on(A2I, "ListHumanLoops").wrong_length(5).times(1)
    with pytest.raises(ConnectionClosedError):
        a2i.list_human_loops(FlowDefinitionArn=FLOW)


def test_too_small_content_length_truncates_the_body(mlmock: MockML, a2i: Any) -> None:
    mlmock.on(A2I, "ListHumanLoops").reply({"HumanLoopSummaries": []}).wrong_length(-2).times(1)
    a2i.list_human_loops(FlowDefinitionArn=FLOW)
    assert mlmock.calls.last.answer is not None
    assert mlmock.calls.last.answer.body == b'{"HumanLoopSummaries":['


def test_truncated_streaming_body_raises_when_it_is_read(mlmock: MockML, runtime: Any) -> None:
    mlmock.sagemaker.endpoint("raw").reply(b"0123456789")
    mlmock.on("sagemaker-runtime", "InvokeEndpoint").truncated().times(1)
    body = runtime.invoke_endpoint(EndpointName="raw", Body=b"")["Body"]
    with pytest.raises(IncompleteReadError, match="5 read, but total bytes expected is 10"):
        body.read()


def test_corruption_combines_with_a_reply(mlmock: MockML, runtime: Any) -> None:
    mlmock.on("sagemaker-runtime", "InvokeEndpoint").reply("abcdef").wrong_length(3)
    body = runtime.invoke_endpoint(EndpointName="any", Body=b"")["Body"]
    assert body.read(6) == b"abcdef"
    with pytest.raises(IncompleteReadError):
        body.read()


def test_stream_with_a_wrong_checksum_raises(mlmock: MockML, runtime: Any) -> None:
    mlmock.on("sagemaker-runtime", STREAM).break_stream("checksum", after=1)
    events = events_of(runtime)
    assert next(events) == {"PayloadPart": {"Bytes": b"to"}}
    with pytest.raises(ChecksumMismatch):
        next(events)


def test_stream_that_is_cut_within_a_message_ends_early(mlmock: MockML, runtime: Any) -> None:
    mlmock.on("sagemaker-runtime", STREAM).break_stream("cut", after=2)
    assert [event["PayloadPart"]["Bytes"] for event in events_of(runtime)] == [b"to", b"ken"]


def test_dropped_stream_raises_a_protocol_error(mlmock: MockML, runtime: Any) -> None:
    mlmock.on("sagemaker-runtime", STREAM).break_stream()
    with pytest.raises(ProtocolError):
        next(events_of(runtime))


def test_stalled_stream_raises_after_the_read_timeout(mlmock: MockML) -> None:
    mlmock.sagemaker.endpoint("llm").stream([b"to", b"ken"])
    mlmock.on("sagemaker-runtime", STREAM).break_stream("stall", after=1)
    events = events_of(boto3.client("sagemaker-runtime", config=Config(read_timeout=30)))
    before = mlmock.clock.seconds()
    next(events)
    with pytest.raises(StreamTimeout):
        next(events)
    assert mlmock.clock.seconds() - before >= 30


def test_a_stream_breaks_with_an_exception_event(mlmock: MockML, runtime: Any) -> None:
    mlmock.on("sagemaker-runtime", STREAM).break_stream(error("ModelStreamError", "boom"), after=3)
    events = events_of(runtime)
    assert [next(events)["PayloadPart"]["Bytes"] for _ in range(3)] == [b"to", b"ken", b"s"]
    with pytest.raises(EventStreamError, match=r"ModelStreamError.*boom"):
        next(events)


def test_malformed_stream_raises_checksum_mismatch(mlmock: MockML, runtime: Any) -> None:
    mlmock.on("sagemaker-runtime", STREAM).malformed()
    with pytest.raises(ChecksumMismatch):
        next(events_of(runtime))


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda ml: ml.on(A2I, "ListHumanLoops").break_stream(), "return an event stream"),
        (lambda ml: ml.on("sagemaker-runtime", STREAM).break_stream("bang"), "not 'bang'"),
        (lambda ml: ml.on("sagemaker-runtime", STREAM).break_stream(after=-1), "number of events"),
        (
            lambda ml: ml.on("sagemaker-runtime", STREAM).break_stream(error("ModelError")),
            "can send ModelStreamError, InternalStreamFailure, not ModelError",
        ),
        (lambda ml: ml.on(A2I, "ListHumanLoops").wrong_length(0), "number of bytes"),
    ],
    ids=["no stream", "unknown", "negative", "no event", "nothing"],
)
def test_impossible_corruption_is_rejected(
    mlmock: MockML, write: Callable[[MockML], object], message: str
) -> None:
    with pytest.raises(InvalidRule, match=message):
        write(mlmock)
