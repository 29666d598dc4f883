"""The wordy walk: every fault of a refused request, in AWS's wording, in one message.

Runs only after a reader has refused. Two kinds of fault come out: a value of the wrong JSON type,
which AWS cannot even read (SerializationException), and a value that breaks a constraint of the
model (the service's validation error). The wording of the constraints is as seen on the wire; that
of wrong types and of unions is judged.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mlmock.wire.limits import (
    FLOATS,
    INTEGERS,
    LENGTH_OF,
    is_document,
    is_union,
    limits_of,
)
from mlmock.wire.timestamps import PARSERS, format_of


@dataclass(frozen=True, slots=True)
class Fault:
    """One constraint that a request breaks: where, with what value, and which."""

    path: str
    value: str
    constraint: str

    def __str__(self) -> str:
        shown = f"Value {self.value}" if self.value else "Value"
        return (
            f"{shown} at '{self.path}' failed to satisfy constraint: Member must {self.constraint}"
        )


class WrongType(Exception):  # noqa: N818 - becomes a SerializationException
    """A JSON value of a type that its shape can't be read from."""


_LONGEST = 1024  # what a message repeats of a value (judged: the services' messages end there)
_JSON_TYPES: dict[type, str] = {
    str: "STRING_VALUE",
    int: "NUMBER_VALUE",
    float: "DECIMAL_VALUE",
    bool: "TRUE_VALUE",
    list: "START_ARRAY",
    dict: "START_OBJECT",
}
_NAMES = {
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


def wording(faults: list[Fault]) -> str:
    """Return the message of a validation error that lists all `faults`."""
    count = len(faults)
    noun = "error" if count == 1 else "errors"
    return f"{count} validation {noun} detected: " + "; ".join(map(str, faults))


def lower_camel(name: str) -> str:
    """Return a member's name as the messages write it."""
    return name[:1].lower() + name[1:]


def faults_of(shape: Any, value: Any, path: str, timestamps: str) -> Iterator[Fault]:
    """Yield what is wrong with a raw JSON `value` of `shape`; WrongType if it can't be read."""
    if is_document(shape):
        return
    if value is None:
        yield missing(path)
        return
    _check_type(shape, value, timestamps)
    if shape.type_name == "structure":
        yield from _structure_faults(shape, value, path, timestamps)
        return
    yield from _limit_faults(shape, value, path)
    if shape.type_name == "list":
        yield from _list_faults(shape, value, path, timestamps)
    elif shape.type_name == "map":
        yield from _map_faults(shape, value, path, timestamps)


def missing(path: str) -> Fault:
    """Return the fault of a required member that isn't there."""
    return Fault(path, "null", "not be null")


def _structure_faults(shape: Any, value: Any, path: str, timestamps: str) -> Iterator[Fault]:
    prefix = f"{path}." if path else ""
    given = 0
    for name, member in shape.members.items():
        item = value.get(member.serialization.get("name", name))
        given += item is not None
        if item is not None:
            yield from faults_of(member, item, prefix + lower_camel(name), timestamps)
        elif name in shape.required_members:
            yield missing(prefix + lower_camel(name))
    if is_union(shape) and given != 1:
        yield Fault(path, "", "have exactly one of its members set: " + _choices(shape))


def _choices(shape: Any) -> str:
    return "[" + ", ".join(map(lower_camel, shape.members)) + "]"


def _list_faults(shape: Any, value: Any, path: str, timestamps: str) -> Iterator[Fault]:
    member = shape.member
    if member.type_name in {"structure", "list", "map"}:
        for place, item in enumerate(value, 1):
            yield from faults_of(member, item, f"{path}.{place}.member", timestamps)
        return
    constraints = [
        f"Member must {fault.constraint}"
        for item in value
        for fault in faults_of(member, item, path, timestamps)
    ]
    if constraints:
        shown = "" if shape.metadata.get("sensitive") else f"'[{', '.join(map(str, value))}]'"
        yield Fault(path, shown, f"satisfy constraint: [{', '.join(dict.fromkeys(constraints))}]")


def _map_faults(shape: Any, value: Any, path: str, timestamps: str) -> Iterator[Fault]:
    for key, item in value.items():
        for fault in faults_of(shape.key, key, path, timestamps):
            yield Fault(path, fault.value, f"satisfy constraint: [Member must {fault.constraint}]")
        yield from faults_of(shape.value, item, f"{path}.{key}.member", timestamps)


def _check_type(shape: Any, value: Any, timestamps: str) -> None:
    kind = shape.type_name
    wanted: tuple[type, ...] = {"structure": (dict,), "map": (dict,), "list": (list,)}.get(
        kind, (str,)
    )
    if kind in INTEGERS:
        wanted = (int,)
    elif kind in FLOATS:
        wanted = (int, float)
    elif kind == "boolean":
        wanted = (bool,)
    if kind == "timestamp":
        _check_timestamp(shape, value, timestamps)
    elif kind == "blob" and type(value) is bytes:
        return  # a payload, which is no JSON
    elif type(value) not in wanted or (kind == "blob" and not _is_base64(value)):
        raise WrongType(f"{_JSON_TYPES[type(value)]} can not be converted to {_NAMES[kind]}")


def _check_timestamp(shape: Any, value: Any, timestamps: str) -> None:
    try:
        PARSERS[format_of(shape, timestamps)](value)
    except (ValueError, TypeError) as fault:
        raise WrongType(f"Unable to parse date : {value}") from fault


def _is_base64(value: str) -> bool:
    try:
        base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error):
        return False
    return True


def _limit_faults(shape: Any, value: Any, path: str) -> Iterator[Fault]:
    limits = limits_of(shape)
    if not limits.any:
        return
    shown = _shown(shape, value)
    measure = "have length" if shape.type_name in LENGTH_OF else "have value"
    size = _size(shape, value)
    if limits.most is not None and size > limits.most:
        yield Fault(path, shown, f"{measure} less than or equal to {_figure(limits.most)}")
    if limits.least is not None and size < limits.least:
        yield Fault(path, shown, f"{measure} greater than or equal to {_figure(limits.least)}")
    if limits.enum and value not in limits.enum:
        names = ", ".join(shape.metadata["enum"])
        yield Fault(path, shown, f"satisfy enum value set: [{names}]")
    if limits.fits is not None and limits.fits(value) is None:
        pattern = shape.metadata["pattern"]
        yield Fault(path, shown, f"satisfy regular expression pattern: {pattern}")


def _size(shape: Any, value: Any) -> float:
    if shape.type_name == "blob":
        return len(base64.b64decode(value)) if type(value) is str else len(value)
    return float(len(value)) if shape.type_name in LENGTH_OF else float(value)


def _figure(limit: float) -> str:
    return str(int(limit)) if limit == int(limit) else str(limit)


def _shown(shape: Any, value: Any) -> str:
    if shape.metadata.get("sensitive") or shape.type_name == "blob":
        return ""
    text = f"[{', '.join(map(str, value))}]" if shape.type_name == "list" else str(value)
    return f"'{text}'" if len(text) <= _LONGEST else f"'{text[:_LONGEST]}...'"
