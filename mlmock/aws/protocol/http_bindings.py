"""HTTP bindings: members in the path, the query and the headers, which are texts."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mlmock.aws.protocol.deserializers import (
    Deserializer,
    InvalidValue,
    deserializer_for,
    list_deserializer,
    scalar_deserializer,
)
from mlmock.aws.protocol.json_body import parse_json
from mlmock.aws.spec import numbers
from mlmock.aws.spec.constraints import FLOATS, INTEGERS, constraints_of, is_document
from mlmock.aws.spec.timestamps import WRITERS, format_of

DEFAULT_FORMATS = {"header": "rfc822", "querystring": "iso8601", "uri": "iso8601"}


@dataclass(frozen=True, slots=True)
class TextMember:
    """A member of a request that is a text: its name, its name in HTTP, and its deserializers.

    `raw` converts the text to a JSON value for messages (ValueError if it cannot); `read` validates
    and converts. If `many`, both take the list of all texts of that name.
    """

    name: str
    wire_name: str
    shape: Any
    raw: Callable[[Any], Any]
    read: Callable[[Any], Any]
    many: bool = False


def text_member(name: str, shape: Any, location: str) -> TextMember:
    """Compile a member.

    Args:
        name: The name of the member.
        shape: Its botocore shape.
        location: ``uri``, ``querystring`` or ``header``.
    """
    wire_name = shape.serialization.get("name", name)
    if location == "header":
        wire_name = wire_name.lower()
    if shape.type_name == "list":
        return _list_member(name, wire_name, shape, location)
    raw = _raw_of(shape)
    return TextMember(name, wire_name, shape, raw, _read_of(shape, raw, location))


def _list_member(name: str, wire_name: str, shape: Any, location: str) -> TextMember:
    item = text_member(name, shape.member, location)
    read = list_deserializer(item.read, constraints_of(shape))

    def raw(texts: list[str]) -> list[Any]:
        return [item.raw(text) for text in texts]

    if location == "header":
        return TextMember(
            name, wire_name, shape, lambda text: raw(_split(text)), lambda text: read(_split(text))
        )
    return TextMember(name, wire_name, shape, raw, read, many=True)


class Prefixed:
    """A container of header names: exact ones, and all that start with a prefix."""

    def __init__(self, names: frozenset[str], prefixes: tuple[str, ...]) -> None:
        self._names = names
        self._prefixes = prefixes

    def __contains__(self, name: object) -> bool:
        return name in self._names or str(name).startswith(self._prefixes)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)


def prefixed_member(name: str, shape: Any) -> TextMember:
    """Compile a map of all headers with one prefix; it takes the headers of the request."""
    prefix = shape.serialization.get("name", "").lower()

    def raw(headers: Mapping[str, str]) -> dict[str, str]:
        start = len(prefix)
        return {key[start:]: text for key, text in headers.items() if key.startswith(prefix)}

    return TextMember(name, prefix, shape, raw, deserializer_for(shape))


def _read_of(shape: Any, raw: Callable[[str], Any], location: str) -> Deserializer:
    if is_document(shape):
        checked = deserializer_for(shape)
    elif shape.type_name == "timestamp":
        return deserializer_for(shape, DEFAULT_FORMATS[location])
    else:
        checked = scalar_deserializer(shape)
    if raw is str:
        return checked

    def read(text: str) -> Any:
        try:
            return checked(raw(text))
        except ValueError:
            raise InvalidValue from None

    return read


def _raw_of(shape: Any) -> Callable[[str], Any]:
    if shape.type_name in INTEGERS:
        return numbers.integer
    if shape.type_name in FLOATS:
        return numbers.decimal
    if shape.type_name == "boolean":
        return _boolean
    if is_document(shape):
        return lambda text: parse_json(base64.b64decode(text, validate=True))
    return str


def _boolean(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError(text)
    return text == "true"


def _split(text: str) -> list[str]:
    """Return the items of a list in a header; an item with a comma is in double quotes."""
    items, item, quoted = [], "", False
    pieces = iter(text)
    for piece in pieces:
        if piece == "\\" and quoted:
            item += next(pieces, "")
        elif piece == '"':
            quoted = not quoted
        elif piece == "," and not quoted:
            items.append(item.strip())
            item = ""
        else:
            item += piece
    return [*items, item.strip()]


def text_of(shape: Any, value: Any, location: str) -> str:
    """Return the text of `value` in a header, label or query."""
    if shape.serialization.get("jsonvalue"):
        return base64.b64encode(json.dumps(value).encode()).decode()
    if type(value) is str:
        return value
    if isinstance(value, datetime):
        return str(WRITERS[format_of(shape, DEFAULT_FORMATS[location])](value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(text_of(shape.member, item, location) for item in value)
    return str(value)
