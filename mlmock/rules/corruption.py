"""Answers that arrive broken: what a rule can do to bytes on their way to the caller.

The service has done its work by then, and its state has moved: only the answer suffers.
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
STREAM_KINDS = ("cut", "checksum", "stall", "drop")


@dataclass(frozen=True, slots=True)
class Corruption:
    """What happens to an answer.

    `kind`: malformed, truncated, wrong_length (by `amount` bytes), or for event streams, after
    `amount` events: cut, checksum, stall, drop, or an `error` event.
    """

    kind: str
    amount: int = 0
    error: ErrorAnswer | None = None


def stream_corruption(how: Any, after: int) -> Corruption:
    """Return the damage that a rule's `break_stream` names; InvalidRule if there is none such."""
    if type(after) is not int or after < 0:
        raise InvalidRule(f"break_stream() takes a count of events as after=, not {after!r}")
    if isinstance(how, ErrorAnswer):
        return Corruption("error", after, how)
    if how not in STREAM_KINDS:
        names = ", ".join(map(repr, STREAM_KINDS))
        raise InvalidRule(f"a stream breaks by {names} or error(...), not by {how!r}")
    return Corruption(how, after)


def corrupt(
    plan: Operation, answer: HttpResponse, damage: Corruption, stall: Callable[[], Any]
) -> HttpResponse:
    """Return `answer` with the `damage` done; `stall` lets the caller's patience pass."""
    body = answer.body
    if not isinstance(body, bytes):
        frames = _MALFORMED if damage.kind == "malformed" else _broken(plan, body, damage, stall)
        return HttpResponse(answer.status, answer.headers, frames)
    if damage.kind == "malformed":
        return HttpResponse(answer.status, answer.headers, _NOT_JSON)
    if damage.kind == "truncated":
        return _with_length(answer, body[: len(body) // 2], len(body))
    if damage.kind == "wrong_length":
        said = max(0, len(body) + damage.amount)
        return _with_length(answer, body[:said], said)
    return answer


_MALFORMED = (_NOT_JSON,)


def _with_length(answer: HttpResponse, body: bytes, length: int) -> HttpResponse:
    headers = {**answer.headers, "Content-Length": str(length)}
    return HttpResponse(answer.status, headers, body, broken=length > len(body))


def _broken(
    plan: Operation, frames: Iterable[bytes], damage: Corruption, stall: Callable[[], Any]
) -> Iterator[bytes]:
    rest = iter(frames)
    yield from islice(rest, damage.amount)
    kind = damage.kind
    if kind == "error" and damage.error is not None and plan.event_stream is not None:
        fault = damage.error
        yield plan.event_stream.exception(ServiceError(fault.code, fault.message, **fault.members))
    elif kind == "stall":
        stall()
        raise ConnectionFailure("read_timeout")
    elif kind == "drop":
        raise ConnectionFailure("drop")
    else:
        yield from _corrupt_frame(next(rest, b""), kind)


def _corrupt_frame(frame: bytes, kind: str) -> Iterator[bytes]:
    """Yield half of a message, or all of it with its last checksum wrong."""
    if frame:
        yield frame[: len(frame) // 2] if kind == "cut" else frame[:-1] + bytes([frame[-1] ^ 255])


def validate_corruption(plans: Iterable[Operation], damage: Corruption) -> None:
    """Raise InvalidRule unless one of `plans` can suffer the damage."""
    of_streams = damage.kind in (*STREAM_KINDS, "error")
    streams = [plan for plan in plans if plan.event_stream is not None]
    if of_streams and not streams:
        raise InvalidRule("break_stream() is for operations that answer with an event stream")
    if damage.error is not None:
        for plan in streams[:1]:
            _check_stream_error(plan, damage.error)


def _check_stream_error(plan: Operation, error: ErrorAnswer) -> None:
    shape = plan.model.output_shape.members[plan.output_payload]
    names = [name for name, member in shape.members.items() if member.metadata.get("exception")]
    if error.code[:1].lower() + error.code[1:] not in [n[:1].lower() + n[1:] for n in names]:
        validate_error(plan, error)
        raise InvalidRule(f"a stream of {plan} breaks with {', '.join(names)}, not {error.code}")
