"""Readers of the videos that the mock writes: MP4 boxes and H.264 units."""

from __future__ import annotations

import struct
from collections.abc import Iterator


def boxes(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each box in `body`."""
    at = 0
    while at < len(body):
        size, name = struct.unpack_from(">I4s", body, at)
        assert 8 <= size <= len(body) - at, "a box ends outside its parent"
        yield name.decode(), body[at + 8 : at + size]
        at += size


def box(body: bytes, path: str) -> bytes:
    """Return the content of the box at a path such as ``moov/trak/tkhd``."""
    for name in path.split("/"):
        body = dict(boxes(body))[name]
    return body


def numbers(content: bytes, start: int = 0) -> list[int]:
    """Return the 32-bit numbers from byte `start` on."""
    return list(struct.unpack(f">{(len(content) - start) // 4}I", content[start:]))


class BitReader:
    """Reads the bits of a NAL unit after its first byte, without emulation prevention bytes."""

    def __init__(self, unit: bytes) -> None:
        plain = unit[1:].replace(b"\x00\x00\x03", b"\x00\x00")
        self._bits = "".join(f"{byte:08b}" for byte in plain)
        self._at = 0

    def u(self, width: int) -> int:
        """Read an unsigned number of `width` bits."""
        self._at += width
        return int(self._bits[self._at - width : self._at], 2)

    def ue(self) -> int:
        """Read an unsigned number in Exp-Golomb code."""
        zeros = 0
        while self.u(1) == 0:
            zeros += 1
        return (1 << zeros) - 1 + (self.u(zeros) if zeros else 0)

    def rest(self) -> str:
        """Return the remaining bits."""
        return self._bits[self._at :]
