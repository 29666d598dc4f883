"""An event stream is lazy: every event is generated on demand, and the stream may break."""

from tests.interception.isolated_process import KEYS, raises

# isort: split
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.exceptions import EventStreamError

from mlmock import mock_ml
from mlmock.errors import ServiceError

NAME = "bedrock-runtime"
produced: list[int] = []
closed: list[bool] = []


def tokens(count: int | None = None) -> Iterator[Any]:
    """Yield events without end, or raise after `count`."""
    try:
        for number in range(10**9):
            if number == count:
                raise ServiceError("modelStreamErrorException", "it broke", originalStatusCode=500)
            produced.append(number)
            yield {"chunk": {"bytes": f"token {number}".encode()}}
    finally:
        closed.append(True)


def stream(client: Any) -> Any:
    """Return the events of a response."""
    answer = client.invoke_model_with_response_stream(modelId="anthropic.claude-v2", body=b"{}")
    return answer["body"]


before = boto3.client(NAME, "us-east-1", **KEYS)
for client in (before, None):
    with mock_ml() as ml:
        client = client or boto3.client(NAME, "us-east-1", **KEYS)
        rule = "InvokeModelWithResponseStream"
        produced.clear()
        ml.on(NAME, rule).reply(lambda call: tokens())
        events = stream(client)
        assert len(produced) <= 1, produced  # the first event may be generated in advance
        reading = iter(events)
        for number in range(5):
            assert next(reading)["chunk"]["bytes"] == f"token {number}".encode()
            assert len(produced) <= number + 2, produced
        closed.clear()
        events.close()
        assert closed == [True]

        ml.on(NAME, rule).reply(lambda call: tokens(3))
        reading = iter(stream(client))
        assert [next(reading)["chunk"]["bytes"] for _ in range(3)]
        error = raises(EventStreamError, next, reading)
        assert "modelStreamErrorException" in str(error)
        assert "it broke" in str(error)

        ml.on(NAME, rule).reply([b"one", b"two"])
        assert [event["chunk"]["bytes"] for event in stream(client)] == [b"one", b"two"]
        assert [event["chunk"]["bytes"] for event in stream(client)] == [b"one", b"two"]
