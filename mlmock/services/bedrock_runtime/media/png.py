"""Small real pictures: PNG files of one colour, of the size that was asked for.

The colour comes from a hash of the prompt, so that different prompts give different pictures and
the same one gives the same file. A picture of one colour packs to a few kilobytes even at 2048 by
2048 pixels.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from functools import lru_cache

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TRUE_COLOUR = 2
_MOST_PIXELS = 2**24


@lru_cache(maxsize=64)
def png(prompt: str, width: int, height: int) -> bytes:
    """Return a PNG of `width` by `height` pixels in the colour that `prompt` hashes to."""
    colour = hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).digest()[:3]
    return one_colour(colour, width, height)


def one_colour(colour: bytes, width: int, height: int) -> bytes:
    """Return a PNG of one colour: three bytes, red, green and blue."""
    header = struct.pack(">IIBBBBB", width, height, 8, _TRUE_COLOUR, 0, 0, 0)
    packer = zlib.compressobj(1)
    row = b"\x00" + colour * width
    pixels = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return b"".join(
        (_SIGNATURE, _part(b"IHDR", header), _part(b"IDAT", pixels), _part(b"IEND", b""))
    )


def size_of(picture: bytes) -> tuple[int, int] | None:
    """Return width and height of a PNG or JPEG in pixels.

    None if `picture` is neither, or says that it has no pixels or more than 2**24 of them.
    """
    found = sides_of(picture)
    return found if found is not None and 0 < found[0] * found[1] <= _MOST_PIXELS else None


def sides_of(picture: bytes) -> tuple[int, int] | None:
    """Return the width and height that a PNG or JPEG says it has, None for anything else."""
    if picture[:8] == _SIGNATURE and picture[12:16] == b"IHDR" and len(picture) >= 24:
        width, height = struct.unpack(">II", picture[16:24])
        return width, height
    return _jpeg_size(picture) if picture[:2] == b"\xff\xd8" else None


def _jpeg_size(picture: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(picture) and picture[at] == 0xFF:
        kind, length = picture[at + 1], int.from_bytes(picture[at + 2 : at + 4], "big")
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", picture[at + 5 : at + 9])
            return width, height
        at += 2 + length
    return None


def _part(kind: bytes, data: bytes) -> bytes:
    return b"".join(
        (struct.pack(">I", len(data)), kind, data, struct.pack(">I", zlib.crc32(kind + data)))
    )
