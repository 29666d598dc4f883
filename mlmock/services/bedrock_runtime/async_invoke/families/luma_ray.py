"""Luma Ray 2: text and key frames to video.

Source: Amazon Bedrock user guide, Luma AI models (request). Assumption: the output files.
"""

from __future__ import annotations

from typing import Any

from mlmock.services.bedrock_runtime.async_invoke.families.base import File, Invocation
from mlmock.services.bedrock_runtime.media.mp4 import mp4
from mlmock.services.bedrock_runtime.validation.media_schema import base64_text
from mlmock.services.bedrock_runtime.validation.schema import Boolean, ObjectOf, Schema, String

_ASPECT_RATIOS = ("1:1", "16:9", "9:16", "4:3", "3:4", "21:9", "9:21")
_MEDIA_TYPE = String(enum=("image/jpeg", "image/png"))
_SOURCE = ObjectOf(
    {"type": String(enum=("base64",)), "media_type": _MEDIA_TYPE, "data": base64_text}
)
_FRAME = ObjectOf({"type": String(enum=("image",)), "source": _SOURCE})
_SCHEMA = ObjectOf(
    {"prompt": String(min_length=1, max_length=5000)},
    {
        "aspect_ratio": String(enum=_ASPECT_RATIOS),
        "loop": Boolean(),
        "duration": String(enum=("5s", "9s")),
        "resolution": String(enum=("540p", "720p")),
        "keyframes": ObjectOf({}, {"frame0": _FRAME, "frame1": _FRAME}),
    },
)


class LumaRay:
    """The family of Luma Ray 2."""

    def request_schema(self, model_id: str, model_input: Any) -> Schema:
        """Return the schema of every request."""
        return _SCHEMA

    def outputs(self, invocation: Invocation) -> list[File]:
        """Return the video with the requested size and duration."""
        request = invocation.model_input
        ratio, resolution = request.get("aspect_ratio", "16:9"), request.get("resolution", "720p")
        width, height = video_size(ratio, resolution)
        seconds = int(request.get("duration", "5s").rstrip("s"))
        video = mp4(width, height, seconds) if invocation.body is None else invocation.body
        return [File("output.mp4", video, "video/mp4")]

    def failed_outputs(self, invocation: Invocation, message: str) -> list[File]:
        """Return no files: the reason is only in the failureMessage."""
        return []


def video_size(ratio: str, resolution: str) -> tuple[int, int]:
    """Return width and height in pixels, both even.

    Args:
        ratio: The aspect ratio, such as ``"16:9"``.
        resolution: The length of the shorter side, such as ``"720p"``.
    """
    horizontal, vertical = map(int, ratio.split(":"))
    short = int(resolution.rstrip("p"))
    long = round(short * max(horizontal, vertical) / min(horizontal, vertical) / 2) * 2
    return (long, short) if horizontal >= vertical else (short, long)


FAMILY = LumaRay()
