"""Time in media: how long a video is, and how it falls into clips."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from typing import Any

from mlmock.services.bedrock_runtime.media.encoding import decoded

LONGEST = 4 * 3600  # seconds of media that the models take at most
_UNKNOWN = 12.0  # seconds that media have whose length can't be told (judged)
_CONTAINERS = {b"moov"}


def duration_of(source: Mapping[str, Any], read: Callable[[str], bytes | None]) -> float:
    """Return the length in seconds of a media source, as far as its MP4 header tells it.

    `source` is ``{"s3Location": {"uri": …}}`` or ``{"base64String": …}``; 12 seconds for whatever
    isn't there or isn't an MP4 (judged).
    """
    if "s3Location" in source:
        body = read(source["s3Location"]["uri"])
    else:
        body = decoded(source["base64String"])
    return min((mp4_seconds(body) if body else None) or _UNKNOWN, LONGEST)


def mp4_seconds(body: bytes) -> float | None:
    """Return the length of an MP4 in seconds, from its movie header; None for anything else."""
    at = 0
    while at + 8 <= len(body):
        size, kind = struct.unpack_from(">I4s", body, at)
        if kind == b"mvhd":
            return _header_seconds(body, at + 8)
        if kind in _CONTAINERS:
            at += 8
        elif size < 8:
            return None
        else:
            at += size
    return None


def _header_seconds(body: bytes, at: int) -> float | None:
    form, start = (">IQ", 20) if body[at : at + 1] == b"\x01" else (">II", 12)
    if at + start + struct.calcsize(form) > len(body):
        return None
    scale, length = struct.unpack_from(form, body, at + start)
    return length / scale if scale else None


def spans(start: float, end: float, step: float) -> list[tuple[float, float]]:
    """Return the clips of `step` seconds between two instants; the last may be shorter."""
    count = max(1, math.ceil(round((end - start) / step, 6)))
    edges = [round(start + step * place, 3) for place in range(count)] + [float(end)]
    return [(edges[place], edges[place + 1]) for place in range(count)]


def even_spans(start: float, end: float, about: float) -> list[tuple[float, float]]:
    """Return equal clips between two instants, as near to `about` seconds each as can be."""
    length = end - start
    fewest = max(1, math.floor(length / about))
    count = min((fewest, fewest + 1), key=lambda count: abs(length / count - about))
    return spans(start, end, length / count or about)
