"""TwelveLabs Marengo: embeddings of text, pictures, video and sound.

`output.json` is that of the user guide's pages on Marengo 2.7 and 3.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlmock.services.bedrock_runtime.async_invoke.families.base import File, Work, json_file
from mlmock.services.bedrock_runtime.families import marengo_schema
from mlmock.services.bedrock_runtime.media.embeddings import canonical_json, unit_vector
from mlmock.services.bedrock_runtime.media.segments import duration_of, equal_clips, fixed_clips
from mlmock.services.bedrock_runtime.validation.schema import Schema

_CLIP, _ASSET = "clip", "asset"
_FILM, _SOUND = 6.0, 10.0  # seconds of a clip, where the request names none (a film's is judged)


class Marengo:
    """Marengo 2.7, whose requests are flat (1024 numbers), and 3.0, with one part (512)."""

    def schema_of(self, model_id: str, model_input: Any) -> Schema:
        """Return the schema of the input type that `model_input` names."""
        return marengo_schema.request_schema(model_id, model_input)

    def outputs(self, work: Work) -> list[File]:
        """Return ``output.json`` with one entry for every clip and embedding option."""
        if work.body is not None:
            return [File("output.json", work.body)]
        third = marengo_schema.is_version_3(work.model_id)
        entries = _entries_3(work) if third else _entries_2(work)
        source = canonical_json(_part(work))
        for entry in entries:
            entry["embedding"] = list(
                unit_vector(f"{source} {canonical_json(entry)}", 512 if third else 1024)
            )
        return [json_file("output.json", {"data": entries})]

    def failed_outputs(self, work: Work, message: str) -> list[File]:
        """Return nothing: the invocation's failureMessage says it all."""
        return []


def _part(work: Work) -> Mapping[str, Any]:
    """Return what is embedded, and how: all of a 2.7 request, the named part of a 3.0 one."""
    asked = work.model_input
    third = marengo_schema.is_version_3(work.model_id)
    part: Mapping[str, Any] = asked[asked["inputType"]] if third else asked
    return part


def _entries_2(work: Work) -> list[dict[str, Any]]:
    asked = work.model_input
    kind = asked["inputType"]
    if kind in ("text", "image"):
        return [{}]
    start, length = asked.get("startSec", 0.0), duration_of(asked["mediaSource"], work.read)
    end = start + asked["lengthSec"] if "lengthSec" in asked else max(length, start)
    options = (
        asked.get("embeddingOption", marengo_schema.OPTIONS_2) if kind == "video" else ("audio",)
    )
    return [
        {"embeddingOption": option, "startSec": since, "endSec": until}
        for since, until in _clips(kind, start, end, asked.get("useFixedLengthSec"))
        for option in options
    ]


def _entries_3(work: Work) -> list[dict[str, Any]]:
    kind, part = work.model_input["inputType"], _part(work)
    if kind not in marengo_schema.OPTIONS_3:
        return [{}]
    start = part.get("startSec", 0.0)
    end = max(part.get("endSec", duration_of(part["mediaSource"], work.read)), start)
    how = part.get("segmentation", {})
    fixed = how.get("fixed", {}).get("durationSec", 6) if how.get("method") == "fixed" else None
    pieces = {_CLIP: _clips(kind, start, end, fixed), _ASSET: [(float(start), float(end))]}
    return [
        {"embeddingOption": option, "embeddingScope": scope, "startSec": since, "endSec": until}
        for scope in part.get("embeddingScope", (_CLIP,))
        for since, until in pieces[scope]
        for option in _options(part, kind)
    ]


def _options(part: Mapping[str, Any], kind: str) -> list[str]:
    """Return what each clip is embedded by, ``fused`` among them where it is asked for."""
    asked = part.get("embeddingType", ("separate_embedding",))
    own = part.get("embeddingOption", marengo_schema.OPTIONS_3[kind])
    apart = own if "separate_embedding" in asked else ()
    return [*apart, "fused"] if marengo_schema.FUSED in asked else list(apart)


def _clips(kind: str, start: float, end: float, fixed: float | None) -> list[tuple[float, float]]:
    if fixed is None and kind == "audio":
        return equal_clips(start, end, _SOUND)
    return fixed_clips(start, end, _FILM if fixed is None else fixed)


FAMILY = Marengo()
