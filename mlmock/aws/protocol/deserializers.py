"""One walk over a parsed JSON document that checks and decodes it in place.

A reader takes a JSON value and returns the parameter it stands for, or raises `Refused`, which
carries nothing: what is wrong, and where, is worked out afterwards by
`mlmock.aws.spec.validation`, on a request that is refused anyway. Readers are closures,
compiled once for every operation, and walk over what is there, not over what the shape could have.
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
"""Returns the parameter that a JSON value stands for. Among members, a type stands for any value of
that type, and `_Text` for a text that C code tests: neither costs a call of Python."""


class InvalidValue(Exception):  # noqa: N818 - a signal between two rooms, never shown
    """A value doesn't fit its shape."""


def deserializer_for(shape: Any, timestamps: str = "unixTimestamp") -> Deserializer:
    """Return the reader of a botocore `shape`; `timestamps` is the place's default format."""
    return _called(_Readers(timestamps).of(shape))


class _Readers:
    """The readers of one operation; recursive shapes find themselves by name."""

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
        reader = self._known[shape.name] = self._compile(shape)
        self._open.discard(shape.name)
        return reader

    def _compile(self, shape: Any) -> Deserializer:
        kind = shape.type_name
        if kind == "structure":
            return self._structure(shape)
        if kind == "list":
            return list_reader(self.of(shape.member), constraints_of(shape))
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


def scalar_reader(shape: Any) -> Deserializer:
    """Return the reader of a string, number, boolean or blob `shape`."""
    return _called(_scalar(shape))


def _scalar(shape: Any) -> Deserializer:
    kind, limits = shape.type_name, constraints_of(shape)
    if kind == "blob":
        return _blob(limits)
    if kind == "boolean":
        return bool
    if kind in INTEGERS:
        return _integer(RANGES[kind], limits)
    if kind in FLOATS:
        return _double(limits)
    return _string(limits)


def _called(read: Deserializer) -> Deserializer:
    """Return `read` as something to call, where it is a type."""
    if type(read) is not type:
        return read

    def just(value: Any) -> Any:
        if type(value) is not read:
            raise InvalidValue
        return value

    return just


def _anything(value: Any) -> Any:
    return value


def _structure(members: dict[str, Deserializer], required: tuple[str, ...]) -> Deserializer:
    find = members.get

    def structure(value: Any) -> Any:
        if type(value) is not dict:
            raise InvalidValue
        strangers = None
        for name, item in value.items():
            read, kind = find(name), type(item)
            if read is kind:
                continue
            if read is None or item is None:
                strangers = [name] if strangers is None else [*strangers, name]
            elif kind is str and type(read) is _Text:
                if not read.holds(item):
                    raise InvalidValue
            elif type(read) is type:
                raise InvalidValue
            else:
                value[name] = read(item)
        if strangers is not None:
            _drop(value, strangers)
        for name in required:
            if name not in value:
                raise InvalidValue
        return value

    return structure


def _drop(value: dict[str, Any], names: Iterable[str]) -> None:
    """Take out what the service ignores: unknown members, and null, which means not given."""
    for name in names:
        del value[name]


class _Union:
    """The reader of a union; a list of them is read in one call, since content is made of them."""

    __slots__ = ("_find", "_structure")

    def __init__(self, members: dict[str, Deserializer]) -> None:
        self._find = members.get
        self._structure = _structure(members, ())

    def __call__(self, value: Any) -> Any:
        self.all([value])
        return value

    def all(self, values: Any) -> Any:
        """Read each of a list of values in its place."""
        if type(values) is not list:
            raise InvalidValue
        find = self._find
        for value in values:
            if type(value) is not dict or len(value) != 1:
                self._one_of_many(value)
                continue
            for name, item in value.items():
                read = find(name)
                if read is type(item):
                    continue
                if read is None or item is None or type(read) is type:
                    raise InvalidValue
                value[name] = read(item)
        return values

    def _one_of_many(self, value: Any) -> None:
        """Read a union that null or unknown members stand in, too."""
        if len(self._structure(value)) != 1:
            raise InvalidValue


def _renaming(read: Deserializer, renamed: dict[str, str]) -> Deserializer:
    def structure(value: Any) -> Any:
        return {renamed.get(name, name): item for name, item in read(value).items()}

    return structure


def _sized(value: Any, limits: Constraints) -> None:
    size = len(value)
    if limits.least is not None and size < limits.least:
        raise InvalidValue
    if limits.most is not None and size > limits.most:
        raise InvalidValue


def list_reader(read: Deserializer, limits: Constraints) -> Deserializer:
    """Return the reader of a list whose items `read` reads."""
    limited, nullable = limits.any, read is _anything
    if type(read) is _Union:
        return _sized_list(read.all, limits) if limited else read.all
    read = _called(read)

    def items(value: Any) -> Any:
        if type(value) is not list:
            raise InvalidValue
        if limited:
            _sized(value, limits)
        for place, item in enumerate(value):
            if item is None and not nullable:
                raise InvalidValue
            value[place] = read(item)
        return value

    return items


def _sized_list(read: Deserializer, limits: Constraints) -> Deserializer:
    def items(value: Any) -> Any:
        if type(value) is list:
            _sized(value, limits)
        return read(value)

    return items


def _map(read_key: Deserializer, read: Deserializer, limits: Constraints) -> Deserializer:
    limited, nullable = limits.any, read is _anything
    read_key, read = _called(read_key), _called(read)

    def entries(value: Any) -> Any:
        if type(value) is not dict:
            raise InvalidValue
        if limited:
            _sized(value, limits)
        for key, item in value.items():
            if item is None and not nullable:
                raise InvalidValue
            read_key(key)
            value[key] = read(item)
        return value

    return entries


class _Text:
    """The reader of a text that has limits: `holds` says whether a text keeps to them."""

    __slots__ = ("holds",)

    def __init__(self, holds: Callable[[str], Any]) -> None:
        self.holds = holds

    def __call__(self, value: Any) -> Any:
        if type(value) is not str or not self.holds(value):
            raise InvalidValue
        return value


def _string(limits: Constraints) -> Deserializer:
    if not limits.any:
        return str
    enum = limits.enum
    test = string_validator(limits)
    if not enum:
        return _Text(test)
    if not limits.least and limits.most is None and limits.fits is None:
        return _Text(enum.__contains__)
    return _Text(lambda value: value in enum and test(value))


def _integer(held: tuple[int, int], limits: Constraints) -> Deserializer:
    least = held[0] if limits.least is None else max(held[0], limits.least)
    most = held[1] if limits.most is None else min(held[1], limits.most)

    def integer(value: Any) -> Any:
        if type(value) is not int or value < least or value > most:
            raise InvalidValue
        return value

    return integer


def _double(limits: Constraints) -> Deserializer:
    least = float("-inf") if limits.least is None else limits.least
    most = float("inf") if limits.most is None else limits.most
    limited = limits.any

    def number(value: Any) -> Any:
        try:
            found = double(value)
        except ValueError:
            raise InvalidValue from None
        if limited and not least <= found <= most:
            raise InvalidValue
        return found

    return number


def _timestamp(parse: Callable[[Any], Any]) -> Deserializer:
    def timestamp(value: Any) -> Any:
        try:
            return parse(value)
        except (ValueError, TypeError):
            raise InvalidValue from None

    return timestamp


def _blob(limits: Constraints) -> Deserializer:
    def blob(value: Any) -> Any:
        try:
            found = base64.b64decode(value, validate=True)
        except (ValueError, TypeError, binascii.Error):
            raise InvalidValue from None
        _sized(found, limits)
        return found

    return blob
