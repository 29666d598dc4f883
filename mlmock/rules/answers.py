"""What a rule may answer, and the check of it against the service's model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mlmock.aws.protocol.errors import COMMON_ERRORS, error_shape
from mlmock.aws.protocol.rest_json import Operation
from mlmock.aws.spec.constraints import (
    FLOATS,
    INTEGERS,
    LENGTH_OF,
    constraints_of,
    is_document,
    is_union,
)
from mlmock.errors import InvalidRule, hide_traceback
from mlmock.rules.matchers import abbreviate_repr

__tracebackhide__ = hide_traceback
_STATUSES = range(400, 600)


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """A service error as an answer; InvalidRule for what no service can send."""

    code: str
    message: str | None = None
    status: int | None = None
    members: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        code: object = self.code
        message: object = self.message
        if not isinstance(code, str) or not code:
            raise InvalidRule(f"an error's code is a text like 'ValidationError', not {code!r}")
        if message is not None and not isinstance(message, str):
            raise InvalidRule(f"an error's message is a text, not {message!r}")
        if self.status is not None and self.status not in _STATUSES:
            raise InvalidRule(f"an error's status is one from 400 to 599, not {self.status!r}")


@dataclass(frozen=True, slots=True)
class OutputAnswer:
    """Every member of an operation's answer, by name."""

    members: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ConnectionFailureAnswer:
    """The connection fails: `kind` is read_timeout, connect_timeout, drop or unreachable."""

    kind: str


@dataclass(frozen=True, slots=True)
class DefaultAnswer:
    """Whatever would have been answered without the rule."""


@dataclass(frozen=True, slots=True)
class Deferred:
    """An answer that user code makes: the router runs `work` and goes on with `then`."""

    work: Callable[[], Any]
    then: Callable[[Any], Any]


def error(code: str, message: str | None = None, **members: Any) -> ErrorAnswer:
    """Return a service error as one of a rule's answers: its code, text and other members."""
    return ErrorAnswer(code, message, members.pop("status", None), members)


def output(**members: Any) -> OutputAnswer:
    """Return all members of an answer, for an operation whose answer is a payload."""
    return OutputAnswer(members)


# -- results: what an answer means for an operation ------------------------------------------


def to_result(plan: Operation, answer: Any) -> dict[str, Any]:
    """Return the members that `answer` stands for in an answer of `plan`, checked; or InvalidRule."""
    if isinstance(answer, OutputAnswer):
        result = dict(answer.members)
    elif plan.event_stream is not None:
        result = {**_stream_type(plan), str(plan.output_payload): _events(plan, answer)}
    elif plan.output_payload is not None:
        result = _payload_result(plan, answer)
    elif isinstance(answer, Mapping):
        result = dict(answer)
    else:
        raise InvalidRule(_needs_members(plan, answer))
    validate_result(plan, result)
    return result


def _needs_members(plan: Operation, answer: Any) -> str:
    names = ", ".join(plan.model.output_shape.members) or "none"
    return f"{plan} answers with members ({names}), not with {abbreviate_repr(answer)}"


def _payload_result(plan: Operation, answer: Any) -> dict[str, Any]:
    shape = plan.model.output_shape
    payload = str(plan.output_payload)
    if shape.members[payload].type_name != "blob":
        return {payload: answer}
    if isinstance(answer, (bytes, bytearray, memoryview, str)):
        body, content_type = answer, default_content_type(answer)
    else:
        body, content_type = _as_json(plan, answer), "application/json"
    result = {payload: body}
    for name, member in shape.members.items():
        if member.serialization.get("name", "").lower() == "content-type":
            result[name] = content_type
    return result


def default_content_type(body: Any) -> str:
    """Return the content type that a payload answers with unless a rule says another (judged)."""
    if _is_json(body):
        return "application/json"
    return "text/plain; charset=utf-8" if isinstance(body, str) else "application/octet-stream"


def _is_json(body: Any) -> bool:
    start = bytes(body[:1]) if not isinstance(body, str) else body[:1].encode()
    if start not in (b"{", b"["):
        return False
    try:
        json.loads(body if isinstance(body, str) else bytes(body))
    except ValueError:
        return False
    return True


def _as_json(plan: Operation, answer: Any) -> bytes:
    try:
        return json.dumps(answer, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError) as fault:
        raise InvalidRule(
            f"{plan} answers JSON here, and {abbreviate_repr(answer)} has none: {fault}"
        ) from None


def _stream_type(plan: Operation) -> dict[str, str]:
    """Return the content type of the events, where the answer has to say it in a header."""
    shape = plan.model.output_shape
    headers = {name: shape.members[name].serialization for name in shape.required_members}
    return {
        name: "application/json"
        for name, place in headers.items()
        if place.get("location") == "header" and place["name"].lower().endswith("content-type")
    }


def _events(plan: Operation, answer: Any) -> Iterable[Any]:
    if isinstance(answer, (str, bytes, Mapping)) or not isinstance(answer, Iterable):
        raise InvalidRule(
            f"{plan} answers with a list or generator of events, not {abbreviate_repr(answer)}"
        )
    if isinstance(answer, (list, tuple)):
        return [_event(plan, item) for item in answer]
    return _lazy_events(plan, answer)


def _lazy_events(plan: Operation, events: Iterable[Any]) -> Iterator[Any]:
    for item in events:
        event = _event(plan, item)
        if not isinstance(event, BaseException):
            _validate(_stream_shape(plan), event, str(plan.output_payload))
        yield event


