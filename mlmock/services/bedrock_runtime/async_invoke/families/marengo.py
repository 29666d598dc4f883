"""TwelveLabs Marengo: embeddings of text, images, video and audio.

Source: Amazon Bedrock user guide, TwelveLabs Marengo Embed 2.7 and 3.0 (`output.json`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlmock.services.bedrock_runtime.async_invoke.families.base import File, Invocation, json_file
from mlmock.services.bedrock_runtime.families import marengo_schema
from mlmock.services.bedrock_runtime.media.embeddings import canonical_json, unit_vector
from mlmock.services.bedrock_runtime.media.segments import duration_of, equal_clips, fixed_clips
from mlmock.services.bedrock_runtime.validation.schema import Schema

_CLIP, _ASSET = "clip", "asset"
# The seconds of a clip if the request sets none. Assumption: those of a video.
_VIDEO_CLIP_SECONDS, _AUDIO_CLIP_SECONDS = 6.0, 10.0


class Marengo:
    """The family of Marengo 2.7 and 3.0.

    A request to 2.7 is flat, one to 3.0 has a part for its input type. Vectors have 1024 numbers
    in 2.7 and 512 in 3.0.
    """

    def request_schema(self, model_id: str, model_input: Any) -> Schema:
        """Return the schema of the input type in `model_input`."""
        return marengo_schema.request_schema(model_id, model_input)

    def outputs(self, invocation: Invocation) -> list[File]:
        """Return ``output.json`` with one entry for each clip and embedding option."""
        if invocation.body is not None:
            return [File("output.json", invocation.body)]
        is_version_3 = marengo_schema.is_version_3(invocation.model_id)
        entries = _entries_3(invocation) if is_version_3 else _entries_2(invocation)
        source = canonical_json(_part(invocation))
        for entry in entries:
            entry["embedding"] = list(
                unit_vector(f"{source} {canonical_json(entry)}", 512 if is_version_3 else 1024)
            )
        return [json_file("output.json", {"data": entries})]

    def failed_outputs(self, invocation: Invocation, message: str) -> list[File]:
        """Return no files: the reason is only in the failureMessage."""
        return []


def _part(invocation: Invocation) -> Mapping[str, Any]:
    """Return the description of the input: a 2.7 request itself, or a part of a 3.0 request."""
    request = invocation.model_input
    is_version_3 = marengo_schema.is_version_3(invocation.model_id)
    part: Mapping[str, Any] = request[request["inputType"]] if is_version_3 else request
    return part


def _entries_2(invocation: Invocation) -> list[dict[str, Any]]:
    request = invocation.model_input
    kind = request["inputType"]
    if kind in ("text", "image"):
        return [{}]
    start = request.get("startSec", 0.0)
    duration = duration_of(request["mediaSource"], invocation.read)
    end = start + request["lengthSec"] if "lengthSec" in request else max(duration, start)
    options = (
        request.get("embeddingOption", marengo_schema.OPTIONS_2) if kind == "video" else ("audio",)
    )
    return [
        {"embeddingOption": option, "startSec": clip_start, "endSec": clip_end}
        for clip_start, clip_end in _clips(kind, start, end, request.get("useFixedLengthSec"))
        for option in options
    ]


def _entries_3(invocation: Invocation) -> list[dict[str, Any]]:
    kind, part = invocation.model_input["inputType"], _part(invocation)
    if kind not in marengo_schema.OPTIONS_3:
        return [{}]
    start = part.get("startSec", 0.0)
    end = max(part.get("endSec", duration_of(part["mediaSource"], invocation.read)), start)
    segmentation = part.get("segmentation", {})
    is_fixed = segmentation.get("method") == "fixed"
    fixed = segmentation.get("fixed", {}).get("durationSec", 6) if is_fixed else None
    spans = {_CLIP: _clips(kind, start, end, fixed), _ASSET: [(float(start), float(end))]}
    return [
        {"embeddingOption": option, "embeddingScope": scope, "startSec": first, "endSec": last}
        for scope in part.get("embeddingScope", (_CLIP,))
        for first, last in spans[scope]
        for option in _options(part, kind)
    ]


def _options(part: Mapping[str, Any], kind: str) -> list[str]:
    """Return the embedding options of each clip, and ``fused`` if it is requested."""
    types = part.get("embeddingType", ("separate_embedding",))
    options = part.get("embeddingOption", marengo_schema.OPTIONS_3[kind])
    separate = options if "separate_embedding" in types else ()
    return [*separate, "fused"] if marengo_schema.FUSED in types else list(separate)


def _clips(kind: str, start: float, end: float, fixed: float | None) -> list[tuple[float, float]]:
    if fixed is None and kind == "audio":
        return equal_clips(start, end, _AUDIO_CLIP_SECONDS)
    return fixed_clips(start, end, _VIDEO_CLIP_SECONDS if fixed is None else fixed)


FAMILY = Marengo()
