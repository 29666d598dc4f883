"""Schemas of requests to TwelveLabs Marengo 2.7 (flat) and 3.0 (nested by input type).

Source: Amazon Bedrock user guide, pages about Marengo 2.7 and 3.0. Assumption: members that only
one public sample contains are optional.
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

_INPUT_TYPES_2 = ("text", "image", "video", "audio")
_INPUT_TYPES_3 = (*_INPUT_TYPES_2, "text_image", "multi_input")
_SECONDS = Number(0, MAX_SECONDS)
_TEXT = String(min_length=1)
_SOURCES: dict[str, Schema] = {"s3Location": S3_LOCATION, "base64String": base64_text}
FUSED = "fused_embedding"
OPTIONS_2 = ("visual-text", "visual-image", "audio")
OPTIONS_3 = {"video": ("visual", "audio", "transcription"), "audio": ("audio", "transcription")}


@dataclass(frozen=True, slots=True)
class _Media:
    """An image, video or audio from exactly one source, with additional members."""

    required: Mapping[str, Schema]
    optional: Mapping[str, Schema]

    def __call__(self, value: Any, path: str, violations: Violations) -> None:
        source_names = [name for name in _SOURCES if isinstance(value, dict) and name in value]
        if isinstance(value, dict) and len(source_names) != 1:
            violations.append(f"{path}: no subschema matched out of the total 2 subschemas")
            return
        sources = {name: _SOURCES[name] for name in source_names}
        ObjectOf({**self.required, **sources}, self.optional)(value, path, violations)


_MEDIA = _Media({}, {})
_OPTIONS_2: dict[str, Schema] = {
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
class _TimedMedia:
    """Video or audio with a time range, a segmentation and embedding options."""

    options: tuple[str, ...]

    def __call__(self, value: Any, path: str, violations: Violations) -> None:
        before = len(violations)
        options: dict[str, Schema] = {
            "startSec": _SECONDS,
            "endSec": _SECONDS,
            "segmentation": _SEGMENTATION,
            "embeddingOption": ListOf(String(enum=self.options), min_items=1),
            "embeddingType": ListOf(String(enum=("separate_embedding", FUSED)), min_items=1),
            "embeddingScope": ListOf(String(enum=("clip", "asset")), min_items=1),
        }
        ObjectOf({"mediaSource": _MEDIA}, options)(value, path, violations)
        if len(violations) == before:
            self._check_relations(value, path, violations)

    def _check_relations(self, value: Mapping[str, Any], path: str, violations: Violations) -> None:
        start, end = value.get("startSec", 0), value.get("endSec")
        if end is not None and end < start:
            violations.append(f"{path}/endSec: {end} is not greater or equal to {start}")
        fused = FUSED in value.get("embeddingType", ())
        if fused and len(set(value.get("embeddingOption", self.options))) < 2:
            violations.append(f"{path}/embeddingType: {FUSED} takes two embedding options or more")


_REFERENCE = re.compile(r"<@([^>]*)>")
_MULTI_INPUT = ObjectOf(
    {
        "mediaSources": ListOf(
            _Media({"mediaType": String(enum=("image",))}, {"name": _TEXT}), min_items=1
        ),
    },
    {"inputText": String()},
)


def multi_input(value: Any, path: str, violations: Violations) -> None:
    """Append the violations of several images and a text that refers to them as ``<@name>``.

    Args:
        value: The value of ``multi_input``.
        path: The JSON Pointer of the value.
        violations: The list to append to.
    """
    before = len(violations)
    _MULTI_INPUT(value, path, violations)
    if len(violations) > before:
        return
    names = {source.get("name") for source in value["mediaSources"]}
    unknown = [name for name in _REFERENCE.findall(value.get("inputText", "")) if name not in names]
    violations.extend(f"{path}/inputText: no media source is named {name}" for name in unknown)


_INPUTS_3: dict[str, Schema] = {
    "text": ObjectOf({"inputText": _TEXT}),
    "image": ObjectOf({"mediaSource": _MEDIA}),
    "text_image": ObjectOf({"inputText": _TEXT, "mediaSource": _MEDIA}),
    "multi_input": multi_input,
    **{kind: _TimedMedia(options) for kind, options in OPTIONS_3.items()},
}


def is_version_3(model_id: str) -> bool:
    """Return whether the model is Marengo 3.0."""
    return model_id.startswith("twelvelabs.marengo-embed-3-")


def request_schema(model_id: str, model_input: Any) -> Schema:
    """Return the schema for the input type of a request.

    Args:
        model_id: The foundation model id.
        model_input: The model input of the request.
    """
    input_types = _INPUT_TYPES_3 if is_version_3(model_id) else _INPUT_TYPES_2
    input_type: Any = model_input.get("inputType") if isinstance(model_input, dict) else None
    if input_type not in input_types:
        return ObjectOf({"inputType": String(enum=input_types)}, additional=True)
    if is_version_3(model_id):
        return ObjectOf(
            {"inputType": _TEXT, input_type: _INPUTS_3[input_type]}, {"inferenceId": _TEXT}
        )
    content: dict[str, Schema] = (
        {"inputText": _TEXT} if input_type == "text" else {"mediaSource": _MEDIA}
    )
    return ObjectOf({"inputType": _TEXT, **content}, _OPTIONS_2)
