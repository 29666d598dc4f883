"""PNG and JPEG files: read the header, write small images."""

from __future__ import annotations

import itertools
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TRUE_COLOR, _TRUE_COLOR_WITH_ALPHA = 2, 6
_COLOR_TYPES_WITH_ALPHA = (4, 6)
# Markers of JPEG that start like a frame header, and markers without a segment.
_NO_FRAME = frozenset({0xC4, 0xC8, 0xCC})
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """The header of an image: content type, size in pixels, whether it has an alpha channel."""

    content_type: str
    width: int
    height: int
    has_alpha: bool = False


def read_header(body: bytes) -> ImageHeader | None:
    """Return the header of a PNG or JPEG, or None for anything else."""
    size = read_size(body)
    if size is None:
        return None
    if body[:2] == b"\xff\xd8":
        return ImageHeader("image/jpeg", *size)
    if len(body) < 33:  # the header of a PNG ends with a checksum at byte 33
        return None
    return ImageHeader("image/png", *size, has_alpha=body[25] in _COLOR_TYPES_WITH_ALPHA)


def read_size(body: bytes) -> tuple[int, int] | None:
    """Return the width and height in the header of a PNG or JPEG, or None for anything else."""
    if body[:8] == _SIGNATURE and body[12:16] == b"IHDR" and len(body) >= 24:
        width, height = struct.unpack(">II", body[16:24])
        return width, height
    return _jpeg_size(body) if body[:2] == b"\xff\xd8" else None


def _jpeg_size(body: bytes) -> tuple[int, int] | None:
    """Return width and height from the frame header, which comes after other segments."""
    position, end = 2, len(body)
    while position + 9 <= end and body[position] == 0xFF:
        marker = body[position + 1]
        if marker == 0xFF or marker in _WITHOUT_LENGTH:
            position += 1 if marker == 0xFF else 2
            continue
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME:
            height, width = struct.unpack(">HH", body[position + 5 : position + 9])
            return width, height
        position += 2 + int.from_bytes(body[position + 2 : position + 4], "big")
    return None


def png(
    width: int, height: int, bands: Sequence[tuple[str, float]], *, alpha: bool = False
) -> bytes:
    """Return a PNG of horizontal bands.

    Args:
        width: The width in pixels.
        height: The height in pixels.
        bands: The color (``#RRGGBB``) and the share of the rows of each band, from the top.
        alpha: Whether the image has an alpha channel. It is opaque.
    """
    packer = zlib.compressobj(1)
    pixels = b"".join(
        packer.compress(row)
        for color, rows in _rows(height, bands)
        for row in itertools.repeat(_row(color, width, alpha), rows)
    )
    color_type = _TRUE_COLOR_WITH_ALPHA if alpha else _TRUE_COLOR
    header = struct.pack(">IIBBBBB", width, height, 8, color_type, 0, 0, 0)
    chunks = (("IHDR", header), ("IDAT", pixels + packer.flush()), ("IEND", b""))
    return _SIGNATURE + b"".join(_chunk(kind.encode(), data) for kind, data in chunks)


def _rows(height: int, bands: Sequence[tuple[str, float]]) -> list[tuple[str, int]]:
    """Return the number of rows of each band; the first gets what rounding leaves."""
    counts = [(color, round(share * height)) for color, share in bands[1:]]
    rest = height - sum(rows for _, rows in counts)
    return [(bands[0][0], max(rest, 0)), *counts]


def _row(color: str, width: int, alpha: bool) -> bytes:
    pixel = bytes.fromhex(color[1:]) + (b"\xff" if alpha else b"")
    return b"\x00" + pixel * width


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum
