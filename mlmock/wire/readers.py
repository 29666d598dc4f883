"""One walk over a parsed JSON document that checks and decodes it in place.

A reader takes a JSON value and returns the parameter it stands for, or raises `Refused`, which
carries nothing: what is wrong, and where, is worked out afterwards by `mlmock.check`, on a request
that is refused anyway. Readers are closures, compiled once for every operation, and walk over what
is there, not over what the shape could have.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from typing import Any

from mlmock.wire.limits import FLOATS, INTEGERS, Limits, is_document, is_union, limits_of
from mlmock.wire.numbers import RANGES, double
from mlmock.wire.timestamps import PARSERS, format_of

Reader = Callable[[Any], Any]


class Refused(Exception):  # noqa: N818 - a signal between two rooms, never shown
    """A value doesn't fit its shape."""


def reader_of(shape: Any, timestamps: str = "unixTimestamp") -> Reader:
    """Return the reader of a botocore `shape`; `timestamps` is the place's default format."""
    return _Readers(timestamps).of(shape)


class _Readers:
    """The readers of one operation; recursive shapes find themselves by name."""

    def __init__(self, timestamps: str) -> None:
        self._timestamps = timestamps
        self._known: dict[str, Reader] = {}
        self._open: set[str] = set()

    def of(self, shape: Any) -> Reader:
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

    def _compile(self, shape: Any) -> Reader:
        kind = shape.type_name
        if kind == "structure":
            return self._structure(shape)
        if kind == "list":
            return list_reader(self.of(shape.member), limits_of(shape))
        if kind == "map":
            return _map(self.of(shape.key), self.of(shape.value), limits_of(shape))
        return scalar_reader(shape)

    def _structure(self, shape: Any) -> Reader:
        members: dict[str, Reader] = {}
        renamed: dict[str, str] = {}
        for name, member in shape.members.items():
            wire_name = member.serialization.get("name", name)
            members[wire_name] = self.of(member)
            if wire_name != name:
                renamed[wire_name] = name
        back = {name: wire for wire, name in renamed.items()}
        required = tuple(back.get(name, name) for name in shape.required_members)
        read = _union(members) if is_union(shape) else _structure(members, required)
        return _renaming(read, renamed) if renamed else read


def scalar_reader(shape: Any) -> Reader:
    """Return the reader of a string, number, boolean or blob `shape`."""
    kind, limits = shape.type_name, limits_of(shape)
    if kind == "blob":
        return _blob(limits)
    if kind == "boolean":
        return _boolean
    if kind in INTEGERS:
        return _integer(RANGES[kind], limits)
    if kind in FLOATS:
        return _double(limits)
    return _string(limits)


def _anything(value: Any) -> Any:
    return value


def _boolean(value: Any) -> Any:
    if value is True or value is False:
        return value
    raise Refused


def _structure(members: dict[str, Reader], required: tuple[str, ...]) -> Reader:
    find = members.get

    def structure(value: Any) -> Any:
        if type(value) is not dict:
            raise Refused
        strangers = None
        for name, item in value.items():
            read = find(name)
            if read is None or item is None:
                strangers = [name] if strangers is None else [*strangers, name]
            else:
                value[name] = read(item)
        if strangers is not None:
            _drop(value, strangers)
        for name in required:
            if name not in value:
                raise Refused
        return value

    return structure


def _drop(value: dict[str, Any], names: Iterable[str]) -> None:
    """Take out what the service ignores: unknown members, and null, which means not given."""
    for name in names:
        del value[name]


def _union(members: dict[str, Reader]) -> Reader:
    structure = _structure(members, ())

    def union(value: Any) -> Any:
        if len(structure(value)) != 1:
            raise Refused
        return value

    return union


def _renaming(read: Reader, renamed: dict[str, str]) -> Reader:
    def structure(value: Any) -> Any:
        return {renamed.get(name, name): item for name, item in read(value).items()}

    return structure


def _sized(value: Any, limits: Limits) -> None:
    size = len(value)
    if limits.least is not None and size < limits.least:
        raise Refused
    if limits.most is not None and size > limits.most:
        raise Refused


def list_reader(read: Reader, limits: Limits) -> Reader:
    """Return the reader of a list whose items `read` reads."""
    limited, nullable = limits.any, read is _anything

    def items(value: Any) -> Any:
        if type(value) is not list:
            raise Refused
        if limited:
            _sized(value, limits)
        for place, item in enumerate(value):
            if item is None and not nullable:
                raise Refused
            value[place] = read(item)
        return value

    return items


def _map(read_key: Reader, read: Reader, limits: Limits) -> Reader:
    limited, nullable = limits.any, read is _anything

    def entries(value: Any) -> Any:
        if type(value) is not dict:
            raise Refused
        if limited:
            _sized(value, limits)
        for key, item in value.items():
            if item is None and not nullable:
                raise Refused
            read_key(key)
            value[key] = read(item)
        return value

    return entries


def _string(limits: Limits) -> Reader:
    if not limits.any:
        return _plain_string
    least, most, enum, fits = limits.least or 0, limits.most, limits.enum, limits.fits

    def string(value: Any) -> Any:
        if type(value) is not str or len(value) < least:
            raise Refused
        if most is not None and len(value) > most:
            raise Refused
        if enum and value not in enum:
            raise Refused
        if fits is not None and fits(value) is None:
            raise Refused
        return value

    return string


def _plain_string(value: Any) -> Any:
    if type(value) is not str:
        raise Refused
    return value


def _integer(held: tuple[int, int], limits: Limits) -> Reader:
    least = held[0] if limits.least is None else max(held[0], limits.least)
    most = held[1] if limits.most is None else min(held[1], limits.most)

    def integer(value: Any) -> Any:
        if type(value) is not int or value < least or value > most:
            raise Refused
        return value

    return integer


def _double(limits: Limits) -> Reader:
    least = float("-inf") if limits.least is None else limits.least
    most = float("inf") if limits.most is None else limits.most
    limited = limits.any

    def number(value: Any) -> Any:
        try:
            found = double(value)
        except ValueError:
            raise Refused from None
        if limited and not least <= found <= most:
            raise Refused
        return found

    return number


def _timestamp(parse: Callable[[Any], Any]) -> Reader:
    def timestamp(value: Any) -> Any:
        try:
            return parse(value)
        except (ValueError, TypeError):
            raise Refused from None

    return timestamp


def _blob(limits: Limits) -> Reader:
    def blob(value: Any) -> Any:
        try:
            found = base64.b64decode(value, validate=True)
        except (ValueError, TypeError, binascii.Error):
            raise Refused from None
        _sized(found, limits)
        return found

    return blob
