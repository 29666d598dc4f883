"""What each family of asynchronous models writes: its documents, its vectors, its videos."""

from __future__ import annotations

import base64
import json
import math
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlmock import MockML, mock_ml
from mlmock.services.bedrock_runtime.async_invoke.families.luma_ray import size_of
from mlmock.services.bedrock_runtime.media import h264
from mlmock.services.bedrock_runtime.media.mp4 import mp4
from mlmock.services.bedrock_runtime.media.segments import duration_of, fixed_clips, mp4_seconds
from tests.services.bedrock_runtime.async_helpers import NOON, client_of, folder_of, show, start
from tests.services.bedrock_runtime.mp4_reader import Reader, box, boxes, numbers

REEL_1, REEL_11 = "amazon.nova-reel-v1:0", "amazon.nova-reel-v1:1"
RAY = "luma.ray-v2:0"
MARENGO_2 = "us.twelvelabs.marengo-embed-2-7-v1:0"
MARENGO_3 = "eu.twelvelabs.marengo-embed-3-0-v1:0"
NOVA = "amazon.nova-2-multimodal-embeddings-v1:0"
FFPROBE = shutil.which("ffprobe") or ""
FUSED = "fused_embedding"
SOURCE = {"s3Location": {"uri": "s3://media/film.mp4", "bucketOwner": "123456789012"}}


@pytest.fixture
def ml() -> Iterator[MockML]:
    with mock_ml(now=NOON) as ml:
        yield ml


@pytest.fixture
def bedrock(ml: MockML) -> Any:
    return client_of()


def outputs(ml: MockML, client: Any, model_id: str, model_input: Any) -> dict[str, bytes]:
    """Run an invocation to its end and return what it wrote, by name."""
    folder = folder_of(client, start(client, model_id, model_input))
    return {uri.removeprefix(f"{folder}/"): ml.s3.get(uri) for uri in ml.s3.list(folder)}


def refused(client: Any, model_id: str, model_input: Any) -> str:
    """Return what the service says to a bad input, without its frame."""
    with pytest.raises(client.exceptions.ValidationException) as caught:
        start(client, model_id, model_input)
    message = str(caught.value.response["Error"]["Message"])
    frame = "Malformed input request: ", ", please reformat your input and try again."
    return message.removeprefix(frame[0]).removesuffix(frame[1])


def length(vector: list[float]) -> float:
    return math.sqrt(sum(number * number for number in vector))


# -- every family ---------------------------------------------------------------------------------


def test_the_manifest_names_the_invocation(ml: MockML, bedrock: Any) -> None:
    arn = start(bedrock, RAY, {"prompt": "a dog"})
    manifest = ml.s3.object(f"{folder_of(bedrock, arn)}/manifest.json")
    assert json.loads(manifest.body)["invocationArn"] == arn
    assert manifest.content_type == "application/json"


# -- Nova Reel ------------------------------------------------------------------------------------


def reel(kind: str, params: str, value: Any, **config: Any) -> dict[str, Any]:
    return {"taskType": kind, params: value} | ({"videoGenerationConfig": config} if config else {})


def test_one_shot(ml: MockML, bedrock: Any) -> None:
    asked = reel(
        "TEXT_VIDEO",
        "textToVideoParams",
        {"text": "a dog", "images": [{"format": "png", "source": {"bytes": "aGk="}}]},
        durationSeconds=6,
        fps=24,
        dimension="1280x720",
        seed=0,
    )
    found = outputs(ml, bedrock, REEL_1, asked)
    assert sorted(found) == ["manifest.json", "output.mp4", "video-generation-status.json"]
    assert mp4_seconds(found["output.mp4"]) == 6
    status = json.loads(found["video-generation-status.json"])
    assert status["schemaVersion"] == "1.0"
    assert status["fullVideo"]["status"] == "SUCCESS"
    assert status["fullVideo"]["location"].endswith("/output.mp4")


@pytest.mark.parametrize(
    ("asked", "shots"),
    [
        (
            reel(
                "MULTI_SHOT_AUTOMATED",
                "multiShotAutomatedParams",
                {"text": "a long film"},
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
def test_several_shots(ml: MockML, bedrock: Any, asked: Any, shots: int) -> None:
    found = outputs(ml, bedrock, REEL_11, asked)
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
    asked = reel("MULTI_SHOT_MANUAL", "multiShotManualParams", shots)
    found = outputs(ml, bedrock, REEL_11, asked)
    assert sorted(found) == ["manifest.json", "video-generation-status.json"]
    status = json.loads(found["video-generation-status.json"])
    failure = {"status": "FAILURE", "failureType": kind, "failureMessage": text}
    assert status == {"schemaVersion": "1.0", "shots": [failure], "fullVideo": failure}


@pytest.mark.parametrize(
    ("model_id", "asked", "words"),
    [
        (REEL_1, {}, "#: required key [taskType] not found"),
        (REEL_1, {"taskType": "SHOT"}, "#/taskType: SHOT is not a valid enum value"),
        (
            REEL_1,
            reel("MULTI_SHOT_MANUAL", "multiShotManualParams", {"shots": [{"text": "a"}]}),
            "#/taskType: MULTI_SHOT_MANUAL is not a valid enum value",
        ),
        (
            REEL_1,
            reel("TEXT_VIDEO", "textToVideoParams", {"text": "x" * 513}),
            "#/textToVideoParams/text: expected maxLength: 512, actual: 513",
        ),
        (
            REEL_1,
            reel("TEXT_VIDEO", "textToVideoParams", {"text": "a"}, durationSeconds=7),
            "#/videoGenerationConfig/durationSeconds: 7 is not a valid enum value",
        ),
        (
            REEL_11,
            {"taskType": "MULTI_SHOT_AUTOMATED", "multiShotAutomatedParams": {"text": "a"}},
            "#: required key [videoGenerationConfig] not found",
        ),
        (
            REEL_11,
            reel("MULTI_SHOT_AUTOMATED", "multiShotAutomatedParams", {"text": "a"}, fps=24),
            "#/videoGenerationConfig: required key [durationSeconds] not found",
        ),
        (
            REEL_11,
            reel(
                "MULTI_SHOT_MANUAL",
                "multiShotManualParams",
                {"shots": [{"text": "a"}]},
                durationSeconds=6,
            ),
            "#/videoGenerationConfig: extraneous key [durationSeconds] is not permitted",
        ),
        (REEL_1, "a dog", "#: expected type: JSONObject, found: String"),
        (REEL_1, [], "#: expected type: JSONObject, found: JSONArray"),
    ],
)
def test_what_nova_reel_refuses(bedrock: Any, model_id: str, asked: Any, words: str) -> None:
    assert refused(bedrock, model_id, asked) == words


# -- Luma Ray -------------------------------------------------------------------------------------


def test_a_ray_video_has_the_shape_and_length_asked_for(ml: MockML, bedrock: Any) -> None:
    frame = {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": "aGk="},
    }
    asked = {
        "prompt": "a dog",
        "aspect_ratio": "9:16",
        "duration": "9s",
        "resolution": "540p",
        "loop": False,
        "keyframes": {"frame0": frame},
    }
    found = outputs(ml, bedrock, RAY, asked)
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
def test_the_resolution_is_the_shorter_sides(
    ratio: str, resolution: str, size: tuple[int, int]
) -> None:
    assert size_of(ratio, resolution) == size


def test_what_ray_refuses(bedrock: Any) -> None:
    assert refused(bedrock, RAY, {}) == "#: required key [prompt] not found"
    asked = {"prompt": "a", "duration": "6s", "size": 1}
    assert refused(bedrock, RAY, asked) == (
        "#: extraneous key [size] is not permitted#/duration: 6s is not a valid enum value"
    )


# -- Marengo --------------------------------------------------------------------------------------


def entries(found: dict[str, bytes]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(found["output.json"])["data"]
    return rows


@pytest.mark.parametrize(
    ("model_id", "asked", "width"),
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
def test_texts_and_pictures_have_one_vector(
    ml: MockML, bedrock: Any, model_id: str, asked: Any, width: int
) -> None:
    [entry] = entries(outputs(ml, bedrock, model_id, asked))
    assert list(entry) == ["embedding"]
    assert len(entry["embedding"]) == width
    assert length(entry["embedding"]) == pytest.approx(1, abs=1e-5)


def test_the_same_input_has_the_same_vectors(ml: MockML, bedrock: Any) -> None:
    asked = {"inputType": "text", "inputText": "a dog"}
    first, second = (outputs(ml, bedrock, MARENGO_2, asked)["output.json"] for _ in range(2))
    other = outputs(ml, bedrock, MARENGO_2, asked | {"inputText": "a cat"})["output.json"]
    assert first == second != other


def test_marengo_2_cuts_a_video_into_clips(ml: MockML, bedrock: Any) -> None:
    ml.s3.put("s3://media/film.mp4", mp4(64, 64, 14))
    rows = entries(outputs(ml, bedrock, MARENGO_2, {"inputType": "video", "mediaSource": SOURCE}))
    assert [(row["startSec"], row["endSec"]) for row in rows[::3]] == [(0, 6), (6, 12), (12, 14)]
    assert [row["embeddingOption"] for row in rows[:3]] == ["visual-text", "visual-image", "audio"]
    assert len({tuple(row["embedding"]) for row in rows}) == 9


def test_marengo_2_takes_the_part_asked_for(ml: MockML, bedrock: Any) -> None:
    asked = {
        "inputType": "video",
        "mediaSource": SOURCE,
        "startSec": 2,
        "lengthSec": 8,
        "useFixedLengthSec": 4,
        "embeddingOption": ["audio"],
    }
    rows = entries(outputs(ml, bedrock, MARENGO_2, asked))
    assert [(row["startSec"], row["endSec"]) for row in rows] == [(2, 6), (6, 10)]


def test_sound_of_unknown_length_is_taken_for_twelve_seconds(ml: MockML, bedrock: Any) -> None:
    for source in (SOURCE, {"base64String": "aGk="}, {"s3Location": {"uri": "s3://no/film"}}):
        asked = {"inputType": "audio", "mediaSource": source, "useFixedLengthSec": 10}
        rows = entries(outputs(ml, bedrock, MARENGO_2, asked))
        times = [(row["embeddingOption"], row["startSec"], row["endSec"]) for row in rows]
        assert times == [("audio", 0, 10), ("audio", 10, 12)]


@pytest.mark.parametrize(
    ("seconds", "clips"),
    [(50, [10, 20, 30, 40, 50]), (16, [8, 16]), (12, [12]), (25, [8.333, 16.667, 25]), (4, [4])],
)
def test_sound_falls_into_even_pieces_of_about_ten_seconds(
    ml: MockML, bedrock: Any, seconds: float, clips: list[float]
) -> None:
    part = {"mediaSource": SOURCE, "endSec": seconds, "embeddingOption": ["audio"]}
    rows = entries(outputs(ml, bedrock, MARENGO_3, {"inputType": "audio", "audio": part}))
    assert [row["endSec"] for row in rows] == clips


def test_marengo_3_knows_clips_and_the_whole(ml: MockML, bedrock: Any) -> None:
    video = {"base64String": base64.b64encode(mp4(64, 64, 10)).decode()}
    part = {
        "mediaSource": video,
        "segmentation": {"method": "fixed", "fixed": {"durationSec": 5}},
        "embeddingOption": ["visual", "transcription"],
        "embeddingScope": ["clip", "asset"],
    }
    asked = {"inputType": "video", "video": part, "inferenceId": "one"}
    rows = entries(outputs(ml, bedrock, MARENGO_3, asked))
    assert [(r["embeddingScope"], r["startSec"], r["endSec"]) for r in rows[::2]] == [
        ("clip", 0, 5),
        ("clip", 5, 10),
        ("asset", 0, 10),
    ]
    assert {len(row["embedding"]) for row in rows} == {512}


def test_marengo_3_hears_sound_by_itself(ml: MockML, bedrock: Any) -> None:
    part = {"mediaSource": SOURCE, "startSec": 1, "endSec": 3}
    rows = entries(outputs(ml, bedrock, MARENGO_3, {"inputType": "audio", "audio": part}))
    assert [row["embeddingOption"] for row in rows] == ["audio", "transcription"]
    assert {(row["startSec"], row["endSec"]) for row in rows} == {(1, 3)}


def test_marengo_3_fuses_what_it_sees_and_hears(ml: MockML, bedrock: Any) -> None:
    part: dict[str, Any] = {"mediaSource": SOURCE, "endSec": 6, "embeddingType": [FUSED]}
    asked = {"inputType": "video", "video": part}
    rows = entries(outputs(ml, bedrock, MARENGO_3, asked))
    assert [row["embeddingOption"] for row in rows] == ["fused"]
    part["embeddingType"] = ["separate_embedding", FUSED]
    rows = entries(outputs(ml, bedrock, MARENGO_3, asked))
    assert [row["embeddingOption"] for row in rows] == ["visual", "audio", "transcription", "fused"]


def test_fixed_pieces_are_six_seconds_unless_it_is_said(ml: MockML, bedrock: Any) -> None:
    part = {
        "mediaSource": SOURCE,
        "segmentation": {"method": "fixed"},
        "embeddingOption": ["audio"],
    }
    rows = entries(outputs(ml, bedrock, MARENGO_3, {"inputType": "audio", "audio": part}))
    assert [row["endSec"] for row in rows] == [6, 12]


def test_an_output_and_a_failure_of_marengos(ml: MockML, bedrock: Any) -> None:
    asked = {"inputType": "text", "inputText": "a dog"}
    ml.bedrock.async_invokes.complete({"data": []}, times=1)
    assert outputs(ml, bedrock, MARENGO_2, asked)["output.json"] == b'{"data":[]}'
    for model_id, other in ((MARENGO_2, asked), (RAY, {"prompt": "a dog"})):
        ml.bedrock.async_invokes.fail("broken", times=1)
        assert list(outputs(ml, bedrock, model_id, other)) == ["manifest.json"]


@pytest.mark.parametrize(
    ("model_id", "asked", "words"),
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
            {"inputType": "video", "mediaSource": {"s3Location": {"uri": "film"}}},
            "#/mediaSource/s3Location/uri: string [film] does not match pattern s3://[^/]+/.+",
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
def test_what_marengo_refuses(bedrock: Any, model_id: str, asked: Any, words: str | None) -> None:
    found = refused(bedrock, model_id, asked)
    assert found == (
        words or "#: extraneous key [inputText] is not permitted#: required key [text] not found"
    )


# -- Nova Multimodal Embeddings -------------------------------------------------------------------


def segmented(kind: str, uri: str = "s3://media/source", **part: Any) -> dict[str, Any]:
    source = {"source": {"s3Location": {"uri": uri}}}
    size = part.pop("size", 256)
    params = {"embeddingPurpose": "GENERIC_INDEX", "embeddingDimension": size, kind: source | part}
    return {"taskType": "SEGMENTED_EMBEDDING", "segmentedEmbeddingParams": params}


def test_a_long_text_falls_into_segments(ml: MockML, bedrock: Any) -> None:
    ml.s3.put("s3://media/source", "x" * 2000)
    asked = segmented("text", segmentationConfig={"maxLengthChars": 800}, truncationMode="END")
    found = outputs(ml, bedrock, NOVA, asked)
    lines = [json.loads(line) for line in found["embedding-text.jsonl"].splitlines()]
    assert [line["segmentMetadata"] for line in lines] == [
        {"segmentIndex": 0, "segmentStartCharPosition": 0, "segmentEndCharPosition": 799},
        {"segmentIndex": 1, "segmentStartCharPosition": 800, "segmentEndCharPosition": 1599},
        {"segmentIndex": 2, "segmentStartCharPosition": 1600, "segmentEndCharPosition": 1999},
    ]
    assert {line["status"] for line in lines} == {"SUCCESS"}
    assert {len(line["embedding"]) for line in lines} == {256}
    assert length(lines[0]["embedding"]) == pytest.approx(1, abs=1e-5)


def test_segments_end_behind_a_word(ml: MockML, bedrock: Any) -> None:
    ml.s3.put("s3://media/source", "word " * 300)
    asked = segmented("text", segmentationConfig={"maxLengthChars": 804})
    found = outputs(ml, bedrock, NOVA, asked)
    lines = [
        json.loads(line)["segmentMetadata"] for line in found["embedding-text.jsonl"].splitlines()
    ]
    assert [line["segmentStartCharPosition"] for line in lines] == [0, 800]
    assert [line["segmentEndCharPosition"] for line in lines] == [799, 1499]


def test_an_empty_text_has_no_segments(ml: MockML, bedrock: Any) -> None:
    ml.s3.put("s3://media/source", "")
    assert outputs(ml, bedrock, NOVA, segmented("text"))["embedding-text.jsonl"] == b""


def test_a_text_may_stand_in_the_request(ml: MockML, bedrock: Any) -> None:
    asked = segmented("text")
    asked["segmentedEmbeddingParams"]["text"] = {"value": "a dog", "truncationMode": "END"}
    found = outputs(ml, bedrock, NOVA, asked)
    [line] = found["embedding-text.jsonl"].splitlines()
    assert json.loads(line)["segmentMetadata"]["segmentEndCharPosition"] == 4
    assert "sourceFileUri" not in json.loads(found["segmented-embedding-result.json"])


def test_the_result_document_says_where_the_embeddings_are(ml: MockML, bedrock: Any) -> None:
    arn = start(bedrock, NOVA, segmented("image", format="png", size=1024))
    folder = folder_of(bedrock, arn)
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
def test_a_video_is_embedded_with_its_sound_or_apart(
    ml: MockML, bedrock: Any, mode: str, names: list[str]
) -> None:
    ml.s3.put("s3://media/source", mp4(64, 64, 7))
    asked = segmented("video", format="mp4", embeddingMode=mode)
    found = outputs(ml, bedrock, NOVA, asked)
    assert [name for name in sorted(found) if name.startswith("embedding-")] == names
    lines = [json.loads(line) for line in found[names[0]].splitlines()]
    assert lines[1]["segmentMetadata"] == {
        "segmentIndex": 1,
        "segmentStartSeconds": 5.0,
        "segmentEndSeconds": 7.0,
    }


def test_sound_has_its_own_file_and_the_full_width(ml: MockML, bedrock: Any) -> None:
    asked = segmented("audio", format="wav", segmentationConfig={"durationSeconds": 30})
    del asked["segmentedEmbeddingParams"]["embeddingDimension"]
    found = outputs(ml, bedrock, NOVA, asked)
    [line] = found["embedding-audio.jsonl"].splitlines()
    assert len(json.loads(line)["embedding"]) == 3072


def test_an_output_and_a_failure_of_novas(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.async_invokes.complete("{}\n", times=1)
    assert outputs(ml, bedrock, NOVA, segmented("text"))["embedding-text.jsonl"] == b"{}\n"
    ml.bedrock.async_invokes.fail("broken", times=1)
    found = outputs(ml, bedrock, NOVA, segmented("text"))
    assert sorted(found) == ["manifest.json", "segmented-embedding-result.json"]
    [result] = json.loads(found["segmented-embedding-result.json"])["embeddingResults"]
    assert (result["status"], result["message"]) == ("FAILURE", "broken")


@pytest.mark.parametrize(
    ("change", "words"),
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
def test_what_nova_embeddings_refuse(bedrock: Any, change: Any, words: str) -> None:
    assert refused(bedrock, NOVA, segmented("text") | change) == words


# -- videos ---------------------------------------------------------------------------------------


def test_a_video_is_a_movie_with_its_index_before_its_pictures() -> None:
    body = mp4(1280, 720, 6)
    assert [name for name, _ in boxes(body)] == ["ftyp", "moov", "mdat"]
    header = numbers(box(body, "moov/mvhd"), 12)
    assert header[1] / header[0] == 6
    track = dict(boxes(box(body, "moov/trak/mdia/minf/stbl")))
    assert numbers(track["stts"]) == [0, 1, 144, 512]
    sizes = numbers(track["stsz"], 12)
    assert len(sizes) == 144
    assert sum(sizes) == len(box(body, "mdat"))
    [offset] = numbers(track["stco"], 8)
    assert body[offset - 4 : offset] == b"mdat"
    assert body[offset + 4] == 0x65


def test_the_track_says_how_its_pictures_are_decoded() -> None:
    entry = box(mp4(1260, 540, 5), "moov/trak/mdia/minf/stbl/stsd")[8:]
    [(name, content)] = boxes(entry)
    assert name == "avc1"
    assert int.from_bytes(content[24:26], "big") == 1260
    assert int.from_bytes(content[26:28], "big") == 540
    configuration = dict(boxes(content[78:]))["avcC"]
    assert list(configuration[:4]) == [1, 66, 0xC0, 31]


def test_the_sequence_says_size_and_cropping() -> None:
    bits = Reader(h264.sequence_parameters(h264.PictureSize(1260, 540)))
    assert [bits.u(8) for _ in range(3)] == [66, 0xC0, 31]
    assert [bits.ue() for _ in range(4)] == [0, 0, 2, 1]
    assert bits.u(1) == 0
    assert (16 * (bits.ue() + 1), 16 * (bits.ue() + 1)) == (1264, 544)
    assert bits.u(2) == 0b11
    assert bits.u(1) == 1
    assert [2 * bits.ue() for _ in range(4)] == [0, 4, 0, 4]
    assert (bits.u(1), bits.u(1)) == (0, 1)


def test_the_first_picture_has_every_macroblock() -> None:
    bits = Reader(h264.first_picture(h264.PictureSize(32, 16)))
    assert [bits.ue() for _ in range(3)] == [0, 7, 0]
    assert (bits.u(4), bits.ue(), bits.u(2), bits.ue()) == (0, 0, 0, 0)
    for _ in range(2):
        assert bits.ue() == 3, "Intra_16x16, predicted flat, nothing left"
        assert (bits.ue(), bits.ue(), bits.ue()) == (0, 0, 0)
    assert bits.rest().rstrip("0") == "1"


def test_the_other_pictures_skip_every_macroblock() -> None:
    bits = Reader(h264.repeated_picture(h264.PictureSize(1280, 720), 17))
    assert [bits.ue() for _ in range(3)] == [0, 5, 0]
    assert (bits.u(4), bits.u(3), bits.ue()) == (1, 0, 0)
    assert bits.ue() == 80 * 45
    assert bits.rest().rstrip("0") == "1"


def test_no_start_code_stands_inside_a_unit() -> None:
    bits = h264.BitWriter()
    bits.write_bytes(b"\x00\x00\x01\x00\x00\x00\x00\x02")
    bits.write_bytes(b"")
    unit = h264._nal_unit(0x65, bits)
    assert unit == b"\x65\x00\x00\x03\x01\x00\x00\x03\x00\x00\x03\x02\x80"


@pytest.mark.skipif(not FFPROBE, reason="ffprobe is not installed")
@pytest.mark.parametrize("size", [(1280, 720, 6), (1260, 540, 5), (540, 960, 9)])
def test_ffprobe_reads_it(tmp_path: Path, size: tuple[int, int, int]) -> None:
    path = tmp_path / "video.mp4"
    path.write_bytes(mp4(*size))
    shown = subprocess.run(
        [FFPROBE, "-v", "warning", "-of", "json", "-show_streams", "-count_frames", path],
        capture_output=True,
        check=True,
    )
    assert shown.stderr == b""
    [stream] = json.loads(shown.stdout)["streams"]
    assert (stream["codec_name"], stream["avg_frame_rate"]) == ("h264", "24/1")
    assert (stream["width"], stream["height"]) == size[:2]
    assert float(stream["duration"]) == size[2]
    assert int(stream["nb_read_frames"]) == 24 * size[2]


@pytest.mark.parametrize(
    "body",
    [b"", b"RIFF", b"\x00\x00\x00\x01abcd", mp4(64, 64, 1)[:60], b"\x00\x00\x00\x08free" * 3],
)
def test_what_is_no_mp4_has_no_length(body: bytes) -> None:
    assert mp4_seconds(body) is None


def test_a_long_header_and_one_without_a_clock() -> None:
    long = bytes([1, 0, 0, 0]) + bytes(16) + (1000).to_bytes(4, "big") + (2500).to_bytes(8, "big")
    assert mp4_seconds((40).to_bytes(4, "big") + b"mvhd" + long) == 2.5
    assert mp4_seconds((32).to_bytes(4, "big") + b"mvhd" + bytes(24)) is None


def test_clips_cover_the_time_between() -> None:
    assert fixed_clips(0, 12, 6) == [(0, 6), (6, 12)]
    assert fixed_clips(1, 5.5, 2) == [(1, 3), (3, 5), (5, 5.5)]
    assert fixed_clips(3, 3, 6) == [(3, 3)]


def test_the_model_of_an_invocation_is_shown(bedrock: Any) -> None:
    arn = start(bedrock, MARENGO_3, {"inputType": "text", "text": {"inputText": "a"}})
    assert show(bedrock, arn)["modelArn"].endswith("/twelvelabs.marengo-embed-3-0-v1:0")


def test_endless_media_end(ml: MockML, bedrock: Any) -> None:
    endless = (28).to_bytes(4, "big") + b"mvhd" + bytes(12) + (1).to_bytes(4, "big") + b"\xff" * 4
    assert duration_of({"base64String": base64.b64encode(endless).decode()}, ml.s3.get) == 4 * 3600
    ml.s3.put("s3://media/source", endless)
    found = outputs(ml, bedrock, NOVA, segmented("audio", format="mp3"))
    assert len(found["embedding-audio.jsonl"].splitlines()) == 1434


def test_a_start_behind_the_end_is_the_end(ml: MockML, bedrock: Any) -> None:
    part = {"mediaSource": SOURCE, "startSec": 99, "embeddingOption": ["audio"]}
    rows = entries(outputs(ml, bedrock, MARENGO_3, {"inputType": "audio", "audio": part}))
    assert [(row["startSec"], row["endSec"]) for row in rows] == [(99, 99)]


# -- whatever comes -------------------------------------------------------------------------------

VALID: list[tuple[str, Any]] = [
    (REEL_11, reel("TEXT_VIDEO", "textToVideoParams", {"text": "a"}, durationSeconds=6)),
    (REEL_11, reel("MULTI_SHOT_MANUAL", "multiShotManualParams", {"shots": [{"text": "a"}]})),
    (RAY, {"prompt": "a", "duration": "5s", "aspect_ratio": "1:1"}),
    (MARENGO_2, {"inputType": "video", "mediaSource": SOURCE, "startSec": 1, "lengthSec": 7}),
    (
        MARENGO_3,
        {
            "inputType": "video",
            "video": {
                "mediaSource": {"base64String": "aGk="},
                "endSec": 3,
                "segmentation": {"method": "fixed", "fixed": {"durationSec": 5}},
                "embeddingScope": ["clip"],
            },
        },
    ),
    (
        MARENGO_3,
        {
            "inputType": "audio",
            "audio": {
                "mediaSource": SOURCE,
                "startSec": 1,
                "embeddingOption": ["audio", "transcription"],
                "embeddingType": [FUSED],
            },
        },
    ),
    (
        MARENGO_3,
        {
            "inputType": "multi_input",
            "multi_input": {
                "inputText": "<@one>",
                "mediaSources": [{"name": "one", "mediaType": "image", **SOURCE}],
            },
        },
    ),
    (NOVA, segmented("text", segmentationConfig={"maxLengthChars": 800})),
    (NOVA, segmented("video", format="mp4", embeddingMode="AUDIO_VIDEO_COMBINED")),
]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(), max_size=5)
    | st.sampled_from(["\ud800", "s3://media/source", "AUDIO_VIDEO_SEPARATE", "text", "audio"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=4,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of everything in a JSON value, itself included."""
    yield path
    items = value.items() if isinstance(value, dict) else ()
    for key, item in enumerate(value) if isinstance(value, list) else items:
        yield from places(item, (*path, key))


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """Return a copy of a JSON value with something else at a path."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(value[path[0]], path[1:], new)
    return copy


@settings(max_examples=150, deadline=None, derandomize=True)
@given(data=st.data())
def test_whatever_comes_is_done_or_refused(data: st.DataObject) -> None:
    model_id, asked = data.draw(st.sampled_from(VALID))
    path = data.draw(st.sampled_from(list(places(asked))))
    given_input = changed(asked, path, data.draw(JSON))
    with mock_ml(now=NOON) as ml:
        client = client_of()
        try:
            status = show(client, start(client, model_id, given_input))["status"]
        except client.exceptions.ValidationException as fault:
            status = str(fault)
        written = ml.s3.list("s3://videos")
    assert status == "Completed" or ("Malformed input request: " in status and not written)
