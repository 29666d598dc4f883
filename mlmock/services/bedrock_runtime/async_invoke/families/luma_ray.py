"""Luma Ray 2: text and key frames to video.

The request is that of the user guide's page on Luma models; what it writes is judged.
"""

from __future__ import annotations

from typing import Any

from mlmock.services.bedrock_runtime.async_invoke.families.base import File, Work
from mlmock.services.bedrock_runtime.media.mp4 import mp4
from mlmock.services.bedrock_runtime.validation.media_schema import base64_text
from mlmock.services.bedrock_runtime.validation.schema import Boolean, ObjectOf, Schema, String

_RATIOS = ("1:1", "16:9", "9:16", "4:3", "3:4", "21:9", "9:21")
_MEDIA = String(enum=("image/jpeg", "image/png"))
_SOURCE = ObjectOf({"type": String(enum=("base64",)), "media_type": _MEDIA, "data": base64_text})
_FRAME = ObjectOf({"type": String(enum=("image",)), "source": _SOURCE})
_SCHEMA = ObjectOf(
    {"prompt": String(min_length=1, max_length=5000)},
    {
        "aspect_ratio": String(enum=_RATIOS),
        "loop": Boolean(),
        "duration": String(enum=("5s", "9s")),
        "resolution": String(enum=("540p", "720p")),
        "keyframes": ObjectOf({}, {"frame0": _FRAME, "frame1": _FRAME}),
    },
)


class LumaRay:
    """Ray 2."""

    def schema_of(self, model_id: str, model_input: Any) -> Schema:
        """Return the schema of every request."""
        return _SCHEMA

    def outputs(self, work: Work) -> list[File]:
        """Return the video, in the shape and length that were asked for."""
        asked = work.model_input
        width, height = size_of(asked.get("aspect_ratio", "16:9"), asked.get("resolution", "720p"))
        seconds = int(asked.get("duration", "5s").rstrip("s"))
        video = mp4(width, height, seconds) if work.body is None else work.body
        return [File("output.mp4", video, "video/mp4")]

    def failed_outputs(self, work: Work, message: str) -> list[File]:
        """Return nothing: the invocation's failureMessage says it all."""
        return []


def size_of(ratio: str, resolution: str) -> tuple[int, int]:
    """Return width and height: the resolution is the shorter side's, both sides are even."""
    across, down = map(int, ratio.split(":"))
    short = int(resolution.rstrip("p"))
    long = round(short * max(across, down) / min(across, down) / 2) * 2
    return (long, short) if across >= down else (short, long)


FAMILY = LumaRay()
