"""Nova Multimodal Embeddings: segments of texts, images, video and audio."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from mlmock import MockML
from mlmock.services.bedrock_runtime.media.mp4 import mp4
from mlmock.services.bedrock_runtime.media.segments import duration_of
from tests.services.bedrock_runtime.async_helpers import output_folder, start
from tests.services.bedrock_runtime.async_invoke.output_helpers import (
    NOVA,
    norm,
    outputs,
    segmented,
    violations,
)


def test_a_long_text_is_split_into_segments(ml: MockML, bedrock: Any) -> None:
    ml.s3.put("s3://media/source", "x" * 2000)
    model_input = segmented(
        "text", segmentationConfig={"maxLengthChars": 800}, truncationMode="END"
    )
    found = outputs(ml, bedrock, NOVA, model_input)
    lines = [json.loads(line) for line in found["embedding-text.jsonl"].splitlines()]
    assert [line["segmentMetadata"] for line in lines] == [
        {"segmentIndex": 0, "segmentStartCharPosition": 0, "segmentEndCharPosition": 799},
        {"segmentIndex": 1, "segmentStartCharPosition": 800, "segmentEndCharPosition": 1599},
        {"segmentIndex": 2, "segmentStartCharPosition": 1600, "segmentEndCharPosition": 1999},
    ]
    assert {line["status"] for line in lines} == {"SUCCESS"}
    assert {len(line["embedding"]) for line in lines} == {256}
    assert norm(lines[0]["embedding"]) == pytest.approx(1, abs=1e-5)


def test_segments_end_after_a_word(ml: MockML, bedrock: Any) -> None:
    ml.s3.put("s3://media/source", "word " * 300)
    model_input = segmented("text", segmentationConfig={"maxLengthChars": 804})
    found = outputs(ml, bedrock, NOVA, model_input)
    lines = [
        json.loads(line)["segmentMetadata"] for line in found["embedding-text.jsonl"].splitlines()
    ]
    assert [line["segmentStartCharPosition"] for line in lines] == [0, 800]
    assert [line["segmentEndCharPosition"] for line in lines] == [799, 1499]


def test_an_empty_text_has_no_segments(ml: MockML, bedrock: Any) -> None:
    ml.s3.put("s3://media/source", "")
    assert outputs(ml, bedrock, NOVA, segmented("text"))["embedding-text.jsonl"] == b""


def test_the_text_can_be_given_in_the_request(ml: MockML, bedrock: Any) -> None:
    model_input = segmented("text")
    model_input["segmentedEmbeddingParams"]["text"] = {"value": "a dog", "truncationMode": "END"}
    found = outputs(ml, bedrock, NOVA, model_input)
    [line] = found["embedding-text.jsonl"].splitlines()
    assert json.loads(line)["segmentMetadata"]["segmentEndCharPosition"] == 4
    assert "sourceFileUri" not in json.loads(found["segmented-embedding-result.json"])


def test_the_result_document_names_the_output_files(ml: MockML, bedrock: Any) -> None:
    arn = start(bedrock, NOVA, segmented("image", format="png", size=1024))
    folder = output_folder(bedrock, arn)
    result = json.loads(ml.s3.get(f"{folder}/segmented-embedding-result.json"))
    assert result == {
        "sourceFileUri": "s3://media/source",
        "embeddingDimension": 1024,
        "embeddingResults": [
            {
                "embeddingType": "IMAGE",
                "status": "SUCCESS",
                "outputFileUri": f"{folder}/embedding-image.json",
            }
        ],
    }
    assert len(json.loads(ml.s3.get(f"{folder}/embedding-image.json"))["embedding"]) == 1024


@pytest.mark.parametrize(
    ("mode", "names"),
    [
        ("AUDIO_VIDEO_COMBINED", ["embedding-audio-video.jsonl"]),
        ("AUDIO_VIDEO_SEPARATE", ["embedding-audio.jsonl", "embedding-video.jsonl"]),
    ],
)
def test_video_and_audio_are_embedded_together_or_separately(
    ml: MockML, bedrock: Any, mode: str, names: list[str]
) -> None:
    ml.s3.put("s3://media/source", mp4(64, 64, 7))
    model_input = segmented("video", format="mp4", embeddingMode=mode)
    found = outputs(ml, bedrock, NOVA, model_input)
    assert [name for name in sorted(found) if name.startswith("embedding-")] == names
    lines = [json.loads(line) for line in found[names[0]].splitlines()]
    assert lines[1]["segmentMetadata"] == {
        "segmentIndex": 1,
        "segmentStartSeconds": 5.0,
        "segmentEndSeconds": 7.0,
    }


def test_audio_has_its_own_file_and_the_default_dimension(ml: MockML, bedrock: Any) -> None:
    model_input = segmented("audio", format="wav", segmentationConfig={"durationSeconds": 30})
    del model_input["segmentedEmbeddingParams"]["embeddingDimension"]
    found = outputs(ml, bedrock, NOVA, model_input)
    [line] = found["embedding-audio.jsonl"].splitlines()
    assert len(json.loads(line)["embedding"]) == 3072


def test_custom_output_and_failure_of_nova_embeddings(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.async_invokes.complete("{}\n", times=1)
    assert outputs(ml, bedrock, NOVA, segmented("text"))["embedding-text.jsonl"] == b"{}\n"
    ml.bedrock.async_invokes.fail("broken", times=1)
    found = outputs(ml, bedrock, NOVA, segmented("text"))
    assert sorted(found) == ["manifest.json", "segmented-embedding-result.json"]
    [result] = json.loads(found["segmented-embedding-result.json"])["embeddingResults"]
    assert (result["status"], result["message"]) == ("FAILURE", "broken")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"taskType": "SINGLE_EMBEDDING"},
            "#/taskType: SINGLE_EMBEDDING is not a valid enum value",
        ),
        (
            {"segmentedEmbeddingParams": []},
            "#/segmentedEmbeddingParams: expected type: JSONObject, found: JSONArray",
        ),
        (
            {"segmentedEmbeddingParams": {"embeddingPurpose": "GENERIC_INDEX"}},
            "#/segmentedEmbeddingParams: 0 subschemas matched instead of one",
        ),
        (
            segmented("image", format="jpg", detailLevel="HIGH"),
            "#/segmentedEmbeddingParams/image/format: jpg is not a valid enum value"
            "#/segmentedEmbeddingParams/image/detailLevel: HIGH is not a valid enum value",
        ),
        (
            segmented("video", format="mp4"),
            "#/segmentedEmbeddingParams/video: required key [embeddingMode] not found",
        ),
        (
            segmented("audio", format="mp3", uri="https://media/source"),
            "#/segmentedEmbeddingParams/audio/source/s3Location/uri: "
            "string [https://media/source] does not match pattern s3://[^/]+/.+",
        ),
        (
            {"segmentedEmbeddingParams": {"embeddingPurpose": "CLUSTERING", "text": {}}},
            "#/segmentedEmbeddingParams/text: required key [source] not found",
        ),
    ],
)
def test_invalid_nova_embeddings_input(bedrock: Any, change: Any, expected: str) -> None:
    assert violations(bedrock, NOVA, segmented("text") | change) == expected


def test_the_length_of_media_is_limited(ml: MockML, bedrock: Any) -> None:
    endless = (28).to_bytes(4, "big") + b"mvhd" + bytes(12) + (1).to_bytes(4, "big") + b"\xff" * 4
    assert duration_of({"base64String": base64.b64encode(endless).decode()}, ml.s3.get) == 4 * 3600
    ml.s3.put("s3://media/source", endless)
    found = outputs(ml, bedrock, NOVA, segmented("audio", format="mp3"))
    assert len(found["embedding-audio.jsonl"].splitlines()) == 1434
