"""An event stream is lazy: each event is made when the caller asks for it, and it may break."""

from tests.interception.isolated_process import KEYS, raises

# isort: split
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.exceptions import EventStreamError

from mlmock import mock_ml
from mlmock.errors import ServiceError

NAME = "bedrock-runtime"
made: list[int] = []
closed: list[bool] = []


def tokens(count: int | None = None) -> Iterator[Any]:
    """Yield events for ever, or break after `count`."""
    try:
        for place in range(10**9):
            if place == count:
                raise ServiceError("modelStreamErrorException", "it broke", originalStatusCode=500)
            made.append(place)
            yield {"chunk": {"bytes": f"token {place}".encode()}}
    finally:
        closed.append(True)


def stream(client: Any) -> Any:
    """Return the events of an answer."""
    answer = client.invoke_model_with_response_stream(modelId="anthropic.claude-v2", body=b"{}")
    return answer["body"]


before = boto3.client(NAME, "us-east-1", **KEYS)
for client in (before, None):
    with mock_ml() as ml:
        client = client or boto3.client(NAME, "us-east-1", **KEYS)
        rule = "InvokeModelWithResponseStream"
        made.clear()
        ml.on(NAME, rule).reply(lambda call: tokens())
        events = stream(client)
        assert len(made) <= 1, made  # the first may be looked at, to see that there is one
        reading = iter(events)
        for place in range(5):
            assert next(reading)["chunk"]["bytes"] == f"token {place}".encode()
            assert len(made) <= place + 2, made
        closed.clear()
        events.close()
        assert closed == [True]

        ml.on(NAME, rule).reply(lambda call: tokens(3))
        reading = iter(stream(client))
        assert [next(reading)["chunk"]["bytes"] for _ in range(3)]
        fault = raises(EventStreamError, next, reading)
        assert "modelStreamErrorException" in str(fault)
        assert "it broke" in str(fault)

        ml.on(NAME, rule).reply([b"one", b"two"])
        assert [event["chunk"]["bytes"] for event in stream(client)] == [b"one", b"two"]
        assert [event["chunk"]["bytes"] for event in stream(client)] == [b"one", b"two"]
