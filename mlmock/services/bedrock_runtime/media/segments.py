"""The duration of media and their division into clips."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from typing import Any

from mlmock.services.bedrock_runtime.media.encoding import decode_base64

MAX_SECONDS = 4 * 3600  # the longest media that the models accept
_DEFAULT_SECONDS = 12.0  # Assumption: used where the duration cannot be read.
_CONTAINERS = {b"moov"}


def duration_of(source: Mapping[str, Any], read: Callable[[str], bytes | None]) -> float:
    """Return the duration of a media source in seconds, from its MP4 header.

    Assumption: 12 seconds for a source that does not exist or is not an MP4 file.

    Args:
        source: ``{"s3Location": {"uri": …}}`` or ``{"base64String": …}``.
        read: A function that returns the content of an S3 URI, or None.
    """
    if "s3Location" in source:
        body = read(source["s3Location"]["uri"])
    else:
        body = decode_base64(source["base64String"])
    return min((mp4_seconds(body) if body else None) or _DEFAULT_SECONDS, MAX_SECONDS)


def mp4_seconds(body: bytes) -> float | None:
    """Return the duration of an MP4 file in seconds, or None if it has no movie header."""
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
    """Return the start and end of clips of `step` seconds; the last may be shorter.

    Args:
        start: The start of the first clip in seconds.
        end: The end of the last clip in seconds.
        step: The duration of a clip in seconds.
    """
    count = max(1, math.ceil(round((end - start) / step, 6)))
    edges = [round(start + step * index, 3) for index in range(count)] + [float(end)]
    return [(edges[index], edges[index + 1]) for index in range(count)]


def equal_clips(start: float, end: float, target: float) -> list[tuple[float, float]]:
    """Return the start and end of clips of equal duration, as close to `target` as possible.

    Args:
        start: The start of the first clip in seconds.
        end: The end of the last clip in seconds.
        target: The intended duration of a clip in seconds.
    """
    length = end - start
    fewest = max(1, math.floor(length / target))
    count = min((fewest, fewest + 1), key=lambda count: abs(length / count - target))
    return fixed_clips(start, end, length / count or target)
