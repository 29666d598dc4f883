"""Schemas of requests to Amazon Nova Multimodal Embeddings, as a whole or in segments.

Source: Amazon Nova user guide, complete embeddings schema. Assumption: members that this page
requires, although it names a default or public samples leave them out, are optional
(`truncationMode`, `segmentationConfig`, and the `embeddingMode` of a video without segments).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from mlmock.services.bedrock_runtime.validation.schema import (
    ObjectOf,
    Schema,
    String,
    Violations,
    integer,
)

_PURPOSES = (
    "GENERIC_INDEX",
    "GENERIC_RETRIEVAL",
    "TEXT_RETRIEVAL",
    "IMAGE_RETRIEVAL",
    "VIDEO_RETRIEVAL",
    "DOCUMENT_RETRIEVAL",
    "AUDIO_RETRIEVAL",
    "CLASSIFICATION",
    "CLUSTERING",
)
_MAX_DIMENSIONS = 3072
_MAX_CHARACTERS = 8192  # of a text inside the request
_DIMENSIONS = integer(enum=(256, 384, 1024, _MAX_DIMENSIONS))
_FORMATS = {
    "image": ("png", "jpeg", "gif", "webp"),
    "video": ("mp4", "mov", "mkv", "webm", "flv", "mpeg", "mpg", "wmv", "3gp"),
    "audio": ("mp3", "wav", "ogg"),
}
_MODES = String(enum=("AUDIO_VIDEO_COMBINED", "AUDIO_VIDEO_SEPARATE"))


class Input(NamedTuple):
    """The only input of a request: its kind (text, image, video or audio), value and dimensions."""

    kind: str
    value: Mapping[str, Any]
    dimensions: int


@dataclass(frozen=True, slots=True)
class Parameters:
    """The schema of ``singleEmbeddingParams`` and ``segmentedEmbeddingParams``.

    Requests have exactly one of `inputs`.
    """

    inputs: Mapping[str, Schema]

    def __call__(self, value: Any, path: str, violations: Violations) -> None:
        """Append the violations of `value` at `path` to `violations`."""
        kinds = [kind for kind in self.inputs if isinstance(value, dict) and kind in value]
        required: dict[str, Schema] = {"embeddingPurpose": String(enum=_PURPOSES)}
        required |= {kind: self.inputs[kind] for kind in kinds}
        ObjectOf(required, {"embeddingDimension": _DIMENSIONS})(value, path, violations)
        if isinstance(value, dict) and len(kinds) != 1:
            violations.append(f"{path}: {len(kinds)} subschemas matched instead of one")

    def select_input(self, value: Mapping[str, Any]) -> Input:
        """Return the input in a valid `value`."""
        kind = next(kind for kind in self.inputs if kind in value)
        return Input(kind, value[kind], value.get("embeddingDimension", _MAX_DIMENSIONS))


def parameters_schema(source: Schema, segments: Mapping[str, Schema] | None = None) -> Parameters:
    """Return the schema of the embedding parameters.

    Args:
        source: The schema of the source of media and texts.
        segments: The schema of ``segmentationConfig`` for each kind of input that can be segmented.
    """
    segmentation = {
        kind: {"segmentationConfig": schema} for kind, schema in (segments or {}).items()
    }
    text: dict[str, Schema] = {
        "value": String(1, _MAX_CHARACTERS),
        "source": source,
        "truncationMode": String(enum=("START", "END", "NONE")),
    }
    inputs: dict[str, Schema] = {
        "text": _Text(ObjectOf({}, {**text, **segmentation.get("text", {})}))
    }
    options: dict[str, dict[str, Schema]] = {
        "image": {"detailLevel": String(enum=("STANDARD_IMAGE", "DOCUMENT_IMAGE"))},
        "video": {} if segments else {"embeddingMode": _MODES},
        "audio": {},
    }
    for kind, formats in _FORMATS.items():
        required: dict[str, Schema] = {"format": String(enum=formats), "source": source}
        if segments and kind == "video":
            required["embeddingMode"] = _MODES
        inputs[kind] = ObjectOf(required, {**options[kind], **segmentation.get(kind, {})})
    return Parameters(inputs)


@dataclass(frozen=True, slots=True)
class _Text:
    """A text inside the request or from a source."""

    fields: ObjectOf

    def __call__(self, value: Any, path: str, violations: Violations) -> None:
        self.fields(value, path, violations)
        if isinstance(value, dict) and "value" not in value and "source" not in value:
            violations.append(f"{path}: required key [source] not found")
