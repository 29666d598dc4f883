"""The shapes of the events and exceptions of an event stream."""

from typing import Any

from mlmock.aws.protocol.rest_json import Operation


def events_of(operation: Operation) -> dict[str, Any]:
    """Return the shapes of the events of an operation, by name."""
    return _of_stream(operation, exceptions=False)


def exceptions_of(operation: Operation) -> dict[str, Any]:
    """Return the shapes of the exceptions that may end the stream of an operation."""
    return _of_stream(operation, exceptions=True)


def _of_stream(operation: Operation, *, exceptions: bool) -> dict[str, Any]:
    shape = operation.model.output_shape.members[operation.output_payload]
    found = shape.members.items()
    return {n: m for n, m in found if bool(m.metadata.get("exception")) is exceptions}


def empty_payload(shape: Any) -> dict[str, Any]:
    """Return the members that botocore adds to an event without a payload."""
    members = shape.members.items()
    return {n: b"" for n, m in members if m.serialization.get("eventpayload")}
