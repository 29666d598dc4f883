"""TwelveLabs Marengo: vectors of texts, images, video clips and audio."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from mlmock import MockML
from mlmock.services.bedrock_runtime.media.mp4 import mp4
from tests.services.bedrock_runtime.async_helpers import get_invoke, start
from tests.services.bedrock_runtime.async_invoke.output_helpers import (
    FUSED,
    MARENGO_2,
    MARENGO_3,
    RAY,
    SOURCE,
    embedding_entries,
    norm,
    outputs,
    violations,
)


@pytest.mark.parametrize(
    ("model_id", "model_input", "width"),
    [
        (MARENGO_2, {"inputType": "text", "inputText": "a dog"}, 1024),
        (MARENGO_2, {"inputType": "image", "mediaSource": {"base64String": "aGk="}}, 1024),
        (MARENGO_3, {"inputType": "text", "text": {"inputText": "a dog"}}, 512),
        (MARENGO_3, {"inputType": "image", "image": {"mediaSource": SOURCE}}, 512),
        (
            MARENGO_3,
            {"inputType": "text_image", "text_image": {"inputText": "a", "mediaSource": SOURCE}},
            512,
        ),
        (
            MARENGO_3,
            {
                "inputType": "multi_input",
                "multi_input": {
                    "inputText": "<@one> and <@two>",
                    "mediaSources": [
                        {"name": "one", "mediaType": "image", **SOURCE},
                        {"name": "two", "mediaType": "image", "base64String": "aGk="},
                    ],
                },
            },
            512,
        ),
    ],
)
def test_texts_and_images_have_one_vector(
    ml: MockML, bedrock: Any, model_id: str, model_input: Any, width: int
) -> None:
    [entry] = embedding_entries(outputs(ml, bedrock, model_id, model_input))
    assert list(entry) == ["embedding"]
    assert len(entry["embedding"]) == width
    assert norm(entry["embedding"]) == pytest.approx(1, abs=1e-5)


def test_the_same_input_has_the_same_vectors(ml: MockML, bedrock: Any) -> None:
    model_input = {"inputType": "text", "inputText": "a dog"}
    first, second = (outputs(ml, bedrock, MARENGO_2, model_input)["output.json"] for _ in range(2))
    other = outputs(ml, bedrock, MARENGO_2, model_input | {"inputText": "a cat"})["output.json"]
    assert first == second != other


def test_marengo_2_splits_a_video_into_clips(ml: MockML, bedrock: Any) -> None:
    ml.s3.put("s3://media/video.mp4", mp4(64, 64, 14))
    rows = embedding_entries(
        outputs(ml, bedrock, MARENGO_2, {"inputType": "video", "mediaSource": SOURCE})
    )
    assert [(row["startSec"], row["endSec"]) for row in rows[::3]] == [(0, 6), (6, 12), (12, 14)]
    assert [row["embeddingOption"] for row in rows[:3]] == ["visual-text", "visual-image", "audio"]
    assert len({tuple(row["embedding"]) for row in rows}) == 9


def test_marengo_2_embeds_the_requested_part(ml: MockML, bedrock: Any) -> None:
    model_input = {
        "inputType": "video",
        "mediaSource": SOURCE,
        "startSec": 2,
        "lengthSec": 8,
        "useFixedLengthSec": 4,
        "embeddingOption": ["audio"],
    }
    rows = embedding_entries(outputs(ml, bedrock, MARENGO_2, model_input))
    assert [(row["startSec"], row["endSec"]) for row in rows] == [(2, 6), (6, 10)]


def test_audio_of_unknown_length_counts_as_twelve_seconds(ml: MockML, bedrock: Any) -> None:
    for source in (SOURCE, {"base64String": "aGk="}, {"s3Location": {"uri": "s3://no/video"}}):
        model_input = {"inputType": "audio", "mediaSource": source, "useFixedLengthSec": 10}
        rows = embedding_entries(outputs(ml, bedrock, MARENGO_2, model_input))
        times = [(row["embeddingOption"], row["startSec"], row["endSec"]) for row in rows]
        assert times == [("audio", 0, 10), ("audio", 10, 12)]


@pytest.mark.parametrize(
    ("seconds", "clips"),
    [(50, [10, 20, 30, 40, 50]), (16, [8, 16]), (12, [12]), (25, [8.333, 16.667, 25]), (4, [4])],
)
def test_audio_is_split_into_even_clips_of_about_ten_seconds(
    ml: MockML, bedrock: Any, seconds: float, clips: list[float]
) -> None:
    part = {"mediaSource": SOURCE, "endSec": seconds, "embeddingOption": ["audio"]}
    rows = embedding_entries(outputs(ml, bedrock, MARENGO_3, {"inputType": "audio", "audio": part}))
    assert [row["endSec"] for row in rows] == clips


def test_marengo_3_embeds_clips_and_the_whole_asset(ml: MockML, bedrock: Any) -> None:
    video = {"base64String": base64.b64encode(mp4(64, 64, 10)).decode()}
    part = {
        "mediaSource": video,
        "segmentation": {"method": "fixed", "fixed": {"durationSec": 5}},
        "embeddingOption": ["visual", "transcription"],
        "embeddingScope": ["clip", "asset"],
    }
    model_input = {"inputType": "video", "video": part, "inferenceId": "one"}
    rows = embedding_entries(outputs(ml, bedrock, MARENGO_3, model_input))
    assert [(r["embeddingScope"], r["startSec"], r["endSec"]) for r in rows[::2]] == [
        ("clip", 0, 5),
        ("clip", 5, 10),
        ("asset", 0, 10),
    ]
    assert {len(row["embedding"]) for row in rows} == {512}


def test_marengo_3_embeds_audio_and_its_transcription(ml: MockML, bedrock: Any) -> None:
    part = {"mediaSource": SOURCE, "startSec": 1, "endSec": 3}
    rows = embedding_entries(outputs(ml, bedrock, MARENGO_3, {"inputType": "audio", "audio": part}))
    assert [row["embeddingOption"] for row in rows] == ["audio", "transcription"]
    assert {(row["startSec"], row["endSec"]) for row in rows} == {(1, 3)}


def test_marengo_3_fuses_embeddings(ml: MockML, bedrock: Any) -> None:
    part: dict[str, Any] = {"mediaSource": SOURCE, "endSec": 6, "embeddingType": [FUSED]}
    model_input = {"inputType": "video", "video": part}
    rows = embedding_entries(outputs(ml, bedrock, MARENGO_3, model_input))
    assert [row["embeddingOption"] for row in rows] == ["fused"]
    part["embeddingType"] = ["separate_embedding", FUSED]
    rows = embedding_entries(outputs(ml, bedrock, MARENGO_3, model_input))
    assert [row["embeddingOption"] for row in rows] == ["visual", "audio", "transcription", "fused"]


def test_fixed_clips_are_six_seconds_by_default(ml: MockML, bedrock: Any) -> None:
    part = {
        "mediaSource": SOURCE,
        "segmentation": {"method": "fixed"},
        "embeddingOption": ["audio"],
    }
    rows = embedding_entries(outputs(ml, bedrock, MARENGO_3, {"inputType": "audio", "audio": part}))
    assert [row["endSec"] for row in rows] == [6, 12]


def test_custom_output_and_failure_of_marengo(ml: MockML, bedrock: Any) -> None:
    model_input = {"inputType": "text", "inputText": "a dog"}
    ml.bedrock.async_invokes.complete({"data": []}, times=1)
    assert outputs(ml, bedrock, MARENGO_2, model_input)["output.json"] == b'{"data":[]}'
    for model_id, other in ((MARENGO_2, model_input), (RAY, {"prompt": "a dog"})):
        ml.bedrock.async_invokes.fail("broken", times=1)
        assert list(outputs(ml, bedrock, model_id, other)) == ["manifest.json"]


@pytest.mark.parametrize(
    ("model_id", "model_input", "expected"),
    [
        (MARENGO_2, {"inputType": "scent"}, "#/inputType: scent is not a valid enum value"),
        (MARENGO_2, {"inputType": "text"}, "#: required key [inputText] not found"),
        (
            MARENGO_2,
            {"inputType": "video", "mediaSource": {}},
            "#/mediaSource: no subschema matched out of the total 2 subschemas",
        ),
        (
            MARENGO_2,
            {"inputType": "image", "mediaSource": {"base64String": "no base64!"}},
            "#/mediaSource/base64String: invalid base64",
        ),
        (
            MARENGO_2,
            {"inputType": "video", "mediaSource": {"s3Location": {"uri": "clip"}}},
            "#/mediaSource/s3Location/uri: string [clip] does not match pattern s3://[^/]+/.+",
        ),
        (MARENGO_3, {"inputType": "text", "inputText": "a"}, None),
        (
            MARENGO_2,
            {"inputType": "text_image"},
            "#/inputType: text_image is not a valid enum value",
        ),
        (
            MARENGO_3,
            {"inputType": "audio", "audio": {"mediaSource": SOURCE, "startSec": 9, "endSec": 3}},
            "#/audio/endSec: 3 is not greater or equal to 9",
        ),
        (
            MARENGO_3,
            {
                "inputType": "audio",
                "audio": {
                    "mediaSource": SOURCE,
                    "embeddingOption": ["audio"],
                    "embeddingType": [FUSED],
                },
            },
            "#/audio/embeddingType: fused_embedding takes two embedding options or more",
        ),
        (
            MARENGO_3,
            {
                "inputType": "multi_input",
                "multi_input": {
                    "inputText": "<@cat>",
                    "mediaSources": [{"mediaType": "image", **SOURCE}],
                },
            },
            "#/multi_input/inputText: no media source is named cat",
        ),
    ],
)
def test_invalid_marengo_input(
    bedrock: Any, model_id: str, model_input: Any, expected: str | None
) -> None:
    found = violations(bedrock, model_id, model_input)
    assert found == (
        expected or "#: extraneous key [inputText] is not permitted#: required key [text] not found"
    )


def test_get_returns_the_arn_of_the_model(bedrock: Any) -> None:
    arn = start(bedrock, MARENGO_3, {"inputType": "text", "text": {"inputText": "a"}})
    assert get_invoke(bedrock, arn)["modelArn"].endswith("/twelvelabs.marengo-embed-3-0-v1:0")


def test_a_start_after_the_end_gives_one_empty_clip(ml: MockML, bedrock: Any) -> None:
    part = {"mediaSource": SOURCE, "startSec": 99, "embeddingOption": ["audio"]}
    rows = embedding_entries(outputs(ml, bedrock, MARENGO_3, {"inputType": "audio", "audio": part}))
    assert [(row["startSec"], row["endSec"]) for row in rows] == [(99, 99)]
