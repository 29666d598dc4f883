"""Encodings of media in the JSON of providers, and of that JSON itself."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

_DATA_URI = re.compile(r"data:([\w.+-]+/[\w.+-]+)?(?:;[\w=-]+)*;base64,")


def decode_base64(data: str) -> bytes | None:
    """Return the bytes of base64 text, or None if it is not valid base64."""
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None


def encode_base64(data: bytes) -> str:
    """Return `data` as base64 text."""
    return base64.b64encode(data).decode()


def decode_data_uri(uri: str) -> tuple[str, bytes] | None:
    """Return the media type and the bytes of a ``data:`` URI, or None for any other text."""
    match = _DATA_URI.match(uri)
    if match is None:
        return None
    data = decode_base64(uri[match.end() :])
    return None if data is None else (match.group(1) or "text/plain", data)


def image_format(data: bytes) -> str | None:
    """Return the format of an image (png, jpeg, gif or webp) by its first bytes, or None."""
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return "png"
    if data[:3] == b"\xff\xd8\xff":
        return "jpeg"
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return "gif"
    return "webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def json_bytes(value: Any) -> bytes:
    """Return `value` as compact JSON in UTF-8, with unpaired surrogates escaped.

    Unpaired surrogates have no UTF-8 form. Callers can send them escaped, as JSON allows, and get
    them back in a reply.
    """
    text = _encode(value)
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()
