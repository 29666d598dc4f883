"""Amazon Nova Reel: text and pictures to video, in one shot or in several.

The request and the output files are those of the Nova user guide's pages on video generation.
"""

from __future__ import annotations

from typing import Any

from mlmock.services.bedrock_runtime.async_invoke.families.base import File, Work, json_file
from mlmock.services.bedrock_runtime.media.mp4 import mp4
from mlmock.services.bedrock_runtime.validation.media_schema import S3_LOCATION, base64_text
from mlmock.services.bedrock_runtime.validation.schema import (
    ListOf,
    ObjectOf,
    OneOf,
    Schema,
    String,
    integer,
)

_WIDTH, _HEIGHT, _RATE, _SHOT = 1280, 720, 24, 6
_SOURCE = OneOf((ObjectOf({"bytes": base64_text}), ObjectOf({"s3Location": S3_LOCATION})))
_IMAGE = ObjectOf({"format": String(enum=("png", "jpeg")), "source": _SOURCE})
_PROMPT = String(min_length=1, max_length=512)
_SETTINGS: dict[str, Schema] = {
    "fps": integer(enum=(_RATE,)),
    "dimension": String(enum=("1280x720",)),
    "seed": integer(0, 2147483646),
}
_ONE_SHOT = ObjectOf({"text": _PROMPT}, {"images": ListOf(_IMAGE, max_items=1)})
_SHOTS = ListOf(ObjectOf({"text": _PROMPT}, {"image": _IMAGE}), min_items=1, max_items=20)
_AUTOMATED = ObjectOf({"text": String(min_length=1, max_length=4000)})
_PARAMS: dict[str, tuple[str, Schema]] = {
    "TEXT_VIDEO": ("textToVideoParams", _ONE_SHOT),
    "MULTI_SHOT_AUTOMATED": ("multiShotAutomatedParams", _AUTOMATED),
    "MULTI_SHOT_MANUAL": ("multiShotManualParams", ObjectOf({"shots": _SHOTS})),
}
_SECONDS: dict[str, Schema] = {
    "TEXT_VIDEO": integer(enum=(_SHOT,)),
    "MULTI_SHOT_AUTOMATED": integer(enum=tuple(range(2 * _SHOT, 121, _SHOT))),
}
_BLOCKED = "RAI_VIOLATION_OUTPUT_VIDEO_DEFLECTION"
# The failures of the status document and their texts, as the user guide lists them; the first is
# that of the invocation itself.
_FAILURES = {
    "The generated video has been blocked by our content filters.": _BLOCKED,
    "The generated content has been blocked by our content filters.": _BLOCKED,
    "Service capacity limit has been reached. Please try again later.": "RATE_LIMIT_EXCEEDED",
    "Request has been aborted.": "ABORTED",
}
_TEXTS = {kind: text for text, kind in _FAILURES.items()}


class NovaReel:
    """Nova Reel 1.0 (one shot) and 1.1 (several as well)."""

    def schema_of(self, model_id: str, model_input: Any) -> Schema:
        """Return the schema of the task that `model_input` names."""
        tasks = ("TEXT_VIDEO",) if model_id.endswith("-v1:0") else tuple(_PARAMS)
        kind = model_input.get("taskType") if isinstance(model_input, dict) else None
        if kind not in tasks:
            return ObjectOf({"taskType": String(enum=tasks)}, additional=True)
        name, params = _PARAMS[kind]
        config = {"videoGenerationConfig": _config(kind)}
        if kind == "MULTI_SHOT_AUTOMATED":  # its length has no default
            return ObjectOf({"taskType": String(), name: params, **config})
        return ObjectOf({"taskType": String(), name: params}, config)

    def outputs(self, work: Work) -> list[File]:
        """Return the video, its shots if there are several, and the status document."""
        seconds = _seconds(work.model_input)
        whole_video = mp4(_WIDTH, _HEIGHT, seconds, _RATE) if work.body is None else work.body
        names = _shot_names(work.model_input)
        shots = [File(name, mp4(_WIDTH, _HEIGHT, _SHOT, _RATE), "video/mp4") for name in names]
        places = [_placed(work, name) for name in names]
        status = _status(places, _placed(work, "output.mp4"))
        return [File("output.mp4", whole_video, "video/mp4"), *shots, status]

    def failed_outputs(self, work: Work, message: str) -> list[File]:
        """Return the status document, which says of every shot why it is not there."""
        kind = _FAILURES.get(message, "INTERNAL_SERVER_EXCEPTION")
        text = _TEXTS.get(kind, message)
        failure = {"status": "FAILURE", "failureType": kind, "failureMessage": text}
        return [_status([failure for _ in _shot_names(work.model_input)], failure)]


def _config(kind: str) -> Schema:
    if kind not in _SECONDS:
        return ObjectOf({}, _SETTINGS)
    seconds = {"durationSeconds": _SECONDS[kind]}
    if kind == "MULTI_SHOT_AUTOMATED":
        return ObjectOf(seconds, _SETTINGS)
    return ObjectOf({}, {**seconds, **_SETTINGS})


def _seconds(model_input: Any) -> int:
    if model_input["taskType"] == "MULTI_SHOT_MANUAL":
        return _SHOT * len(model_input["multiShotManualParams"]["shots"])
    seconds: int = model_input.get("videoGenerationConfig", {}).get("durationSeconds", _SHOT)
    return seconds


def _shot_names(model_input: Any) -> list[str]:
    """Return the names of the shots' files; a video of one shot has none beside it (judged)."""
    if model_input["taskType"] == "TEXT_VIDEO":
        return []
    return [f"shot_{n:04d}.mp4" for n in range(1, _seconds(model_input) // _SHOT + 1)]


def _placed(work: Work, name: str) -> dict[str, str]:
    return {"status": "SUCCESS", "location": f"{work.folder}/{name}"}


def _status(shots: list[dict[str, str]], video: dict[str, str]) -> File:
    shown = {"schemaVersion": "1.0", "shots": shots, "fullVideo": video}
    return json_file("video-generation-status.json", shown)


FAMILY = NovaReel()
