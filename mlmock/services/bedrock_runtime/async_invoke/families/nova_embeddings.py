"""Amazon Nova Multimodal Embeddings: long text, video, sound and pictures, in segments.

The files are those of the Nova user guide's page on the complete embeddings schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from mlmock.services.bedrock_runtime.async_invoke.families.base import (
    File,
    Work,
    json_file,
    lines_file,
)
from mlmock.services.bedrock_runtime.families.nova_embedding_schema import Input, parameters_schema
from mlmock.services.bedrock_runtime.media.embeddings import canonical_json, unit_vector
from mlmock.services.bedrock_runtime.media.segments import duration_of, fixed_clips
from mlmock.services.bedrock_runtime.validation.media_schema import S3_LOCATION
from mlmock.services.bedrock_runtime.validation.schema import ObjectOf, Schema, String, integer

_CHARACTERS, _SECONDS = 32000, 5  # of a segment, where the request names none
_MOST_TEXTS, _MOST_CLIPS = 1900, 1434  # segments; what comes after them is left out (judged)
_BY_TIME = ObjectOf({}, {"durationSeconds": integer(1, 30)})
_PARAMETERS = parameters_schema(
    ObjectOf({"s3Location": S3_LOCATION}),
    {
        "text": ObjectOf({}, {"maxLengthChars": integer(800, 50000)}),
        "video": _BY_TIME,
        "audio": _BY_TIME,
    },
)
_BODY: dict[str, Schema] = {
    "taskType": String(enum=("SEGMENTED_EMBEDDING",)),
    "segmentedEmbeddingParams": _PARAMETERS,
}
_TO_A_WORDS_END = re.compile(r".*\s", re.DOTALL)
_FILES = {
    "TEXT": "embedding-text.jsonl",
    "IMAGE": "embedding-image.json",
    "VIDEO": "embedding-video.jsonl",
    "AUDIO": "embedding-audio.jsonl",
    "AUDIO_VIDEO_COMBINED": "embedding-audio-video.jsonl",
}


class NovaEmbeddings:
    """Nova Multimodal Embeddings, for the task SEGMENTED_EMBEDDING."""

    def schema_of(self, model_id: str, model_input: Any) -> Schema:
        """Return the schema of every request."""
        return ObjectOf(_BODY, {"schemaVersion": String()})

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


def _input(model_input: Mapping[str, Any]) -> Input:
    return _PARAMETERS.select_input(model_input["segmentedEmbeddingParams"])


def _types(model_input: Mapping[str, Any]) -> list[str]:
    kind, part, _ = _input(model_input)
    if kind != "video":
        return [kind.upper()]
    combined = part["embeddingMode"] == "AUDIO_VIDEO_COMBINED"
    return ["AUDIO_VIDEO_COMBINED"] if combined else ["VIDEO", "AUDIO"]


def _embeddings(work: Work, kind: str) -> File:
    name, part, size = _input(work.model_input)
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
        return [(canonical_json(part["source"]), {})]
    asked = part.get("segmentationConfig", {})
    if name == "text":
        return _text_segments(work, part, asked.get("maxLengthChars", _CHARACTERS))
    length = duration_of(part["source"], work.read)
    return [
        (f"{canonical_json(part['source'])} {since}", _between(since, until))
        for since, until in fixed_clips(0.0, length, asked.get("durationSeconds", _SECONDS))[
            :_MOST_CLIPS
        ]
    ]


def _between(since: float, until: float) -> dict[str, float | int]:
    return {"segmentStartSeconds": since, "segmentEndSeconds": until}


def _text_segments(
    work: Work, part: Mapping[str, Any], most: int
) -> list[tuple[str, dict[str, float | int]]]:
    text = part["value"] if "value" in part else _text(work, part["source"]["s3Location"]["uri"])
    return [
        (
            text[start:end],
            {"segmentStartCharPosition": start, "segmentEndCharPosition": end - 1},
        )
        for start, end in islice(_pieces(text, most), _MOST_TEXTS)
    ]


def _text(work: Work, uri: str) -> str:
    """Return the text at `uri`; its name stands for one that isn't there (judged)."""
    body = work.read(uri)
    return uri if body is None else body.decode("utf-8", "replace")


def _pieces(text: str, most: int) -> Iterator[tuple[int, int]]:
    """Yield where the segments of `text` begin and end: behind a word, where one ends in them."""
    start = 0
    while start < len(text):
        end = start + most
        if end < len(text) and (words := _TO_A_WORDS_END.match(text, start, end)):
            end = words.end()
        yield start, min(end, len(text))
        start = end


def _result(work: Work, results: list[dict[str, str]]) -> File:
    _, part, size = _input(work.model_input)
    shown: dict[str, Any] = {"embeddingDimension": size, "embeddingResults": results}
    if "value" not in part:
        shown["sourceFileUri"] = part["source"]["s3Location"]["uri"]
    return json_file("segmented-embedding-result.json", shown)


FAMILY = NovaEmbeddings()
