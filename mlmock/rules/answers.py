"""Answers of rules: what a rule can return, and its validation against the service model."""

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
    """An answer that is a service error.

    Raises:
        InvalidRule: No service can send such a code, message or status.
    """

    code: str
    message: str | None = None
    status: int | None = None
    members: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        code: object = self.code
        message: object = self.message
        if not isinstance(code, str) or not code:
            raise InvalidRule(
                f"the code of an error must be a string such as 'ValidationError', not {code!r}"
            )
        if message is not None and not isinstance(message, str):
            raise InvalidRule(f"the message of an error must be a string, not {message!r}")
        if self.status is not None and self.status not in _STATUSES:
            raise InvalidRule(
                f"the status of an error must be an integer from 400 to 599, not {self.status!r}"
            )


@dataclass(frozen=True, slots=True)
class OutputAnswer:
    """An answer that names every member of the output."""

    members: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ConnectionFailureAnswer:
    """An answer that fails the connection.

    `kind` is read_timeout, connect_timeout, drop or unreachable.
    """

    kind: str


@dataclass(frozen=True, slots=True)
class DefaultAnswer:
    """The answer that the service would have given without the rule."""


@dataclass(frozen=True, slots=True)
class Deferred:
    """An answer that requires a user callable.

    `dispatch` runs `work` and passes the result to `then`.
    """

    work: Callable[[], Any]
    then: Callable[[Any], Any]


class Result(dict[str, Any]):
    """The members of an answer that was validated when the rule was written."""


def error(code: str, message: str | None = None, **members: Any) -> ErrorAnswer:
    """Return a service error for use among the answers of a rule.

    Args:
        code: The error code, such as ``"ThrottlingException"``.
        message: The text of the error.
        members: Further modeled members of the error, and `status`, the HTTP status.

    Raises:
        InvalidRule: No service can send such a code, message or status.
    """
    return ErrorAnswer(code, message, members.pop("status", None), members)


def output(**members: Any) -> OutputAnswer:
    """Return an answer with every member, for an operation whose output has a payload."""
    return OutputAnswer(members)


# -- results: the members that an answer means for an operation ------------------------------


def to_result(operation: Operation, answer: Any) -> dict[str, Any]:
    """Return the members of the output of `operation` for `answer`.

    Args:
        operation: The operation that is answered.
        answer: What the test author wrote: a payload, events, members or `output(...)`.

    Raises:
        InvalidRule: The service model does not allow the answer.
    """
    if isinstance(answer, OutputAnswer):
        result = dict(answer.members)
    elif operation.event_stream is not None:
        events = _events(operation, answer)
        result = {**_stream_content_type(operation), str(operation.output_payload): events}
    elif operation.output_payload is not None:
        result = _payload_result(operation, answer)
    elif isinstance(answer, Mapping):
        result = dict(answer)
    else:
        raise InvalidRule(_members_required(operation, answer))
    validate_result(operation, result)
    return result


def _members_required(operation: Operation, answer: Any) -> str:
    names = ", ".join(operation.model.output_shape.members) or "none"
    return (
        f"the answer of {operation} must be a dict of its members ({names}), "
        f"not {abbreviate_repr(answer)}"
    )


def _payload_result(operation: Operation, answer: Any) -> dict[str, Any]:
    shape = operation.model.output_shape
    payload = str(operation.output_payload)
    if shape.members[payload].type_name != "blob":
        return {payload: answer}
    if isinstance(answer, (bytes, bytearray, memoryview, str)):
        body, content_type = answer, default_content_type(answer)
    else:
        body, content_type = _as_json(operation, answer), "application/json"
    result = {payload: body}
    for name, member in shape.members.items():
        if member.serialization.get("name", "").lower() == "content-type":
            result[name] = content_type
    return result


def default_content_type(body: Any) -> str:
    """Return the content type of a payload for which the rule gives none.

    Assumption: the type follows from the content: JSON, text or other bytes.
    """
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


