"""Images as bytes: what kind they are, how large, and small real ones for masks and tests."""

from __future__ import annotations

import itertools
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_WITH_ALPHA = (4, 6)
_NO_FRAME = frozenset({0xC4, 0xC8, 0xCC})
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})


@dataclass(frozen=True, slots=True)
class Picture:
    """What the head of an image says: its content type, its size in pixels, if it has alpha."""

    content_type: str
    width: int
    height: int
    has_alpha: bool = False


def read_picture(body: bytes) -> Picture | None:
    """Return what a PNG or JPEG says of itself, or None for anything else."""
    if body[:8] == _SIGNATURE and body[12:16] == b"IHDR" and len(body) >= 33:
        width, height, _, colours = struct.unpack(">IIBB", body[16:26])
        return Picture("image/png", width, height, colours in _WITH_ALPHA)
    if body[:2] == b"\xff\xd8":
        size = _jpeg_size(body)
        return None if size is None else Picture("image/jpeg", *size)
    return None


def _jpeg_size(body: bytes) -> tuple[int, int] | None:
    """Return width and height from the frame header, which stands behind other segments."""
    place, end = 2, len(body)
    while place + 9 <= end and body[place] == 0xFF:
        marker = body[place + 1]
        if marker == 0xFF or marker in _BARE:
            place += 1 if marker == 0xFF else 2
            continue
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME:
            height, width = struct.unpack(">HH", body[place + 5 : place + 9])
            return width, height
        place += 2 + int.from_bytes(body[place + 2 : place + 4], "big")
    return None


def png(width: int, height: int, bands: Sequence[tuple[str, float]], *, alpha: bool) -> bytes:
    """Return a PNG of horizontal bands: each a colour (``#RRGGBB``) and its share of the rows."""
    packer = zlib.compressobj(1)
    pixels = b"".join(
        packer.compress(row)
        for colour, rows in _rows(height, bands)
        for row in itertools.repeat(_row(colour, width, alpha), rows)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 6 if alpha else 2, 0, 0, 0)
    parts = (_part(b"IHDR", header), _part(b"IDAT", pixels + packer.flush()), _part(b"IEND", b""))
    return _SIGNATURE + b"".join(parts)


def _rows(height: int, bands: Sequence[tuple[str, float]]) -> list[tuple[str, int]]:
    """Return how many rows each band has; the first takes what rounding leaves."""
    counts = [(colour, round(share * height)) for colour, share in bands[1:]]
    rest = height - sum(rows for _, rows in counts)
    return [(bands[0][0], max(rest, 0)), *counts]


def _row(colour: str, width: int, alpha: bool) -> bytes:
    pixel = bytes.fromhex(colour[1:]) + (b"\xff" if alpha else b"")
    return b"\x00" + pixel * width


def _part(kind: bytes, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum
