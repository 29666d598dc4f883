"""Amazon Nova Reel: text and images to video with one or several shots.

Source: Amazon Nova user guide, video generation (request and output files).
"""

from __future__ import annotations

from typing import Any

from mlmock.services.bedrock_runtime.async_invoke.families.base import File, Invocation, json_file
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

_WIDTH, _HEIGHT = 1280, 720  # pixels
_FRAME_RATE, _SHOT_SECONDS = 24, 6
_SOURCE = OneOf((ObjectOf({"bytes": base64_text}), ObjectOf({"s3Location": S3_LOCATION})))
_IMAGE = ObjectOf({"format": String(enum=("png", "jpeg")), "source": _SOURCE})
_PROMPT = String(min_length=1, max_length=512)
_SETTINGS: dict[str, Schema] = {
    "fps": integer(enum=(_FRAME_RATE,)),
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
_DURATION_SCHEMAS: dict[str, Schema] = {
    "TEXT_VIDEO": integer(enum=(_SHOT_SECONDS,)),
    "MULTI_SHOT_AUTOMATED": integer(enum=tuple(range(2 * _SHOT_SECONDS, 121, _SHOT_SECONDS))),
}
_BLOCKED = "RAI_VIOLATION_OUTPUT_VIDEO_DEFLECTION"
# The failure types of the status document by the messages that the user guide lists. The first
# message is the failureMessage of the invocation.
_FAILURE_TYPES = {
    "The generated video has been blocked by our content filters.": _BLOCKED,
    "The generated content has been blocked by our content filters.": _BLOCKED,
    "Service capacity limit has been reached. Please try again later.": "RATE_LIMIT_EXCEEDED",
    "Request has been aborted.": "ABORTED",
}
_FAILURE_MESSAGES = {kind: text for text, kind in _FAILURE_TYPES.items()}


class NovaReel:
    """The family of Nova Reel 1.0 (one shot) and 1.1 (one or several shots)."""

    def request_schema(self, model_id: str, model_input: Any) -> Schema:
        """Return the schema of the task in `model_input`."""
        tasks = ("TEXT_VIDEO",) if model_id.endswith("-v1:0") else tuple(_PARAMS)
        kind = model_input.get("taskType") if isinstance(model_input, dict) else None
        if kind not in tasks:
            return ObjectOf({"taskType": String(enum=tasks)}, additional=True)
        name, params = _PARAMS[kind]
        config = {"videoGenerationConfig": _config_schema(kind)}
        if kind == "MULTI_SHOT_AUTOMATED":  # The duration of this task has no default.
            return ObjectOf({"taskType": String(), name: params, **config})
        return ObjectOf({"taskType": String(), name: params}, config)

    def outputs(self, invocation: Invocation) -> list[File]:
        """Return the video, its shots unless there is only one, and the status document."""
        seconds = _seconds(invocation.model_input)
        video = (
            mp4(_WIDTH, _HEIGHT, seconds, _FRAME_RATE)
            if invocation.body is None
            else invocation.body
        )
        names = _shot_names(invocation.model_input)
        shots = [
            File(name, mp4(_WIDTH, _HEIGHT, _SHOT_SECONDS, _FRAME_RATE), "video/mp4")
            for name in names
        ]
        locations = [_success(invocation, name) for name in names]
        status = _status_file(locations, _success(invocation, "output.mp4"))
        return [File("output.mp4", video, "video/mp4"), *shots, status]

    def failed_outputs(self, invocation: Invocation, message: str) -> list[File]:
        """Return the status document with the failure of the video and of each shot."""
        kind = _FAILURE_TYPES.get(message, "INTERNAL_SERVER_EXCEPTION")
        text = _FAILURE_MESSAGES.get(kind, message)
        failure = {"status": "FAILURE", "failureType": kind, "failureMessage": text}
        return [_status_file([failure for _ in _shot_names(invocation.model_input)], failure)]


def _config_schema(kind: str) -> Schema:
    if kind not in _DURATION_SCHEMAS:
        return ObjectOf({}, _SETTINGS)
    seconds = {"durationSeconds": _DURATION_SCHEMAS[kind]}
    if kind == "MULTI_SHOT_AUTOMATED":
        return ObjectOf(seconds, _SETTINGS)
    return ObjectOf({}, {**seconds, **_SETTINGS})


def _seconds(model_input: Any) -> int:
    if model_input["taskType"] == "MULTI_SHOT_MANUAL":
        return _SHOT_SECONDS * len(model_input["multiShotManualParams"]["shots"])
    seconds: int = model_input.get("videoGenerationConfig", {}).get(
        "durationSeconds", _SHOT_SECONDS
    )
    return seconds


def _shot_names(model_input: Any) -> list[str]:
    """Return the file names of the shots. Assumption: a video of one shot has none."""
    if model_input["taskType"] == "TEXT_VIDEO":
        return []
    return [f"shot_{n:04d}.mp4" for n in range(1, _seconds(model_input) // _SHOT_SECONDS + 1)]


def _success(invocation: Invocation, name: str) -> dict[str, str]:
    return {"status": "SUCCESS", "location": f"{invocation.folder}/{name}"}


def _status_file(shots: list[dict[str, str]], video: dict[str, str]) -> File:
    document = {"schemaVersion": "1.0", "shots": shots, "fullVideo": video}
    return json_file("video-generation-status.json", document)


FAMILY = NovaReel()
