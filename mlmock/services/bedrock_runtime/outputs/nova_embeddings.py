"""Amazon Nova Multimodal Embeddings: long text, video, sound and pictures, in segments.

The request and the files are those of the Nova user guide's pages on embeddings; members whose
limits no public page gives are taken as they come.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlmock.services.bedrock_runtime.outputs.clips import length_of, spans
from mlmock.services.bedrock_runtime.outputs.family import File, Work, json_file, lines_file
from mlmock.services.bedrock_runtime.schema import Anything, Fields, Schema, Text, whole
from mlmock.services.bedrock_runtime.vectors import text_of, unit_vector

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
_CHARACTERS, _SECONDS = 32000, 5  # of a segment, where the request names none
_MOST_TEXTS, _MOST_CLIPS = 1900, 1434  # segments; what comes after them is left out (judged)
_S3 = Fields({"uri": Text(least=1)}, {"bucketOwner": Text()})
_SOURCE = Fields({"s3Location": _S3})
_BY_LENGTH = Fields({}, {"maxLengthChars": whole(800, 50000)})
_BY_TIME = Fields({}, {"durationSeconds": whole(1, 30)})
_FORMAT = Text(least=1)
_MODES = ("AUDIO_VIDEO_COMBINED", "AUDIO_VIDEO_SEPARATE")
_PARTS: dict[str, Schema] = {
    "text": Fields(
        {"source": _SOURCE},
        {
            "truncationMode": Text(among=("START", "END", "NONE")),
            "segmentationConfig": _BY_LENGTH,
        },
    ),
    "image": Fields({"format": _FORMAT, "source": _SOURCE}, {"detailLevel": Anything()}),
    "video": Fields(
        {"format": _FORMAT, "source": _SOURCE, "embeddingMode": Text(among=_MODES)},
        {"segmentationConfig": _BY_TIME},
    ),
    "audio": Fields({"format": _FORMAT, "source": _SOURCE}, {"segmentationConfig": _BY_TIME}),
}
_FILES = {
    "TEXT": "embedding-text.jsonl",
    "IMAGE": "embedding-image.json",
    "VIDEO": "embedding-video.jsonl",
    "AUDIO": "embedding-audio.jsonl",
    "AUDIO_VIDEO_COMBINED": "embedding-audio-video.jsonl",
}
_COMMON: dict[str, Schema] = {"embeddingDimension": whole(among=(256, 384, 1024, 3072))}


class NovaEmbeddings:
    """Nova Multimodal Embeddings, for the task SEGMENTED_EMBEDDING."""

    def schema_of(self, model_id: str, model_input: Any) -> Schema:
        """Return the schema of every request."""
        return Fields(
            {"taskType": Text(among=("SEGMENTED_EMBEDDING",)), "segmentedEmbeddingParams": _one},
            {"schemaVersion": Text()},
        )

    def outputs(self, work: Work) -> list[File]:
        """Return one file for each type of embedding, and the document that says which."""
        files, results = [], []
        for kind in _types(work.model_input):
            files.append(_embeddings(work, kind))
            uri = f"{work.folder}/{_FILES[kind]}"
            results.append({"embeddingType": kind, "status": "SUCCESS", "outputFileUri": uri})
        if work.body is not None:
            files[0] = File(files[0].name, work.body, files[0].content_type)
        return [*files, _result(work, results)]

    def failed_outputs(self, work: Work, message: str) -> list[File]:
        """Return the document that says what failed, and why."""
        why = {"status": "FAILURE", "failureReason": "INTERNAL_SERVER_EXCEPTION"}
        kinds = _types(work.model_input)
        results = [{"embeddingType": kind, **why, "message": message} for kind in kinds]
        return [_result(work, results)]


def _one(value: Any, path: str, faults: list[str]) -> None:
    """Hold the parameters against the schema of the one kind of input that they have."""
    kinds = [kind for kind in _PARTS if isinstance(value, dict) and kind in value]
    required: dict[str, Schema] = {"embeddingPurpose": Text(among=_PURPOSES)}
    required |= {kind: _PARTS[kind] for kind in kinds}
    Fields(required, _COMMON)(value, path, faults)
    if isinstance(value, dict) and len(kinds) != 1:
        faults.append(f"{path}: {len(kinds)} subschemas matched instead of one")


def _params(model_input: Mapping[str, Any]) -> tuple[str, Mapping[str, Any], int]:
    params = model_input["segmentedEmbeddingParams"]
    kind = next(name for name in _PARTS if name in params)
    return kind, params[kind], params.get("embeddingDimension", 3072)


def _types(model_input: Mapping[str, Any]) -> list[str]:
    kind, part, _ = _params(model_input)
    if kind != "video":
        return [kind.upper()]
    combined = part["embeddingMode"] == "AUDIO_VIDEO_COMBINED"
    return ["AUDIO_VIDEO_COMBINED"] if combined else ["VIDEO", "AUDIO"]


def _embeddings(work: Work, kind: str) -> File:
    name, part, size = _params(work.model_input)
    lines = []
    for place, (seed, segment) in enumerate(_segments(work, name, part)):
        vector = list(unit_vector(f"{kind} {seed}", size))
        meta = {"segmentIndex": place, **segment}
        lines.append({"embedding": vector, "segmentMetadata": meta, "status": "SUCCESS"})
    if kind == "IMAGE":
        return json_file(_FILES[kind], lines[0])
    return lines_file(_FILES[kind], lines)


def _segments(
    work: Work, name: str, part: Mapping[str, Any]
) -> list[tuple[str, dict[str, float | int]]]:
    """Return what is embedded of each segment, and its metadata."""
    if name == "image":
        return [(text_of(part["source"]), {})]
    asked = part.get("segmentationConfig", {})
    if name == "text":
        return _text_segments(work, part, asked.get("maxLengthChars", _CHARACTERS))
    length = length_of(part["source"], work.read)
    return [
        (f"{text_of(part['source'])} {since}", _between(since, until))
        for since, until in spans(0.0, length, asked.get("durationSeconds", _SECONDS))[:_MOST_CLIPS]
    ]


def _between(since: float, until: float) -> dict[str, float | int]:
    return {"segmentStartSeconds": since, "segmentEndSeconds": until}


def _text_segments(
    work: Work, part: Mapping[str, Any], step: int
) -> list[tuple[str, dict[str, float | int]]]:
    uri = part["source"]["s3Location"]["uri"]
    text = (work.read(uri) or uri.encode("utf-8", "replace")).decode("utf-8", "replace")
    return [
        (
            text[start : start + step],
            {
                "segmentStartCharPosition": start,
                "segmentEndCharPosition": min(start + step, len(text)) - 1,
            },
        )
        for start in range(0, len(text), step)[:_MOST_TEXTS]
    ]


def _result(work: Work, results: list[dict[str, str]]) -> File:
    _, part, size = _params(work.model_input)
    shown = {
        "sourceFileUri": part["source"]["s3Location"]["uri"],
        "embeddingDimension": size,
        "embeddingResults": results,
    }
    return json_file("segmented-embedding-result.json", shown)


FAMILY = NovaEmbeddings()
