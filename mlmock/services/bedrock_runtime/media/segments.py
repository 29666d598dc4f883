"""Time in media: how long a video is, and how it falls into clips."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from typing import Any

from mlmock.services.bedrock_runtime.media.encoding import decode_base64

MAX_SECONDS = 4 * 3600  # seconds of media that the models take at most
_DEFAULT_SECONDS = 12.0  # seconds that media have whose length can't be told (judged)
_CONTAINERS = {b"moov"}


def duration_of(source: Mapping[str, Any], read: Callable[[str], bytes | None]) -> float:
    """Return the length in seconds of a media source, as far as its MP4 header tells it.

    `source` is ``{"s3Location": {"uri": …}}`` or ``{"base64String": …}``; 12 seconds for whatever
    isn't there or isn't an MP4 (judged).
    """
    if "s3Location" in source:
        body = read(source["s3Location"]["uri"])
    else:
        body = decode_base64(source["base64String"])
    return min((mp4_seconds(body) if body else None) or _DEFAULT_SECONDS, MAX_SECONDS)


def mp4_seconds(body: bytes) -> float | None:
    """Return the length of an MP4 in seconds, from its movie header; None for anything else."""
    offset = 0
    while offset + 8 <= len(body):
        size, kind = struct.unpack_from(">I4s", body, offset)
        if kind == b"mvhd":
            return _header_seconds(body, offset + 8)
        if kind in _CONTAINERS:
            offset += 8
        elif size < 8:
            return None
        else:
            offset += size
    return None


def _header_seconds(body: bytes, offset: int) -> float | None:
    layout, start = (">IQ", 20) if body[offset : offset + 1] == b"\x01" else (">II", 12)
    if offset + start + struct.calcsize(layout) > len(body):
        return None
    scale, length = struct.unpack_from(layout, body, offset + start)
    return length / scale if scale else None


def fixed_clips(start: float, end: float, step: float) -> list[tuple[float, float]]:
    """Return the clips of `step` seconds between two instants; the last may be shorter."""
    count = max(1, math.ceil(round((end - start) / step, 6)))
    edges = [round(start + step * place, 3) for place in range(count)] + [float(end)]
    return [(edges[place], edges[place + 1]) for place in range(count)]


def equal_clips(start: float, end: float, target: float) -> list[tuple[float, float]]:
    """Return equal clips between two instants, as near to `about` seconds each as can be."""
    length = end - start
    fewest = max(1, math.floor(length / target))
    count = min((fewest, fewest + 1), key=lambda count: abs(length / count - target))
    return fixed_clips(start, end, length / count or target)
