"""Bodies as SDKs send them: plain, gzipped, in aws-chunked signed pieces."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from io import BufferedIOBase
from typing import Any

from werkzeug.serving import DechunkedInput

_HEX = re.compile(rb"[0-9a-fA-F]{1,16}")
_PIECE = 65536  # bytes that are read at a time where nobody knows how many come


class BadBody(Exception):  # noqa: N818 - becomes a SerializationException
    """A body that isn't what its headers say."""


class TooLarge(Exception):  # noqa: N818 - becomes a 413
    """A body over the limit."""


def read_body(
    source: BufferedIOBase, headers: Mapping[str, str], limit: int, *, invite: Callable[[], None]
) -> bytes:
    """Return the body of one request, decoded; BadBody, TooLarge, OSError.

    `headers` have lower-case names; `invite` lets a client that waits for it send the body.
    """
    chunked = "chunked" in headers.get("transfer-encoding", "").lower()
    length = 0 if chunked else _length(headers.get("content-length", "0").strip(), limit)
    if headers.get("expect", "").strip().lower() == "100-continue":
        invite()
    body = _dechunked(source, limit) if chunked else _counted(source, length)
    encoding = headers.get("content-encoding")
    return body if encoding is None else decoded(body, encoding, limit)


def _length(text: str, limit: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise BadBody("Content-Length is not a number.")
    length = int(text)
    if length > limit:
        raise TooLarge(f"The body has more than {limit} bytes.")
    return length


def _counted(source: BufferedIOBase, length: int) -> bytes:
    found = source.read(length) if length else b""
    if len(found) < length:
        raise BadBody("The body is shorter than its Content-Length.")
    return found


def _dechunked(source: Any, limit: int) -> bytes:
    chunks = DechunkedInput(source)
    parts: list[bytes] = []
    total = 0
    while True:
        part = bytearray(_PIECE)
        count = chunks.readinto(part)
        if not count:
            return b"".join(parts)
        total += count
        if total > limit:
            raise TooLarge(f"The body has more than {limit} bytes.")
        parts.append(bytes(part[:count]))


def decoded(body: bytes, encoding: str, limit: int) -> bytes:
    """Return `body` without its content encodings, the last first; BadBody, TooLarge."""
    names = [name.strip().lower() for name in encoding.split(",") if name.strip()]
    for name in reversed(names):
        if name in {"gzip", "x-gzip"}:
            body = _gunzip(body, limit)
        elif name == "aws-chunked":
            body = _unchunked(body)
        elif name != "identity":
            raise BadBody(f"Content-Encoding {name} is not known.")
    return body


def _gunzip(body: bytes, limit: int) -> bytes:
    source = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        found = source.decompress(body, limit + 1)
    except zlib.error as fault:
        raise BadBody("The body is not gzip.") from fault
    if len(found) > limit:
        raise TooLarge(f"The body unpacks to more than {limit} bytes.")
    return found


def _unchunked(body: bytes) -> bytes:
    """Return the data of aws-chunked content: pieces with their size and a signature in front."""
    parts: list[bytes] = []
    place = 0
    while True:
        end = body.find(b"\r\n", place)
        if end < 0:
            raise BadBody("The aws-chunked body has no last chunk.")
        digits = body[place:end].partition(b";")[0].strip()
        if not _HEX.fullmatch(digits):
            raise BadBody("An aws-chunked size is no number.")
        size = int(digits, 16)
        if size == 0:
            return b"".join(parts)
        start = end + 2
        if start + size > len(body):
            raise BadBody("The aws-chunked body is cut.")
        parts.append(body[start : start + size])
        place = start + size + 2