def _as_json(operation: Operation, answer: Any) -> bytes:
    try:
        return json.dumps(answer, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise InvalidRule(
            f"{operation} returns JSON, and {abbreviate_repr(answer)} cannot be encoded: {error}"
        ) from None


def _stream_content_type(operation: Operation) -> dict[str, str]:
    """Return the content type of the events, if a required header of the output holds it."""
    shape = operation.model.output_shape
    headers = {name: shape.members[name].serialization for name in shape.required_members}
    return {
        name: "application/json"
        for name, serialization in headers.items()
        if serialization.get("location") == "header"
        and serialization["name"].lower().endswith("content-type")
    }


def _events(operation: Operation, answer: Any) -> Iterable[Any]:
    if isinstance(answer, (str, bytes, Mapping)) or not isinstance(answer, Iterable):
        raise InvalidRule(
            f"the answer of {operation} must be a list or generator of events, "
            f"not {abbreviate_repr(answer)}"
        )
    if isinstance(answer, (list, tuple)):
        return [_event(operation, item) for item in answer]
    return _lazy_events(operation, answer)


def _lazy_events(operation: Operation, events: Iterable[Any]) -> Iterator[Any]:
    for item in events:
        event = _event(operation, item)
        if not isinstance(event, BaseException):
            _validate(_stream_shape(operation), event, str(operation.output_payload))
        yield event


def _stream_shape(operation: Operation) -> Any:
    return operation.model.output_shape.members[operation.output_payload]


def _event(operation: Operation, item: Any) -> Any:
    """Return `item` as an event. Bytes become the blob event of the stream."""
    if not isinstance(item, (bytes, bytearray, str)):
        return item
    for name, shape in _stream_shape(operation).members.items():
        for member, inner in shape.members.items():
            if inner.type_name == "blob" and not shape.metadata.get("exception"):
                return {name: {member: item.encode() if isinstance(item, str) else bytes(item)}}
    raise InvalidRule(f"an event of {operation} must be a dict, not {abbreviate_repr(item)}")


# -- validation -------------------------------------------------------------------------------


def validate_result(operation: Operation, result: Mapping[str, Any]) -> None:
    """Raise InvalidRule, with the path, if the service model does not allow `result`.

    Args:
        operation: The operation that returns the result.
        result: The members of its output.

    Raises:
        InvalidRule: A member is missing, unknown, or violates a constraint.
    """
    shape = operation.model.output_shape
    if shape is None:
        return
    stream = operation.output_payload if operation.event_stream is not None else None
    rest = {name: value for name, value in result.items() if name != stream}
    for name in shape.required_members:
        if name not in result:
            raise InvalidRule(f"{operation}: the answer lacks the required member {name}")
    _check_members(shape, rest, f"{operation}:")
    if stream is not None and isinstance(result.get(stream), list):
        for index, event in enumerate(result[stream]):
            if not isinstance(event, BaseException):
                _validate(_stream_shape(operation), event, f"{operation}: {stream}[{index}]")


def validate_error(operation: Operation, answer: ErrorAnswer) -> None:
    """Raise InvalidRule unless `operation` can send the error.

    Args:
        operation: The operation that fails.
        answer: The error. A code that the service does not model requires a status.

    Raises:
        InvalidRule: The code is unknown, or a member is missing, unknown or invalid.
    """
    shape = error_shape(operation.model, answer.code)
    if shape is None:
        if answer.status is None and answer.code not in COMMON_ERRORS:
            raise InvalidRule(_unknown_error(operation, answer.code))
        return
    for name in shape.required_members:
        if name.lower() != "message" and name not in answer.members:
            raise InvalidRule(f"{operation}: {answer.code} requires {name}=")
    _check_members(shape, answer.members, f"{operation}: {answer.code}:")


def _unknown_error(operation: Operation, code: str) -> str:
    names = ", ".join(shape.name for shape in operation.model.error_shapes)
    return (
        f"{operation} has no error {code!r}. Its errors are {names}. "
        "To send any other code, add a status, for example status=400."
    )


def _check_members(shape: Any, value: Mapping[str, Any], path: str) -> None:
    for name, item in value.items():
        if name not in shape.members:
            names = ", ".join(shape.members) or "none"
            raise InvalidRule(
                f"{path.rstrip(':')} has no member {name!r}; its members are: {names}"
            )
        _validate(shape.members[name], item, _joined(path, name))


def _joined(path: str, name: str) -> str:
    """Return the path of a member: ``service.Operation: Member.Member``."""
    return f"{path} {name}" if path.endswith(":") else f"{path}.{name}"


def _validate(shape: Any, value: Any, path: str) -> None:
    if is_document(shape):
        return
    _check_type(shape, value, path)
    kind = shape.type_name
    if kind == "structure":
        _check_structure(shape, value, path)
    elif kind == "list":
        for index, item in enumerate(value):
            _validate(shape.member, item, f"{path}[{index}]")
    elif kind == "map":
        for key, item in value.items():
            _validate(shape.key, key, f"{path}.{key}")
            _validate(shape.value, item, f"{path}.{key}")
    _check_constraints(shape, value, path)


def _check_structure(shape: Any, value: Mapping[str, Any], path: str) -> None:
    _check_members(shape, value, path)
    for name in shape.required_members:
        if name not in value:
            raise InvalidRule(f"{_joined(path, name)} is required")
    if is_union(shape) and len(value) != 1:
        names = ", ".join(shape.members)
        raise InvalidRule(f"{path}: exactly one of {names} must be set, not {len(value)}")


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
    expected = _TYPES[shape.type_name]
    number = shape.type_name in INTEGERS | FLOATS
    if not isinstance(value, expected) or (number and isinstance(value, bool)):
        names = " or ".join(kind.__name__ for kind in expected[:2])
        raise InvalidRule(f"{path} must be of type {names}, not {abbreviate_repr(value)}")


def _check_constraints(shape: Any, value: Any, path: str) -> None:
    limits = constraints_of(shape)
    if not limits.any or shape.type_name == "structure":
        return
    size = len(value) if shape.type_name in LENGTH_OF else value
    what = "length" if shape.type_name in LENGTH_OF else "value"
    if limits.least is not None and size < limits.least:
        raise InvalidRule(f"{path}: the {what} must be at least {limits.least}, not {size}")
    if limits.most is not None and size > limits.most:
        raise InvalidRule(f"{path}: the {what} must be at most {limits.most}, not {size}")
    if limits.enum and value not in limits.enum:
        names = ", ".join(shape.metadata["enum"])
        raise InvalidRule(f"{path} must be one of {names}, not {abbreviate_repr(value)}")
    if limits.fits is not None and limits.fits(value) is None:
        pattern = shape.metadata["pattern"]
        raise InvalidRule(f"{path}: {abbreviate_repr(value)} does not match the pattern {pattern}")