def _stream_shape(plan: Operation) -> Any:
    return plan.model.output_shape.members[plan.output_payload]


def _event(plan: Operation, item: Any) -> Any:
    """Return `item` as an event: bytes are those of the stream's only kind of blob event."""
    if not isinstance(item, (bytes, bytearray, str)):
        return item
    for name, shape in _stream_shape(plan).members.items():
        for member, inner in shape.members.items():
            if inner.type_name == "blob" and not shape.metadata.get("exception"):
                return {name: {member: item.encode() if isinstance(item, str) else bytes(item)}}
    raise InvalidRule(f"{plan} streams structured events, and {abbreviate_repr(item)} is none")


# -- the check --------------------------------------------------------------------------------


def validate_result(plan: Operation, result: Mapping[str, Any]) -> None:
    """Raise InvalidRule, with the path, if `result` isn't what the model lets `plan` answer."""
    shape = plan.model.output_shape
    if shape is None:
        return
    lazily = plan.output_payload if plan.event_stream is not None else None
    rest = {name: value for name, value in result.items() if name != lazily}
    for name in shape.required_members:
        if name not in result:
            raise InvalidRule(f"{plan}: the answer needs {name}")
    _check_members(shape, rest, f"{plan}:")
    if lazily is not None and isinstance(result.get(lazily), list):
        for place, event in enumerate(result[lazily]):
            if not isinstance(event, BaseException):
                _validate(_stream_shape(plan), event, f"{plan}: {lazily}[{place}]")


def validate_error(plan: Operation, answer: ErrorAnswer) -> None:
    """Raise InvalidRule unless `plan` can send the error, or the answer gives a status for it."""
    shape = error_shape(plan.model, answer.code)
    if shape is None:
        if answer.status is None and answer.code not in COMMON_ERRORS:
            names = ", ".join(s.name for s in plan.model.error_shapes)
            raise InvalidRule(
                f"{plan} has no error {answer.code}. It models {names}; "
                f"any other code needs status=, as in status=400."
            )
        return
    for name in shape.required_members:
        if name.lower() != "message" and name not in answer.members:
            raise InvalidRule(f"{plan}: {answer.code} needs {name}=")
    _check_members(shape, answer.members, f"{plan}: {answer.code}:")


def _check_members(shape: Any, value: Mapping[str, Any], path: str) -> None:
    for name, item in value.items():
        if name not in shape.members:
            names = ", ".join(shape.members) or "none"
            raise InvalidRule(f"{path.rstrip(':')}: there is no member {name}; there are {names}")
        _validate(shape.members[name], item, _joined(path, name))


def _joined(path: str, name: str) -> str:
    """Return the path of a member: of an operation's answer, ``service.Operation: Member``."""
    return f"{path} {name}" if path.endswith(":") else f"{path}.{name}"


def _validate(shape: Any, value: Any, path: str) -> None:
    if is_document(shape):
        return
    _check_type(shape, value, path)
    kind = shape.type_name
    if kind == "structure":
        _check_structure(shape, value, path)
    elif kind == "list":
        for place, item in enumerate(value):
            _validate(shape.member, item, f"{path}[{place}]")
    elif kind == "map":
        for key, item in value.items():
            _validate(shape.key, key, f"{path}.{key}")
            _validate(shape.value, item, f"{path}.{key}")
    _check_limits(shape, value, path)


def _check_structure(shape: Any, value: Mapping[str, Any], path: str) -> None:
    _check_members(shape, value, path)
    for name in shape.required_members:
        if name not in value:
            raise InvalidRule(f"{_joined(path, name)} is required")
    if is_union(shape) and len(value) != 1:
        names = ", ".join(shape.members)
        raise InvalidRule(f"{path}: exactly one of {names} is to be set, not {len(value)}")


_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (Mapping,),
    "map": (Mapping,),
    "list": (list, tuple),
    "string": (str,),
    "boolean": (bool,),
    "timestamp": (datetime,),
    "blob": (bytes, bytearray, memoryview, str),
    **dict.fromkeys(INTEGERS, (int,)),
    **dict.fromkeys(FLOATS, (int, float)),
}


def _check_type(shape: Any, value: Any, path: str) -> None:
    wanted = _TYPES[shape.type_name]
    number = shape.type_name in INTEGERS | FLOATS
    if not isinstance(value, wanted) or (number and isinstance(value, bool)):
        names = " or ".join(kind.__name__ for kind in wanted[:2])
        raise InvalidRule(f"{path} takes {names}, not {abbreviate_repr(value)}")


def _check_limits(shape: Any, value: Any, path: str) -> None:
    limits = constraints_of(shape)
    if not limits.any or shape.type_name == "structure":
        return
    size = len(value) if shape.type_name in LENGTH_OF else value
    what = "length" if shape.type_name in LENGTH_OF else "value"
    if limits.least is not None and size < limits.least:
        raise InvalidRule(f"{path}: the {what} is {size}, and at least {limits.least} is asked for")
    if limits.most is not None and size > limits.most:
        raise InvalidRule(f"{path}: the {what} is {size}, and at most {limits.most} is allowed")
    if limits.enum and value not in limits.enum:
        names = ", ".join(shape.metadata["enum"])
        raise InvalidRule(f"{path} takes one of {names}, not {abbreviate_repr(value)}")
    if limits.fits is not None and limits.fits(value) is None:
        pattern = shape.metadata["pattern"]
        raise InvalidRule(f"{path}: {abbreviate_repr(value)} doesn't fit the pattern {pattern}")


class Result(dict[str, Any]):
    """The members of an answer that has been checked where it was written."""
