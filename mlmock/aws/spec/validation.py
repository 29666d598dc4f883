"""The wordy walk: every fault of a refused request, in AWS's wording, in one message.

Runs only after a reader has refused. Two kinds of fault come out: a value of the wrong JSON type,
which AWS cannot even read (SerializationException), and a value that breaks a constraint of the
model (the service's validation error). The wording of the constraints is as seen on the wire: an
element of a list, and a key or value of a map, is reported where the whole stands, with every rule
that holds for it; a sensitive value, a blob and a structure are not repeated. The wording of wrong
types and of unions is judged.
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
    """One constraint that a request breaks: where, with what value, and which."""

    path: str
    value: str
    constraint: str

    def __str__(self) -> str:
        shown = f"Value {self.value}" if self.value else "Value"
        return f"{shown} at '{self.path}' failed to satisfy constraint: {self.constraint}"


class WrongType(Exception):  # noqa: N818 - becomes a SerializationException
    """A JSON value of a type that its shape can't be read from."""


_LONGEST = 1024  # what a message repeats of a value (judged: the services' messages end there)
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
_WANTED: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "boolean": (bool,),
}
NAMES = {  # what messages call a type of the model
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


def format_violations(faults: list[Violation]) -> str:
    """Return the message of a validation error that lists all `faults`."""
    count = len(faults)
    noun = "error" if count == 1 else "errors"
    return f"{count} validation {noun} detected: " + "; ".join(map(str, faults))


def lower_camel(name: str) -> str:
    """Return a member's name as the messages write it."""
    return name[:1].lower() + name[1:]


def find_violations(shape: Any, value: Any, path: str, timestamps: str) -> Iterator[Violation]:
    """Yield what is wrong with a raw JSON `value` of `shape`; WrongType if it can't be read."""
    return _faults(shape, value, _Cursor(path, timestamps))


def missing(path: str) -> Violation:
    """Return the fault of a required member that isn't there."""
    return Violation(path, "null", _NOT_NULL)


# -- the walk ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Where the walk stands: the path so far, the timestamps' format, whether values may show."""

    path: str
    timestamps: str
    hidden: bool = False

    def at(self, step: str) -> _Cursor:
        path = f"{self.path}.{step}" if self.path else step
        return _Cursor(path, self.timestamps, self.hidden)

    def within(self, shape: Any) -> _Cursor:
        hidden = self.hidden or bool(shape.metadata.get("sensitive"))
        return _Cursor(self.path, self.timestamps, hidden)


def _faults(shape: Any, value: Any, place: _Cursor) -> Iterator[Violation]:
    if is_document(shape):
        return
    if value is None:
        yield missing(place.path)
        return
    _check_type(shape, value, place.timestamps)
    shown = _shown(shape, value, place)
    for rule in _violated_constraints(shape, value):
        yield Violation(place.path, shown, rule)
    yield from _inner_faults(shape, value, place)


def _inner_faults(shape: Any, value: Any, place: _Cursor) -> Iterator[Violation]:
    place = place.within(shape)
    if shape.type_name == "structure":
        yield from _structure_faults(shape, value, place)
    elif shape.type_name == "list":
        steps = [f"{number}.member" for number in range(1, len(value) + 1)]
        yield from _element_violations(shape.member, value, _shown(shape, value, place), place)
        yield from _validate_items(shape.member, zip(steps, value, strict=True), place)
    elif shape.type_name == "map":
        shown = _shown(shape, value, place)
        yield from _element_violations(shape.key, list(value), shown, place, "Map keys")
        yield from _element_violations(shape.value, value.values(), shown, place, "Map value")
        steps = [f"{key}.member" for key in value]
        yield from _validate_items(shape.value, zip(steps, value.values(), strict=True), place)


def _structure_faults(shape: Any, value: Any, place: _Cursor) -> Iterator[Violation]:
    given = 0
    for name, member in shape.members.items():
        item = value.get(member.serialization.get("name", name))
        given += item is not None
        if item is not None:
            yield from _faults(member, item, place.at(lower_camel(name)))
        elif name in shape.required_members:
            yield missing(place.at(lower_camel(name)).path)
    if is_union(shape) and given != 1:
        choices = ", ".join(map(lower_camel, shape.members))
        rule = f"Member must have exactly one of its members set: [{choices}]"
        yield Violation(place.path, "", rule)


def _element_violations(
    shape: Any, items: Iterable[Any], shown: str, place: _Cursor, who: str = "Member"
) -> Iterator[Violation]:
    """Yield the fault that elements have in themselves: one, however many of them have it."""
    if is_document(shape):
        return
    present = [item for item in items if item is not None]
    for item in present:
        _check_type(shape, item, place.timestamps)
    rules = _rules(shape) if any(_violated_constraints(shape, item) for item in present) else []
    if len(present) < len(list(items)):
        rules = [*rules, _NOT_NULL]
    if rules:
        yield Violation(place.path, shown, f"{who} must satisfy constraint: [{', '.join(rules)}]")


def _validate_items(
    shape: Any, steps: Iterable[tuple[str, Any]], place: _Cursor
) -> Iterator[Violation]:
    if shape.type_name not in _CONTAINERS or is_document(shape):
        return
    for step, item in steps:
        if item is not None:
            yield from _inner_faults(shape, item, place.at(step))


# -- rules of one value -----------------------------------------------------------------------


def _violated_constraints(shape: Any, value: Any) -> list[str]:
    """Return the rules of `shape` that `value` breaks, the least last as the services have it."""
    limits = constraints_of(shape)
    if not limits.any:
        return []
    most, least, enum, pattern = _texts(shape)
    size = _size(shape, value)
    tests = [
        (most, limits.most is None or size <= limits.most),
        (enum, not limits.enum or value in limits.enum),
        (pattern, limits.fits is None or limits.fits(value) is not None),
        (least, limits.least is None or size >= limits.least),
    ]
    return [text for text, holds in tests if not holds]


def _rules(shape: Any) -> list[str]:
    """Return every rule of `shape`, in the order in which the services list them."""
    return [text for text in _texts(shape) if text]


def _texts(shape: Any) -> tuple[str, str, str, str]:
    facts, limits = shape.metadata, constraints_of(shape)
    measure = "Member must have " + ("length" if shape.type_name in LENGTH_OF else "value")
    return (
        f"{measure} less than or equal to {limits.most}" if limits.most is not None else "",
        f"{measure} greater than or equal to {limits.least}" if limits.least is not None else "",
        f"Member must satisfy enum value set: [{', '.join(facts['enum'])}]" if limits.enum else "",
        f"Member must satisfy regular expression pattern: {facts['pattern']}"
        if limits.fits
        else "",
    )


def _size(shape: Any, value: Any) -> float:
    if shape.type_name == "blob":
        return len(base64.b64decode(value)) if type(value) is str else len(value)
    return float(len(value)) if shape.type_name in LENGTH_OF else float(value)


# -- types ------------------------------------------------------------------------------------


def _check_type(shape: Any, value: Any, timestamps: str) -> None:
    if not _readable(shape, value, timestamps):
        if shape.type_name == "timestamp":
            raise WrongType(f"Unable to parse date : {_text(value)[:_LONGEST]}")
        kind = _JSON_TYPES[type(value)] if value is not False else "FALSE_VALUE"
        raise WrongType(f"{kind} can not be converted to {NAMES[shape.type_name]}")


def _readable(shape: Any, value: Any, timestamps: str) -> bool:
    kind = shape.type_name
    try:
        if kind == "timestamp":
            PARSERS[format_of(shape, timestamps)](value)
        elif kind == "blob":
            return type(value) is bytes or _is_base64(value)  # bytes: a payload, which is no JSON
        elif kind in FLOATS:
            double(value)
        elif kind in INTEGERS:
            return type(value) is int and RANGES[kind][0] <= value <= RANGES[kind][1]
        else:
            return type(value) in _WANTED.get(kind, (str,))
    except (ValueError, TypeError):
        return False
    return True


def _is_base64(value: Any) -> bool:
    try:
        base64.b64decode(value, validate=True)
    except (ValueError, TypeError, binascii.Error):
        return False
    return True


# -- what a message shows ---------------------------------------------------------------------


def _shown(shape: Any, value: Any, place: _Cursor) -> str:
    if place.hidden or not _is_loggable(shape):
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
