"""Full validation: every violation of a rejected request, in one message in AWS's wording.

It runs only after a deserializer has rejected the request. There are two kinds of result: a value
of the wrong JSON type, which AWS cannot parse (SerializationException), and violations of the
model's constraints (the validation error of the service). An element of a list, or a key or value
of a map, is reported at the path of the container, with every constraint of the element. Sensitive
values, blobs and structures are not repeated.

Source: recorded responses. Assumption: the wording of wrong types and of unions.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from mlmock.aws.spec.constraints import (
    FLOATS,
    INTEGERS,
    LENGTH_OF,
    constraints_of,
    is_document,
    is_union,
)
from mlmock.aws.spec.numbers import RANGES, double
from mlmock.aws.spec.timestamps import PARSERS, format_of


@dataclass(frozen=True, slots=True)
class Violation:
    """A violated constraint: the path, the value and the constraint."""

    path: str
    value: str
    constraint: str

    def __str__(self) -> str:
        displayed = f"Value {self.value}" if self.value else "Value"
        return f"{displayed} at '{self.path}' failed to satisfy constraint: {self.constraint}"


class WrongType(Exception):  # noqa: N818 - becomes a SerializationException
    """A JSON value whose type does not fit its shape."""


# The length at which a message cuts a value (assumption).
_LONGEST = 1024
_NOT_NULL = "Member must not be null"
_CONTAINERS = frozenset({"structure", "list", "map"})
_JSON_TYPES: dict[type, str] = {
    str: "STRING_VALUE",
    int: "NUMBER_VALUE",
    float: "DECIMAL_VALUE",
    bool: "TRUE_VALUE",
    list: "START_ARRAY",
    dict: "START_OBJECT",
}
_EXPECTED: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "boolean": (bool,),
}
NAMES = {  # the names of types in messages
    "string": "a String",
    "integer": "an Integer",
    "long": "a Long",
    "float": "a Float",
    "double": "a Double",
    "boolean": "a Boolean",
    "timestamp": "a Timestamp",
    "blob": "a Blob",
    "list": "a List",
    "map": "a Map",
    "structure": "a Structure",
}


def format_violations(violations: list[Violation]) -> str:
    """Return the message of a validation error with all `violations`."""
    count = len(violations)
    noun = "error" if count == 1 else "errors"
    return f"{count} validation {noun} detected: " + "; ".join(map(str, violations))


def lower_camel(name: str) -> str:
    """Return the name of a member as messages spell it."""
    return name[:1].lower() + name[1:]


def find_violations(shape: Any, value: Any, path: str, timestamps: str) -> Iterator[Violation]:
    """Yield the violations of a JSON value.

    Args:
        shape: The botocore shape of the value.
        value: The parsed JSON, not yet converted.
        path: The path of the value in the request.
        timestamps: The default timestamp format of the protocol.

    Raises:
        WrongType: A value has a JSON type that its shape does not accept.
    """
    return _violations(shape, value, _Cursor(path, timestamps))


def missing(path: str) -> Violation:
    """Return the violation of a missing required member."""
    return Violation(path, "null", _NOT_NULL)


# -- traversal ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Cursor:
    """A position in the value: its path, the timestamp format, whether values are hidden."""

    path: str
    timestamps: str
    hidden: bool = False

    def at(self, step: str) -> _Cursor:
        path = f"{self.path}.{step}" if self.path else step
        return _Cursor(path, self.timestamps, self.hidden)

    def within(self, shape: Any) -> _Cursor:
        hidden = self.hidden or bool(shape.metadata.get("sensitive"))
        return _Cursor(self.path, self.timestamps, hidden)


def _violations(shape: Any, value: Any, cursor: _Cursor) -> Iterator[Violation]:
    if is_document(shape):
        return
    if value is None:
        yield missing(cursor.path)
        return
    _check_type(shape, value, cursor.timestamps)
    displayed = _displayed(shape, value, cursor)
    for rule in _violated_constraints(shape, value):
        yield Violation(cursor.path, displayed, rule)
    yield from _inner_violations(shape, value, cursor)


def _inner_violations(shape: Any, value: Any, cursor: _Cursor) -> Iterator[Violation]:
    cursor = cursor.within(shape)
    if shape.type_name == "structure":
        yield from _structure_violations(shape, value, cursor)
    elif shape.type_name == "list":
        steps = [f"{number}.member" for number in range(1, len(value) + 1)]
        yield from _element_violations(
            shape.member, value, _displayed(shape, value, cursor), cursor
        )
        yield from _validate_items(shape.member, zip(steps, value, strict=True), cursor)
    elif shape.type_name == "map":
        displayed = _displayed(shape, value, cursor)
        yield from _element_violations(shape.key, list(value), displayed, cursor, "Map keys")
        yield from _element_violations(shape.value, value.values(), displayed, cursor, "Map value")
        steps = [f"{key}.member" for key in value]
        yield from _validate_items(shape.value, zip(steps, value.values(), strict=True), cursor)


def _structure_violations(shape: Any, value: Any, cursor: _Cursor) -> Iterator[Violation]:
    given = 0
    for name, member in shape.members.items():
        item = value.get(member.serialization.get("name", name))
        given += item is not None
        if item is not None:
            yield from _violations(member, item, cursor.at(lower_camel(name)))
        elif name in shape.required_members:
            yield missing(cursor.at(lower_camel(name)).path)
    if is_union(shape) and given != 1:
        choices = ", ".join(map(lower_camel, shape.members))
        rule = f"Member must have exactly one of its members set: [{choices}]"
        yield Violation(cursor.path, "", rule)


def _element_violations(
    shape: Any, items: Iterable[Any], displayed: str, cursor: _Cursor, who: str = "Member"
) -> Iterator[Violation]:
    """Yield the violations of elements: at most one, however many elements have it."""
    if is_document(shape):
        return
    present = [item for item in items if item is not None]
    for item in present:
        _check_type(shape, item, cursor.timestamps)
    rules = (
        _constraint_texts(shape)
        if any(_violated_constraints(shape, item) for item in present)
        else []
    )
    if len(present) < len(list(items)):
        rules = [*rules, _NOT_NULL]
    if rules:
        yield Violation(
            cursor.path, displayed, f"{who} must satisfy constraint: [{', '.join(rules)}]"
        )


def _validate_items(
    shape: Any, steps: Iterable[tuple[str, Any]], cursor: _Cursor
) -> Iterator[Violation]:
    if shape.type_name not in _CONTAINERS or is_document(shape):
        return
    for step, item in steps:
        if item is not None:
            yield from _inner_violations(shape, item, cursor.at(step))


# -- rules of one value -----------------------------------------------------------------------


def _violated_constraints(shape: Any, value: Any) -> list[str]:
    """Return the violated constraints in the order of the services: the minimum comes last."""
    constraints = constraints_of(shape)
    if not constraints.any:
        return []
    most, least, enum, pattern = _messages(shape)
    size = _size(shape, value)
    tests = [
        (most, constraints.most is None or size <= constraints.most),
        (enum, not constraints.enum or value in constraints.enum),
        (pattern, constraints.fits is None or constraints.fits(value) is not None),
        (least, constraints.least is None or size >= constraints.least),
    ]
    return [text for text, holds in tests if not holds]


def _constraint_texts(shape: Any) -> list[str]:
    """Return all constraints of `shape` in the order of the services."""
    return [text for text in _messages(shape) if text]


def _messages(shape: Any) -> tuple[str, str, str, str]:
    metadata, constraints = shape.metadata, constraints_of(shape)
    measure = "Member must have " + ("length" if shape.type_name in LENGTH_OF else "value")
    return (
        f"{measure} less than or equal to {constraints.most}"
        if constraints.most is not None
        else "",
        f"{measure} greater than or equal to {constraints.least}"
        if constraints.least is not None
        else "",
        f"Member must satisfy enum value set: [{', '.join(metadata['enum'])}]"
        if constraints.enum
        else "",
        f"Member must satisfy regular expression pattern: {metadata['pattern']}"
        if constraints.fits
        else "",
    )


def _size(shape: Any, value: Any) -> float:
    if shape.type_name == "blob":
        return len(base64.b64decode(value)) if type(value) is str else len(value)
    return float(len(value)) if shape.type_name in LENGTH_OF else float(value)


# -- types ------------------------------------------------------------------------------------


def _check_type(shape: Any, value: Any, timestamps: str) -> None:
    if not _is_readable(shape, value, timestamps):
        if shape.type_name == "timestamp":
            raise WrongType(f"Unable to parse date : {_text(value)[:_LONGEST]}")
        kind = _JSON_TYPES[type(value)] if value is not False else "FALSE_VALUE"
        raise WrongType(f"{kind} can not be converted to {NAMES[shape.type_name]}")


def _is_readable(shape: Any, value: Any, timestamps: str) -> bool:
    kind = shape.type_name
    try:
        if kind == "timestamp":
            PARSERS[format_of(shape, timestamps)](value)
        elif kind == "blob":
            return type(value) is bytes or _is_base64(value)  # bytes: a payload that is not JSON
        elif kind in FLOATS:
            double(value)
        elif kind in INTEGERS:
            return type(value) is int and RANGES[kind][0] <= value <= RANGES[kind][1]
        else:
            return type(value) in _EXPECTED.get(kind, (str,))
    except (ValueError, TypeError):
        return False
    return True


def _is_base64(value: Any) -> bool:
    try:
        base64.b64decode(value, validate=True)
    except (ValueError, TypeError, binascii.Error):
        return False
    return True


# -- values in messages ---------------------------------------------------------------------


def _displayed(shape: Any, value: Any, cursor: _Cursor) -> str:
    if cursor.hidden or not _is_loggable(shape):
        return ""
    text = _text(value)
    return f"'{text}'" if len(text) <= _LONGEST else f"'{text[:_LONGEST]}...'"


def _is_loggable(shape: Any) -> bool:
    if shape.metadata.get("sensitive") or shape.type_name in {"blob", "structure"}:
        return False
    if shape.type_name == "list":
        return _is_loggable(shape.member)
    return shape.type_name != "map" or (_is_loggable(shape.key) and _is_loggable(shape.value))


def _text(value: Any) -> str:
    if type(value) is list:
        return f"[{', '.join(map(_text, value))}]"
    if type(value) is dict:
        return "{" + ", ".join(f"{key}={_text(item)}" for key, item in value.items()) + "}"
    if value is None or type(value) is bool:
        return str(value).lower().replace("none", "null")
    return str(value)
