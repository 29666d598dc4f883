"""TwelveLabs Marengo: embeddings of text, pictures, video and sound.

The requests and `output.json` are those of the user guide's pages on Marengo 2.7 and 3.0; members
that only one public sample shows are taken as optional.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlmock.services.bedrock_runtime.outputs.clips import LONGEST, length_of, spans
from mlmock.services.bedrock_runtime.outputs.family import File, Work, json_file
from mlmock.services.bedrock_runtime.schema import (
    Either,
    Fields,
    Many,
    Number,
    Schema,
    Text,
    whole,
)
from mlmock.services.bedrock_runtime.vectors import text_of, unit_vector

_KINDS = ("text", "image", "video", "audio")
_CLIP, _ASSET = "clip", "asset"
_DYNAMIC_CLIP, _SOUND_CLIP = 6.0, 10.0  # seconds, where the request names none (judged)
_S3 = Fields({"uri": Text(least=1)}, {"bucketOwner": Text()})
_MEDIA = Either((Fields({"s3Location": _S3}), Fields({"base64String": Text(least=1)})))
_SECONDS = Number(0, LONGEST)
_TEXT = Text(least=1)

_OPTIONS_2 = ("visual-text", "visual-image", "audio")
_FLAT: dict[str, Schema] = {
    "startSec": _SECONDS,
    "lengthSec": _SECONDS,
    "useFixedLengthSec": Number(2, 10),
    "minClipSec": whole(1, 5),
    "textTruncate": Text(among=("end", "none")),
    "embeddingOption": Many(Text(among=_OPTIONS_2), least=1),
}

_OPTIONS_3 = ("visual", "audio", "transcription")
_SEGMENTATION = Fields(
    {"method": Text(among=("dynamic", "fixed"))},
    {
        "dynamic": Fields({"minDurationSec": whole(1, 5)}),
        "fixed": Fields({"durationSec": whole(1, 10)}),
    },
)
_TIMED: dict[str, Schema] = {
    "startSec": _SECONDS,
    "endSec": _SECONDS,
    "segmentation": _SEGMENTATION,
    "embeddingOption": Many(Text(among=_OPTIONS_3), least=1),
    "embeddingScope": Many(Text(among=(_CLIP, _ASSET)), least=1),
}
_NESTED: dict[str, Schema] = {
    "text": Fields({"inputText": _TEXT}),
    "image": Fields({"mediaSource": _MEDIA}),
    "video": Fields({"mediaSource": _MEDIA}, _TIMED),
    "audio": Fields({"mediaSource": _MEDIA}, _TIMED),
}


class Marengo:
    """Marengo 2.7, whose requests are flat (1024 numbers), and 3.0, with one part (512)."""

    def schema_of(self, model_id: str, model_input: Any) -> Schema:
        """Return the schema of the input type that `model_input` names."""
        kind = model_input.get("inputType") if isinstance(model_input, dict) else None
        if kind not in _KINDS:
            return Fields({"inputType": Text(among=_KINDS)}, others=True)
        if _is_third(model_id):
            return Fields({"inputType": _TEXT, kind: _NESTED[kind]}, {"inferenceId": _TEXT})
        content: dict[str, Schema] = (
            {"inputText": _TEXT} if kind == "text" else {"mediaSource": _MEDIA}
        )
        return Fields({"inputType": _TEXT, **content}, _FLAT)

    def outputs(self, work: Work) -> list[File]:
        """Return ``output.json`` with one entry for every clip and embedding option."""
        if work.body is not None:
            return [File("output.json", work.body)]
        third = _is_third(work.model_id)
        entries = _entries_3(work) if third else _entries_2(work)
        source = text_of(_part(work))
        for entry in entries:
            entry["embedding"] = list(
                unit_vector(f"{source} {text_of(entry)}", 512 if third else 1024)
            )
        return [json_file("output.json", {"data": entries})]

    def failed_outputs(self, work: Work, message: str) -> list[File]:
        """Return nothing: the invocation's failureMessage says it all."""
        return []


def _is_third(model_id: str) -> bool:
    return model_id.startswith("twelvelabs.marengo-embed-3-")


def _part(work: Work) -> Mapping[str, Any]:
    """Return what is embedded, and how: all of a 2.7 request, the named part of a 3.0 one."""
    asked = work.model_input
    part: Mapping[str, Any] = asked[asked["inputType"]] if _is_third(work.model_id) else asked
    return part


def _entries_2(work: Work) -> list[dict[str, Any]]:
    asked = work.model_input
    kind = asked["inputType"]
    if kind in ("text", "image"):
        return [{}]
    start, length = asked.get("startSec", 0.0), length_of(asked["mediaSource"], work.read)
    end = start + asked["lengthSec"] if "lengthSec" in asked else max(length, start)
    step = asked.get("useFixedLengthSec", _DYNAMIC_CLIP if kind == "video" else _SOUND_CLIP)
    options = asked.get("embeddingOption", _OPTIONS_2) if kind == "video" else ("audio",)
    return [
        {"embeddingOption": option, "startSec": since, "endSec": until}
        for since, until in spans(start, end, step)
        for option in options
    ]


def _entries_3(work: Work) -> list[dict[str, Any]]:
    kind, part = work.model_input["inputType"], _part(work)
    if kind in ("text", "image"):
        return [{}]
    start = part.get("startSec", 0.0)
    end = max(part.get("endSec", length_of(part["mediaSource"], work.read)), start)
    pieces = {_CLIP: spans(start, end, _step(part, kind)), _ASSET: [(float(start), float(end))]}
    options = part.get("embeddingOption", _OPTIONS_3 if kind == "video" else _OPTIONS_3[1:])
    return [
        {"embeddingOption": option, "embeddingScope": scope, "startSec": since, "endSec": until}
        for scope in part.get("embeddingScope", (_CLIP,))
        for since, until in pieces[scope]
        for option in options
    ]


def _step(part: Mapping[str, Any], kind: str) -> float:
    fixed = part.get("segmentation", {}).get("fixed", {})
    step: float = fixed.get("durationSec", _DYNAMIC_CLIP if kind == "video" else _SOUND_CLIP)
    return step


FAMILY = Marengo()
