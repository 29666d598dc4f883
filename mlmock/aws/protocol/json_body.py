"""JSON bodies: parsing and serialization."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from mlmock.aws.spec.constraints import is_document
from mlmock.aws.spec.numbers import finite
from mlmock.aws.spec.timestamps import WRITERS, format_of


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


_decode = json.JSONDecoder(parse_constant=_no_constant, parse_float=finite).decode
# The number of levels of a JSON body (assumption: no request has as many).
MAX_DEPTH = 256


def parse_json(body: bytes) -> Any:
    """Return the parsed JSON of `body`.

    Raises:
        ValueError: `body` is not JSON, has a number beyond a double, or more than `MAX_DEPTH`
            levels.
    """
    try:
        found = _decode(body.decode())
    except RecursionError as fault:
        raise ValueError("nested too deeply") from fault
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and not _is_shallow(body):
        _limit_depth(found)
    return found


def _is_shallow(body: bytes) -> bool:
    """Return whether a count of brackets shows that no level is too deep.

    It counts slice by slice. If a text contains a bracket, a quote is left over: the answer is
    False, and the parsed document has to be traversed.
    """
    if len(body) > _MAX_COUNTED or (b"\\" in body and b'\\"' in body):
        return False
    brackets = body.translate(None, _OTHER_BYTES).replace(b'""', b"")
    depth = 0
    for at in range(0, len(brackets), _SLICE):
        part = brackets[at : at + _SLICE]
        opened = part.count(b"{") + part.count(b"[")
        if depth + opened > MAX_DEPTH:
            return False
        depth += 2 * opened - len(part)
    return b'"' not in brackets


_MAX_COUNTED, _SLICE = 65536, 64
_OTHER_BYTES = bytes(set(range(256)) - set(b'[]{}"'))


def _limit_depth(found: Any) -> None:
    level = [found]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _containers(outer)]
        if not level:
            return
    raise ValueError("nested too deeply")


def _containers(value: Any) -> list[Any]:
    if type(value) is dict:
        value = value.values()
    elif type(value) is not list:
        return []
    return [item for item in value if type(item) in _CONTAINERS]


_CONTAINERS = (dict, list)


def json_text(value: Any) -> bytes:
    """Return a JSON value in compact form as UTF-8."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


Serializer = Callable[[Any], bytes]


def serializer_for(shape: Any, timestamps: str = "unixTimestamp") -> Serializer:
    """Return the JSON serializer of a botocore `shape`, which is one pass of the C encoder.

    If the model renames members or mixes timestamp formats, results are converted first.
    """
    formats = set(_formats(shape, timestamps, set()))
    if len(formats) <= 1 and not _renames(shape, set()):
        return _encoder(WRITERS[formats.pop() if formats else timestamps])
    encode = _encoder(WRITERS[timestamps])
    return lambda value: encode(_converted(shape, value, timestamps))


@cache
def plain_serializer(timestamps: str = "unixTimestamp") -> Serializer:
    """Return the JSON serializer of values without a shape."""
    return _encoder(WRITERS[timestamps])


def _encoder(moment: Callable[[datetime], Any]) -> Serializer:
    def other(value: Any) -> Any:
        if isinstance(value, datetime):
            return moment(value)
        if isinstance(value, (bytes, bytearray, memoryview)):
            return base64.b64encode(value).decode()
        raise TypeError(f"{value!r} has no place in a JSON answer")

    chunks = _chunks_of(other, ascii_only=False)
    escaped = _chunks_of(other, ascii_only=True)

    def encode(value: Any) -> bytes:
        try:
            return "".join(chunks(value, 0)).encode()
        except UnicodeEncodeError:  # half a surrogate pair can only be escaped
            return "".join(escaped(value, 0)).encode()

    return encode


def _chunks_of(other: Callable[[Any], Any], *, ascii_only: bool) -> Callable[[Any, int], Any]:
    """Return an encoder. JSONEncoder.encode would make CPython's encoder anew for each call."""
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is not None:
        name = "encode_basestring_ascii" if ascii_only else "encode_basestring"
        text = getattr(json.encoder, name)
        found: Callable[[Any, int], Any]
        found = make(None, other, text, None, ":", ",", False, False, True)
        return found
    encoder = json.JSONEncoder(
        separators=(",", ":"), default=other, ensure_ascii=ascii_only, check_circular=False
    )
    return lambda value, _: encoder.iterencode(value)


def _children(shape: Any) -> list[Any]:
    if is_document(shape):
        return []
    if shape.type_name == "structure":
        return list(shape.members.values())
    if shape.type_name == "list":
        return [shape.member]
    return [shape.value] if shape.type_name == "map" else []


def _formats(shape: Any, default: str, seen: set[str]) -> list[str]:
    if shape.type_name == "timestamp":  # each member may have its own format
        return [format_of(shape, default)]
    if shape.name in seen:
        return []
    seen.add(shape.name)
    return [name for child in _children(shape) for name in _formats(child, default, seen)]


def _renames(shape: Any, seen: set[str]) -> bool:
    if shape.name in seen:
        return False
    seen.add(shape.name)
    members = shape.members.items() if shape.type_name == "structure" else ()
    own = any(m.serialization.get("name", n) != n for n, m in members if _in_body(m))
    return own or any(_renames(child, seen) for child in _children(shape))


def _in_body(shape: Any) -> bool:
    return "location" not in shape.serialization


def _converted(shape: Any, value: Any, timestamps: str) -> Any:
    if is_document(shape) or value is None:
        return value
    if shape.type_name == "structure":
        return {
            member.serialization.get("name", name): _converted(member, value[name], timestamps)
            for name, member in shape.members.items()
            if value.get(name) is not None
        }
    if shape.type_name == "list":
        return [_converted(shape.member, item, timestamps) for item in value]
    if shape.type_name == "map":
        return {key: _converted(shape.value, item, timestamps) for key, item in value.items()}
    if shape.type_name == "timestamp":
        return WRITERS[format_of(shape, timestamps)](value)
    return value
