"""Amazon Nova Multimodal Embeddings: embeddings of segments of text, video, audio and images.

Source: Amazon Nova user guide, complete embeddings schema (request and output files).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from mlmock.services.bedrock_runtime.async_invoke.families.base import (
    File,
    Invocation,
    json_file,
    json_lines_file,
)
from mlmock.services.bedrock_runtime.families.nova_embedding_schema import Input, parameters_schema
from mlmock.services.bedrock_runtime.media.embeddings import canonical_json, unit_vector
from mlmock.services.bedrock_runtime.media.segments import duration_of, fixed_clips
from mlmock.services.bedrock_runtime.validation.media_schema import S3_LOCATION
from mlmock.services.bedrock_runtime.validation.schema import ObjectOf, Schema, String, integer

# The length of a segment if the request sets none.
_DEFAULT_CHARACTERS, _DEFAULT_SECONDS = 32000, 5
# The maximum number of segments. Assumption: further segments are left out.
_MAX_TEXTS, _MAX_CLIPS = 1900, 1434
_DURATION = ObjectOf({}, {"durationSeconds": integer(1, 30)})
_PARAMETERS = parameters_schema(
    ObjectOf({"s3Location": S3_LOCATION}),
    {
        "text": ObjectOf({}, {"maxLengthChars": integer(800, 50000)}),
        "video": _DURATION,
        "audio": _DURATION,
    },
)
_BODY: dict[str, Schema] = {
    "taskType": String(enum=("SEGMENTED_EMBEDDING",)),
    "segmentedEmbeddingParams": _PARAMETERS,
}
_UP_TO_LAST_SPACE = re.compile(r".*\s", re.DOTALL)
_FILES = {
    "TEXT": "embedding-text.jsonl",
    "IMAGE": "embedding-image.json",
    "VIDEO": "embedding-video.jsonl",
    "AUDIO": "embedding-audio.jsonl",
    "AUDIO_VIDEO_COMBINED": "embedding-audio-video.jsonl",
}


class NovaEmbeddings:
    """The family of Nova Multimodal Embeddings, for the task SEGMENTED_EMBEDDING."""

    def request_schema(self, model_id: str, model_input: Any) -> Schema:
        """Return the schema of every request."""
        return ObjectOf(_BODY, {"schemaVersion": String()})

    def outputs(self, invocation: Invocation) -> list[File]:
        """Return a file for each embedding type, and the result document that lists them."""
        files, results = [], []
        for kind in _types(invocation.model_input):
            files.append(_embeddings_file(invocation, kind))
            uri = f"{invocation.folder}/{_FILES[kind]}"
            results.append({"embeddingType": kind, "status": "SUCCESS", "outputFileUri": uri})
        if invocation.body is not None:
            files[0] = File(files[0].name, invocation.body, files[0].content_type)
        return [*files, _result_file(invocation, results)]

    def failed_outputs(self, invocation: Invocation, message: str) -> list[File]:
        """Return the result document with the failure of each embedding type."""
        failure = {"status": "FAILURE", "failureReason": "INTERNAL_SERVER_EXCEPTION"}
        kinds = _types(invocation.model_input)
        results = [{"embeddingType": kind, **failure, "message": message} for kind in kinds]
        return [_result_file(invocation, results)]


def _input(model_input: Mapping[str, Any]) -> Input:
    return _PARAMETERS.select_input(model_input["segmentedEmbeddingParams"])


def _types(model_input: Mapping[str, Any]) -> list[str]:
    kind, part, _ = _input(model_input)
    if kind != "video":
        return [kind.upper()]
    combined = part["embeddingMode"] == "AUDIO_VIDEO_COMBINED"
    return ["AUDIO_VIDEO_COMBINED"] if combined else ["VIDEO", "AUDIO"]


def _embeddings_file(invocation: Invocation, kind: str) -> File:
    name, part, size = _input(invocation.model_input)
    lines = []
    for index, (seed, segment) in enumerate(_segments(invocation, name, part)):
        vector = list(unit_vector(f"{kind} {seed}", size))
        metadata = {"segmentIndex": index, **segment}
        lines.append({"embedding": vector, "segmentMetadata": metadata, "status": "SUCCESS"})
    if kind == "IMAGE":
        return json_file(_FILES[kind], lines[0])
    return json_lines_file(_FILES[kind], lines)


def _segments(
    invocation: Invocation, name: str, part: Mapping[str, Any]
) -> list[tuple[str, dict[str, float | int]]]:
    """Return the text from which each segment's vector is derived, and its metadata."""
    if name == "image":
        return [(canonical_json(part["source"]), {})]
    config = part.get("segmentationConfig", {})
    if name == "text":
        return _text_segments(invocation, part, config.get("maxLengthChars", _DEFAULT_CHARACTERS))
    length = duration_of(part["source"], invocation.read)
    return [
        (f"{canonical_json(part['source'])} {start}", _clip_metadata(start, end))
        for start, end in fixed_clips(0.0, length, config.get("durationSeconds", _DEFAULT_SECONDS))[
            :_MAX_CLIPS
        ]
    ]


def _clip_metadata(start: float, end: float) -> dict[str, float | int]:
    return {"segmentStartSeconds": start, "segmentEndSeconds": end}


def _text_segments(
    invocation: Invocation, part: Mapping[str, Any], max_length: int
) -> list[tuple[str, dict[str, float | int]]]:
    text = (
        part["value"] if "value" in part else _text(invocation, part["source"]["s3Location"]["uri"])
    )
    return [
        (
            text[start:end],
            {"segmentStartCharPosition": start, "segmentEndCharPosition": end - 1},
        )
        for start, end in islice(_text_spans(text, max_length), _MAX_TEXTS)
    ]


def _text(invocation: Invocation, uri: str) -> str:
    """Return the text at `uri`. Assumption: the URI itself if there is no object."""
    body = invocation.read(uri)
    return uri if body is None else body.decode("utf-8", "replace")


def _text_spans(text: str, max_length: int) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each segment of `text`, which ends after a word if possible."""
    start = 0
    while start < len(text):
        end = start + max_length
        if end < len(text) and (words := _UP_TO_LAST_SPACE.match(text, start, end)):
            end = words.end()
        yield start, min(end, len(text))
        start = end


def _result_file(invocation: Invocation, results: list[dict[str, str]]) -> File:
    _, part, size = _input(invocation.model_input)
    document: dict[str, Any] = {"embeddingDimension": size, "embeddingResults": results}
    if "value" not in part:
        document["sourceFileUri"] = part["source"]["s3Location"]["uri"]
    return json_file("segmented-embedding-result.json", document)


FAMILY = NovaEmbeddings()
