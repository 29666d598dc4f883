"""Deserializers: one traversal of a parsed JSON document that validates and converts it in place.

A deserializer takes a JSON value and returns the parameter, or raises `InvalidValue`, which has no
details: `mlmock.aws.spec.validation` finds them afterwards, for the rejected request alone.
Deserializers are closures that are compiled once for each operation. They traverse the members of
the value, not those of the shape.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from typing import Any

from mlmock.aws.spec.constraints import (
    FLOATS,
    INTEGERS,
    Constraints,
    constraints_of,
    is_document,
    is_union,
    string_validator,
)
from mlmock.aws.spec.numbers import RANGES, double
from mlmock.aws.spec.timestamps import PARSERS, format_of

Deserializer = Callable[[Any], Any]
"""Converts a JSON value to a parameter. Among members, a type accepts any value of that type, and
`_Text` a text that C code tests: neither calls a Python function."""


class InvalidValue(Exception):  # noqa: N818 - a signal that no user sees
    """A value does not fit its shape."""


def deserializer_for(shape: Any, timestamps: str = "unixTimestamp") -> Deserializer:
    """Return the deserializer of a botocore `shape`.

    Args:
        shape: The shape.
        timestamps: The default timestamp format of the protocol at this location.
    """
    return _as_function(_Compiler(timestamps).of(shape))


class _Compiler:
    """The deserializers of one operation. Recursive shapes refer to themselves by name."""

    def __init__(self, timestamps: str) -> None:
        self._timestamps = timestamps
        self._known: dict[str, Deserializer] = {}
        self._open: set[str] = set()

    def of(self, shape: Any) -> Deserializer:
        if is_document(shape):
            return _anything
        if shape.type_name == "timestamp":  # each member may have its own format
            return _timestamp(PARSERS[format_of(shape, self._timestamps)])
        if shape.name in self._known:
            return self._known[shape.name]
        if shape.name in self._open:
            return lambda value: self._known[shape.name](value)
        self._open.add(shape.name)
        deserializer = self._known[shape.name] = self._compile(shape)
        self._open.discard(shape.name)
        return deserializer

    def _compile(self, shape: Any) -> Deserializer:
        kind = shape.type_name
        if kind == "structure":
            return self._structure(shape)
        if kind == "list":
            return list_deserializer(self.of(shape.member), constraints_of(shape))
        if kind == "map":
            return _map(self.of(shape.key), self.of(shape.value), constraints_of(shape))
        return _scalar(shape)

    def _structure(self, shape: Any) -> Deserializer:
        members: dict[str, Deserializer] = {}
        renamed: dict[str, str] = {}
        for name, member in shape.members.items():
            wire_name = member.serialization.get("name", name)
            members[wire_name] = self.of(member)
            if wire_name != name:
                renamed[wire_name] = name
        back = {name: wire for wire, name in renamed.items()}
        required = tuple(back.get(name, name) for name in shape.required_members)
        read = _Union(members) if is_union(shape) else _structure(members, required)
        return _renaming(read, renamed) if renamed else read


def scalar_deserializer(shape: Any) -> Deserializer:
    """Return the deserializer of a string, number, boolean or blob `shape`."""
    return _as_function(_scalar(shape))


def _scalar(shape: Any) -> Deserializer:
    kind, constraints = shape.type_name, constraints_of(shape)
    if kind == "blob":
        return _blob(constraints)
    if kind == "boolean":
        return bool
    if kind in INTEGERS:
        return _integer(RANGES[kind], constraints)
    if kind in FLOATS:
        return _double(constraints)
    return _string(constraints)


def _as_function(read: Deserializer) -> Deserializer:
    """Return `read` as a function if it is a type."""
    if type(read) is not type:
        return read

    def exact(value: Any) -> Any:
        if type(value) is not read:
            raise InvalidValue
        return value

    return exact


def _anything(value: Any) -> Any:
    return value


def _structure(members: dict[str, Deserializer], required: tuple[str, ...]) -> Deserializer:
    find = members.get

    def structure(value: Any) -> Any:
        if type(value) is not dict:
            raise InvalidValue
        ignored = None
        for name, item in value.items():
            read, kind = find(name), type(item)
            if read is kind:
                continue
            if read is None or item is None:
                ignored = [name] if ignored is None else [*ignored, name]
            elif kind is str and type(read) is _Text:
                if not read.holds(item):
                    raise InvalidValue
            elif type(read) is type:
                raise InvalidValue
            else:
                value[name] = read(item)
        if ignored is not None:
            _drop(value, ignored)
        for name in required:
            if name not in value:
                raise InvalidValue
        return value

    return structure


def _drop(value: dict[str, Any], names: Iterable[str]) -> None:
    """Remove what the service ignores: unknown members, and null, which means absent."""
    for name in names:
        del value[name]


class _Union:
    """The deserializer of a union; it converts a list of unions in one call."""

    __slots__ = ("_find", "_structure")

    def __init__(self, members: dict[str, Deserializer]) -> None:
        self._find = members.get
        self._structure = _structure(members, ())

    def __call__(self, value: Any) -> Any:
        self.all([value])
        return value

    def all(self, values: Any) -> Any:
        """Convert each value of a list in place."""
        if type(values) is not list:
            raise InvalidValue
        find = self._find
        for value in values:
            if type(value) is not dict or len(value) != 1:
                self._convert_with_extras(value)
                continue
            for name, item in value.items():
                read = find(name)
                if read is type(item):
                    continue
                if read is None or item is None or type(read) is type:
                    raise InvalidValue
                value[name] = read(item)
        return values

    def _convert_with_extras(self, value: Any) -> None:
        """Convert a union that also has null or unknown members."""
        if len(self._structure(value)) != 1:
            raise InvalidValue


def _renaming(read: Deserializer, renamed: dict[str, str]) -> Deserializer:
    def structure(value: Any) -> Any:
        return {renamed.get(name, name): item for name, item in read(value).items()}

    return structure


def _sized(value: Any, constraints: Constraints) -> None:
    size = len(value)
    if constraints.least is not None and size < constraints.least:
        raise InvalidValue
    if constraints.most is not None and size > constraints.most:
        raise InvalidValue


def list_deserializer(read: Deserializer, constraints: Constraints) -> Deserializer:
    """Return the deserializer of a list whose items `read` converts."""
    limited, nullable = constraints.any, read is _anything
    if type(read) is _Union:
        return _sized_list(read.all, constraints) if limited else read.all
    read = _as_function(read)

    def items(value: Any) -> Any:
        if type(value) is not list:
            raise InvalidValue
        if limited:
            _sized(value, constraints)
        for index, item in enumerate(value):
            if item is None and not nullable:
                raise InvalidValue
            value[index] = read(item)
        return value

    return items


def _sized_list(read: Deserializer, constraints: Constraints) -> Deserializer:
    def items(value: Any) -> Any:
        if type(value) is list:
            _sized(value, constraints)
        return read(value)

    return items


def _map(read_key: Deserializer, read: Deserializer, constraints: Constraints) -> Deserializer:
    limited, nullable = constraints.any, read is _anything
    read_key, read = _as_function(read_key), _as_function(read)

    def entries(value: Any) -> Any:
        if type(value) is not dict:
            raise InvalidValue
        if limited:
            _sized(value, constraints)
        for key, item in value.items():
            if item is None and not nullable:
                raise InvalidValue
            read_key(key)
            value[key] = read(item)
        return value

    return entries


class _Text:
    """The deserializer of a text with constraints; `holds` tests them."""

    __slots__ = ("holds",)

    def __init__(self, holds: Callable[[str], Any]) -> None:
        self.holds = holds

    def __call__(self, value: Any) -> Any:
        if type(value) is not str or not self.holds(value):
            raise InvalidValue
        return value


def _string(constraints: Constraints) -> Deserializer:
    if not constraints.any:
        return str
    enum = constraints.enum
    test = string_validator(constraints)
    if not enum:
        return _Text(test)
    if not constraints.least and constraints.most is None and constraints.fits is None:
        return _Text(enum.__contains__)
    return _Text(lambda value: value in enum and test(value))


def _integer(bounds: tuple[int, int], constraints: Constraints) -> Deserializer:
    least = bounds[0] if constraints.least is None else max(bounds[0], constraints.least)
    most = bounds[1] if constraints.most is None else min(bounds[1], constraints.most)

    def integer(value: Any) -> Any:
        if type(value) is not int or value < least or value > most:
            raise InvalidValue
        return value

    return integer


def _double(constraints: Constraints) -> Deserializer:
    least = float("-inf") if constraints.least is None else constraints.least
    most = float("inf") if constraints.most is None else constraints.most
    limited = constraints.any

    def number(value: Any) -> Any:
        try:
            result = double(value)
        except ValueError:
            raise InvalidValue from None
        if limited and not least <= result <= most:
            raise InvalidValue
        return result

    return number


def _timestamp(parse: Callable[[Any], Any]) -> Deserializer:
    def timestamp(value: Any) -> Any:
        try:
            return parse(value)
        except (ValueError, TypeError):
            raise InvalidValue from None

    return timestamp


def _blob(constraints: Constraints) -> Deserializer:
    def blob(value: Any) -> Any:
        try:
            result = base64.b64decode(value, validate=True)
        except (ValueError, TypeError, binascii.Error):
            raise InvalidValue from None
        _sized(result, constraints)
        return result

    return blob
