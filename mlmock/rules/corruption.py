"""Corrupted responses: what a rule does to a response after the service has produced it.

The operation has run by then and its changes of state remain; only the response is corrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from mlmock.aws.protocol.messages import HttpResponse
from mlmock.aws.protocol.rest_json import Operation
from mlmock.errors import ConnectionFailure, InvalidRule, ServiceError, hide_traceback
from mlmock.rules.answers import ErrorAnswer, validate_error

__tracebackhide__ = hide_traceback
_NOT_JSON = b"<html><body>502 Bad Gateway</body></html>"
_MALFORMED = (_NOT_JSON,)
STREAM_KINDS = ("cut", "checksum", "stall", "drop")


@dataclass(frozen=True, slots=True)
class Corruption:
    """A way in which a response is corrupted.

    `kind` is malformed, truncated or wrong_length (by `amount` bytes), or for event streams, after
    `amount` events: cut, checksum, stall, drop or error (`error` is sent as an exception event).
    """

    kind: str
    amount: int = 0
    error: ErrorAnswer | None = None


def stream_corruption(how: Any, after: int) -> Corruption:
    """Return the corruption for the arguments of `Rule.break_stream`.

    Args:
        how: One of `STREAM_KINDS`, or an `ErrorAnswer`.
        after: The number of events that are sent intact.

    Raises:
        InvalidRule: There is no such corruption.
    """
    if type(after) is not int or after < 0:
        raise InvalidRule(
            f"break_stream() requires after= to be a non-negative number of events, not {after!r}"
        )
    if isinstance(how, ErrorAnswer):
        return Corruption("error", after, how)
    if how not in STREAM_KINDS:
        names = ", ".join(map(repr, STREAM_KINDS))
        raise InvalidRule(f"break_stream() requires one of {names} or error(...), not {how!r}")
    return Corruption(how, after)


def corrupt(
    operation: Operation, response: HttpResponse, corruption: Corruption, stall: Callable[[], Any]
) -> HttpResponse:
    """Return `response` with `corruption` applied.

    Args:
        operation: The operation that produced the response.
        response: The intact response.
        corruption: What to do to it.
        stall: Lets the read timeout of the client pass.
    """
    body, kind = response.body, corruption.kind
    if not isinstance(body, bytes):
        frames = _MALFORMED if kind == "malformed" else _broken(operation, body, corruption, stall)
        return HttpResponse(response.status, response.headers, frames)
    if kind == "malformed":
        return HttpResponse(response.status, response.headers, _NOT_JSON)
    if kind == "truncated":
        return _with_length(response, body[: len(body) // 2], len(body))
    if kind == "wrong_length":
        length = max(0, len(body) + corruption.amount)
        return _with_length(response, body[:length], length)
    return response


def _with_length(response: HttpResponse, body: bytes, length: int) -> HttpResponse:
    headers = {**response.headers, "Content-Length": str(length)}
    return HttpResponse(response.status, headers, body, broken=length > len(body))


def _broken(
    operation: Operation,
    frames: Iterable[bytes],
    corruption: Corruption,
    stall: Callable[[], Any],
) -> Iterator[bytes]:
    rest = iter(frames)
    yield from islice(rest, corruption.amount)
    kind, error = corruption.kind, corruption.error
    if kind == "error" and error is not None and operation.event_stream is not None:
        exception = ServiceError(error.code, error.message, **error.members)
        yield operation.event_stream.exception(exception)
    elif kind == "stall":
        stall()
        raise ConnectionFailure("read_timeout")
    elif kind == "drop":
        raise ConnectionFailure("drop")
    else:
        yield from _corrupt_frame(next(rest, b""), kind)


def _corrupt_frame(frame: bytes, kind: str) -> Iterator[bytes]:
    """Yield half of a message, or the message with an invalid checksum."""
    if frame:
        yield frame[: len(frame) // 2] if kind == "cut" else frame[:-1] + bytes([frame[-1] ^ 255])


def validate_corruption(operations: Iterable[Operation], corruption: Corruption) -> None:
    """Raise InvalidRule unless the corruption is possible for one of `operations`.

    Args:
        operations: The operations that the rule is for.
        corruption: The corruption of the rule.

    Raises:
        InvalidRule: It is for event streams and no operation returns one, or the stream cannot
            send the error.
    """
    for_streams = corruption.kind in (*STREAM_KINDS, "error")
    streaming = [operation for operation in operations if operation.event_stream is not None]
    if for_streams and not streaming:
        raise InvalidRule("break_stream() is only for operations that return an event stream")
    if corruption.error is not None:
        for operation in streaming[:1]:
            _check_stream_error(operation, corruption.error)


def _check_stream_error(operation: Operation, error: ErrorAnswer) -> None:
    shape = operation.model.output_shape.members[operation.output_payload]
    names = [name for name, member in shape.members.items() if member.metadata.get("exception")]
    if _lower_first(error.code) not in map(_lower_first, names):
        validate_error(operation, error)
        raise InvalidRule(
            f"the event stream of {operation} can send {', '.join(names)}, not {error.code}"
        )


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]
