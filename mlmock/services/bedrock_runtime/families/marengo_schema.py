"""What TwelveLabs Marengo is asked: flat by 2.7, with a part for each type of input by 3.0.

The members, their values and their limits are those of the user guide's pages on Marengo 2.7 and
3.0; members that only one public sample shows are taken as optional.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlmock.services.bedrock_runtime.media.segments import MAX_SECONDS
from mlmock.services.bedrock_runtime.validation.media_schema import S3_LOCATION, base64_text
from mlmock.services.bedrock_runtime.validation.schema import (
    ListOf,
    Number,
    ObjectOf,
    Schema,
    String,
    Violations,
    integer,
)

_KINDS_2 = ("text", "image", "video", "audio")
_KINDS_3 = (*_KINDS_2, "text_image", "multi_input")
_SECONDS = Number(0, MAX_SECONDS)
_TEXT = String(min_length=1)
_SOURCES: dict[str, Schema] = {"s3Location": S3_LOCATION, "base64String": base64_text}
FUSED = "fused_embedding"
OPTIONS_2 = ("visual-text", "visual-image", "audio")
OPTIONS_3 = {"video": ("visual", "audio", "transcription"), "audio": ("audio", "transcription")}


@dataclass(frozen=True, slots=True)
class _Media:
    """A picture, a film or a sound from exactly one source, beside `members` of its own."""

    required: Mapping[str, Schema]
    optional: Mapping[str, Schema]

    def __call__(self, value: Any, path: str, faults: Violations) -> None:
        given = [name for name in _SOURCES if isinstance(value, dict) and name in value]
        if isinstance(value, dict) and len(given) != 1:
            faults.append(f"{path}: no subschema matched out of the total 2 subschemas")
            return
        sources = {name: _SOURCES[name] for name in given}
        ObjectOf({**self.required, **sources}, self.optional)(value, path, faults)


_MEDIA = _Media({}, {})
_FLAT: dict[str, Schema] = {
    "startSec": _SECONDS,
    "lengthSec": _SECONDS,
    "useFixedLengthSec": Number(2, 10),
    "minClipSec": integer(1, 5),
    "textTruncate": String(enum=("end", "none")),
    "embeddingOption": ListOf(String(enum=OPTIONS_2), min_items=1),
}
_SEGMENTATION = ObjectOf(
    {"method": String(enum=("dynamic", "fixed"))},
    {
        "dynamic": ObjectOf({}, {"minDurationSec": integer(1, 5)}),
        "fixed": ObjectOf({}, {"durationSec": integer(1, 10)}),
    },
)


@dataclass(frozen=True, slots=True)
class _Timed:
    """A film or a sound: which part of it is embedded, in which pieces, by which senses."""

    options: tuple[str, ...]

    def __call__(self, value: Any, path: str, faults: Violations) -> None:
        before = len(faults)
        timed: dict[str, Schema] = {
            "startSec": _SECONDS,
            "endSec": _SECONDS,
            "segmentation": _SEGMENTATION,
            "embeddingOption": ListOf(String(enum=self.options), min_items=1),
            "embeddingType": ListOf(String(enum=("separate_embedding", FUSED)), min_items=1),
            "embeddingScope": ListOf(String(enum=("clip", "asset")), min_items=1),
        }
        ObjectOf({"mediaSource": _MEDIA}, timed)(value, path, faults)
        if len(faults) == before:
            self._relations(value, path, faults)

    def _relations(self, value: Mapping[str, Any], path: str, faults: Violations) -> None:
        start, end = value.get("startSec", 0), value.get("endSec")
        if end is not None and end < start:
            faults.append(f"{path}/endSec: {end} is not greater or equal to {start}")
        fused = FUSED in value.get("embeddingType", ())
        if fused and len(set(value.get("embeddingOption", self.options))) < 2:
            faults.append(f"{path}/embeddingType: {FUSED} takes two embedding options or more")


_NAMED = re.compile(r"<@([^>]*)>")
_MANY = ObjectOf(
    {
        "mediaSources": ListOf(
            _Media({"mediaType": String(enum=("image",))}, {"name": _TEXT}), min_items=1
        ),
    },
    {"inputText": String()},
)


def multi_input(value: Any, path: str, faults: Violations) -> None:
    """Hold several pictures, and a text that may name them as ``<@name>``, against their schema."""
    before = len(faults)
    _MANY(value, path, faults)
    if len(faults) > before:
        return
    names = {source.get("name") for source in value["mediaSources"]}
    unknown = [name for name in _NAMED.findall(value.get("inputText", "")) if name not in names]
    faults.extend(f"{path}/inputText: no media source is named {name}" for name in unknown)


_NESTED: dict[str, Schema] = {
    "text": ObjectOf({"inputText": _TEXT}),
    "image": ObjectOf({"mediaSource": _MEDIA}),
    "text_image": ObjectOf({"inputText": _TEXT, "mediaSource": _MEDIA}),
    "multi_input": multi_input,
    **{kind: _Timed(options) for kind, options in OPTIONS_3.items()},
}


def is_third(model_id: str) -> bool:
    """True for Marengo 3.0."""
    return model_id.startswith("twelvelabs.marengo-embed-3-")


def schema_of(model_id: str, asked: Any) -> Schema:
    """Return the schema of the input type that a request names."""
    kinds = _KINDS_3 if is_third(model_id) else _KINDS_2
    kind: Any = asked.get("inputType") if isinstance(asked, dict) else None
    if kind not in kinds:
        return ObjectOf({"inputType": String(enum=kinds)}, additional=True)
    if is_third(model_id):
        return ObjectOf({"inputType": _TEXT, kind: _NESTED[kind]}, {"inferenceId": _TEXT})
    content: dict[str, Schema] = {"inputText": _TEXT} if kind == "text" else {"mediaSource": _MEDIA}
    return ObjectOf({"inputType": _TEXT, **content}, _FLAT)
