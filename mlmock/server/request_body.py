"""Content encodings of request bodies: gzip, and the signed chunks of SigV4 (aws-chunked)."""

from __future__ import annotations

import re
import zlib

from mlmock.server.request import RequestError, body_too_large

_CHUNK_SIZE = re.compile(rb"[0-9a-fA-F]{1,16}")


def decode_body(body: bytes, encoding: str, limit: int) -> bytes:
    """Return `body` without its content encodings, of which the last is removed first.

    Args:
        body: The body as received, without transfer encoding.
        encoding: The value of Content-Encoding, or "".
        limit: How many bytes the result may have.

    Raises:
        RequestError: An encoding is unknown or violated, or the result is over the limit.
    """
    names = [name.strip().lower() for name in encoding.split(",") if name.strip()]
    for name in reversed(names):
        if name in {"gzip", "x-gzip"}:
            body = _gunzip(body, limit)
        elif name == "aws-chunked":
            body = _join_signed_chunks(body)
        elif name != "identity":
            raise RequestError(f"Content-Encoding {name!r} is not supported.")
    return body


def _gunzip(body: bytes, limit: int) -> bytes:
    decompressor = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        decoded = decompressor.decompress(body, limit + 1)
    except zlib.error as error:
        raise RequestError("The request body is not gzip.") from error
    if len(decoded) > limit:
        raise body_too_large(limit)
    return decoded


def _join_signed_chunks(body: bytes) -> bytes:
    """Return the data of aws-chunked content, in which size and signature precede each chunk."""
    parts: list[bytes] = []
    position = 0
    while True:
        end = body.find(b"\r\n", position)
        if end < 0:
            raise RequestError("The aws-chunked body has no last chunk.")
        size = _chunk_size(body[position:end])
        if size == 0:
            return b"".join(parts)
        start = end + 2
        if start + size > len(body):
            raise RequestError("The aws-chunked body ends within a chunk.")
        parts.append(body[start : start + size])
        position = start + size + 2


def _chunk_size(header: bytes) -> int:
    digits = header.partition(b";")[0].strip()
    if not _CHUNK_SIZE.fullmatch(digits):
        raise RequestError(f"The aws-chunked size {digits!r} is not a hexadecimal number.")
    return int(digits, 16)
