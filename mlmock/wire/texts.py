"""Members that travel as text: in the path, the query and the headers."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mlmock.wire.limits import FLOATS, INTEGERS
from mlmock.wire.readers import Reader, Refused, reader_of, scalar_reader
from mlmock.wire.timestamps import WRITERS, format_of

DEFAULT_FORMATS = {"header": "rfc822", "querystring": "iso8601", "uri": "iso8601"}


@dataclass(frozen=True, slots=True)
class TextMember:
    """One member of a request: its name, its name on the wire, and how its text is read.

    `raw` turns the text into the JSON value that it stands for (ValueError if it stands for none),
    for the messages; `read` checks and decodes at once.
    """

    name: str
    wire_name: str
    shape: Any
    raw: Callable[[str], Any]
    read: Callable[[str], Any]


def text_member(name: str, shape: Any, location: str) -> TextMember:
    """Compile the member `name` of botocore `shape` at `location` (uri, querystring, header)."""
    raw = _raw_of(shape)
    wire_name = shape.serialization.get("name", name)
    if location == "header":
        wire_name = wire_name.lower()
    return TextMember(name, wire_name, shape, raw, _read_of(shape, raw, location))


def _read_of(shape: Any, raw: Callable[[str], Any], location: str) -> Reader:
    if shape.type_name == "timestamp":
        return reader_of(shape, DEFAULT_FORMATS[location])
    checked = scalar_reader(shape)
    if raw is str:
        return checked

    def read(text: str) -> Any:
        try:
            return checked(raw(text))
        except ValueError:
            raise Refused from None

    return read


def _raw_of(shape: Any) -> Callable[[str], Any]:
    if shape.type_name in INTEGERS:
        return int
    if shape.type_name in FLOATS:
        return float
    if shape.type_name == "boolean":
        return _boolean
    if shape.serialization.get("jsonvalue"):
        return lambda text: base64.b64decode(text).decode()
    return str


def _boolean(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError(text)
    return text == "true"


def text_of(shape: Any, value: Any, location: str) -> str:
    """Return `value` as the header or label text of `shape`."""
    if isinstance(value, datetime):
        return str(WRITERS[format_of(shape, DEFAULT_FORMATS[location])](value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if shape.serialization.get("jsonvalue"):
        return base64.b64encode(json.dumps(value).encode()).decode()
    return str(value)
