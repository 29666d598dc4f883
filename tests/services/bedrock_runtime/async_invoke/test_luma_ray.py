"""Luma Ray: videos of the requested size, the manifest and invalid input."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlmock import MockML
from mlmock.services.bedrock_runtime.async_invoke.families.luma_ray import video_size
from mlmock.services.bedrock_runtime.media.segments import mp4_seconds
from tests.services.bedrock_runtime.async_helpers import output_folder, start
from tests.services.bedrock_runtime.async_invoke.output_helpers import RAY, outputs, violations
from tests.services.bedrock_runtime.mp4_reader import box, numbers


def test_the_manifest_names_the_invocation(ml: MockML, bedrock: Any) -> None:
    arn = start(bedrock, RAY, {"prompt": "a dog"})
    manifest = ml.s3.object(f"{output_folder(bedrock, arn)}/manifest.json")
    assert json.loads(manifest.body)["invocationArn"] == arn
    assert manifest.content_type == "application/json"


def test_a_ray_video_has_the_requested_size_and_length(ml: MockML, bedrock: Any) -> None:
    frame = {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": "aGk="},
    }
    model_input = {
        "prompt": "a dog",
        "aspect_ratio": "9:16",
        "duration": "9s",
        "resolution": "540p",
        "loop": False,
        "keyframes": {"frame0": frame},
    }
    found = outputs(ml, bedrock, RAY, model_input)
    assert sorted(found) == ["manifest.json", "output.mp4"]
    assert mp4_seconds(found["output.mp4"]) == 9
    size = numbers(box(found["output.mp4"], "moov/trak/tkhd"))[-2:]
    assert [side >> 16 for side in size] == [540, 960]


@pytest.mark.parametrize(
    ("ratio", "resolution", "size"),
    [
        ("16:9", "720p", (1280, 720)),
        ("21:9", "540p", (1260, 540)),
        ("1:1", "720p", (720, 720)),
        ("3:4", "540p", (540, 720)),
    ],
)
def test_the_resolution_is_the_length_of_the_shorter_side(
    ratio: str, resolution: str, size: tuple[int, int]
) -> None:
    assert video_size(ratio, resolution) == size


def test_invalid_ray_input(bedrock: Any) -> None:
    assert violations(bedrock, RAY, {}) == "#: required key [prompt] not found"
    model_input = {"prompt": "a", "duration": "6s", "size": 1}
    assert violations(bedrock, RAY, model_input) == (
        "#: extraneous key [size] is not permitted#/duration: 6s is not a valid enum value"
    )
