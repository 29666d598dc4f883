"""Nova Reel: single and several shots, failures and invalid input."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlmock import MockML
from mlmock.services.bedrock_runtime.media.segments import mp4_seconds
from tests.services.bedrock_runtime.async_invoke.output_helpers import (
    REEL_1_0,
    REEL_1_1,
    outputs,
    reel,
    violations,
)


def test_a_single_shot(ml: MockML, bedrock: Any) -> None:
    model_input = reel(
        "TEXT_VIDEO",
        "textToVideoParams",
        {"text": "a dog", "images": [{"format": "png", "source": {"bytes": "aGk="}}]},
        durationSeconds=6,
        fps=24,
        dimension="1280x720",
        seed=0,
    )
    found = outputs(ml, bedrock, REEL_1_0, model_input)
    assert sorted(found) == ["manifest.json", "output.mp4", "video-generation-status.json"]
    assert mp4_seconds(found["output.mp4"]) == 6
    status = json.loads(found["video-generation-status.json"])
    assert status["schemaVersion"] == "1.0"
    assert status["fullVideo"]["status"] == "SUCCESS"
    assert status["fullVideo"]["location"].endswith("/output.mp4")


@pytest.mark.parametrize(
    ("model_input", "shots"),
    [
        (
            reel(
                "MULTI_SHOT_AUTOMATED",
                "multiShotAutomatedParams",
                {"text": "a long video"},
                durationSeconds=18,
            ),
            3,
        ),
        (
            reel(
                "MULTI_SHOT_MANUAL",
                "multiShotManualParams",
                {
                    "shots": [
                        {"text": "a dog"},
                        {
                            "text": "a cat",
                            "image": {
                                "format": "jpeg",
                                "source": {"s3Location": {"uri": "s3://media/cat.jpg"}},
                            },
                        },
                    ]
                },
            ),
            2,
        ),
    ],
)
def test_several_shots(ml: MockML, bedrock: Any, model_input: Any, shots: int) -> None:
    found = outputs(ml, bedrock, REEL_1_1, model_input)
    names = [f"shot_{number:04d}.mp4" for number in range(1, shots + 1)]
    assert [name for name in sorted(found) if name.startswith("shot_")] == names
    assert {mp4_seconds(found[name]) for name in names} == {6}
    assert mp4_seconds(found["output.mp4"]) == 6 * shots
    status = json.loads(found["video-generation-status.json"])
    assert [shot["location"].rpartition("/")[2] for shot in status["shots"]] == names


@pytest.mark.parametrize(
    ("message", "kind", "text"),
    [
        (
            "The generated video has been blocked by our content filters.",
            "RAI_VIOLATION_OUTPUT_VIDEO_DEFLECTION",
            "The generated content has been blocked by our content filters.",
        ),
        ("Request has been aborted.", "ABORTED", "Request has been aborted."),
        ("The disk is full.", "INTERNAL_SERVER_EXCEPTION", "The disk is full."),
    ],
)
def test_a_failure_is_in_the_status_document(
    ml: MockML, bedrock: Any, message: str, kind: str, text: str
) -> None:
    ml.bedrock.async_invokes.fail(message)
    shots = {"shots": [{"text": "a dog"}]}
    model_input = reel("MULTI_SHOT_MANUAL", "multiShotManualParams", shots)
    found = outputs(ml, bedrock, REEL_1_1, model_input)
    assert sorted(found) == ["manifest.json", "video-generation-status.json"]
    status = json.loads(found["video-generation-status.json"])
    failure = {"status": "FAILURE", "failureType": kind, "failureMessage": text}
    assert status == {"schemaVersion": "1.0", "shots": [failure], "fullVideo": failure}


@pytest.mark.parametrize(
    ("model_id", "model_input", "expected"),
    [
        (REEL_1_0, {}, "#: required key [taskType] not found"),
        (REEL_1_0, {"taskType": "SHOT"}, "#/taskType: SHOT is not a valid enum value"),
        (
            REEL_1_0,
            reel("MULTI_SHOT_MANUAL", "multiShotManualParams", {"shots": [{"text": "a"}]}),
            "#/taskType: MULTI_SHOT_MANUAL is not a valid enum value",
        ),
        (
            REEL_1_0,
            reel("TEXT_VIDEO", "textToVideoParams", {"text": "x" * 513}),
            "#/textToVideoParams/text: expected maxLength: 512, actual: 513",
        ),
        (
            REEL_1_0,
            reel("TEXT_VIDEO", "textToVideoParams", {"text": "a"}, durationSeconds=7),
            "#/videoGenerationConfig/durationSeconds: 7 is not a valid enum value",
        ),
        (
            REEL_1_1,
            {"taskType": "MULTI_SHOT_AUTOMATED", "multiShotAutomatedParams": {"text": "a"}},
            "#: required key [videoGenerationConfig] not found",
        ),
        (
            REEL_1_1,
            reel("MULTI_SHOT_AUTOMATED", "multiShotAutomatedParams", {"text": "a"}, fps=24),
            "#/videoGenerationConfig: required key [durationSeconds] not found",
        ),
        (
            REEL_1_1,
            reel(
                "MULTI_SHOT_MANUAL",
                "multiShotManualParams",
                {"shots": [{"text": "a"}]},
                durationSeconds=6,
            ),
            "#/videoGenerationConfig: extraneous key [durationSeconds] is not permitted",
        ),
        (REEL_1_0, "a dog", "#: expected type: JSONObject, found: String"),
        (REEL_1_0, [], "#: expected type: JSONObject, found: JSONArray"),
    ],
)
def test_invalid_nova_reel_input(
    bedrock: Any, model_id: str, model_input: Any, expected: str
) -> None:
    assert violations(bedrock, model_id, model_input) == expected
