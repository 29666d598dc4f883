"""Embeddings: width, length and reproducibility of vectors, types and validation."""

from __future__ import annotations

import base64
import math
import struct
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlmock import MockML, mock_ml
from mlmock.services.bedrock_runtime.media.images import generate_png
from tests.services.bedrock_runtime.converse_helpers import bedrock_client
from tests.services.bedrock_runtime.invoke_helpers import (
    error_message,
    invoke,
    invoke_model,
    schema_violations,
    stream_chunks,
)

IMAGE = base64.b64encode(generate_png("a cat", 16, 8)).decode()
URI = f"data:image/png;base64,{IMAGE}"
TITAN = "amazon.titan-embed-text-v2:0"
NOVA = "amazon.nova-2-multimodal-embeddings-v1:0"
ENGLISH = "cohere.embed-english-v3"
EMBED_V4 = "cohere.embed-v4:0"


def nova(**params: Any) -> dict[str, Any]:
    """Return a body of Nova Multimodal Embeddings."""
    purpose = {"embeddingPurpose": "GENERIC_INDEX"}
    return {"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": purpose | params}


def cohere(**members: Any) -> dict[str, Any]:
    """Return a body of Cohere Embed."""
    return {"texts": ["Hi"], "input_type": "search_document"} | members


def vector(model_id: str, body: dict[str, Any]) -> list[float]:
    """Return the first vector of a response of any provider."""
    found = invoke(model_id, **body)
    several = found.get("embeddings", found.get("data"))
    if several is None:
        return list(found["embedding"])
    first = (several["float"] if isinstance(several, dict) else several)[0]
    return list(first["embedding"] if isinstance(first, dict) else first)


WIDTHS: list[tuple[str, dict[str, Any], int]] = [
    ("amazon.titan-embed-text-v1", {"inputText": "Hi"}, 1536),
    (TITAN, {"inputText": "Hi"}, 1024),
    (TITAN, {"inputText": "Hi", "dimensions": 256, "normalize": True}, 256),
    ("amazon.titan-embed-image-v1", {"inputText": "Hi"}, 1024),
    (
        "amazon.titan-embed-image-v1",
        {"inputImage": IMAGE, "embeddingConfig": {"outputEmbeddingLength": 384}},
        384,
    ),
    ("amazon.titan-embed-image-v1", {"inputText": "Hi", "inputImage": IMAGE}, 1024),
    (NOVA, nova(text={"value": "Hi", "truncationMode": "END"}), 3072),
    (NOVA, nova(text={"value": "Hi"}, embeddingDimension=384), 384),
    (NOVA, nova(image={"format": "png", "source": {"bytes": IMAGE}}), 3072),
    (ENGLISH, cohere(), 1024),
    (EMBED_V4, cohere(), 1536),
    (EMBED_V4, cohere(output_dimension=512), 512),
    ("twelvelabs.marengo-embed-2-7-v1:0", {"inputType": "text", "inputText": "Hi"}, 1024),
    (
        "us.twelvelabs.marengo-embed-3-0-v1:0",
        {"inputType": "text", "text": {"inputText": "Hi"}},
        512,
    ),
]


@pytest.mark.parametrize(("model_id", "body", "width"), WIDTHS)
@mock_ml
def test_width_and_length(model_id: str, body: dict[str, Any], width: int) -> None:
    found = vector(model_id, body)
    assert len(found) == width
    assert math.isclose(math.hypot(*found), 1, abs_tol=1e-5)


def test_the_vector_depends_only_on_the_text() -> None:
    found = []
    for seed in (0, 7):
        with mock_ml(seed=seed):
            found.append(vector(TITAN, {"inputText": "Hi"}))
    with mock_ml():
        assert found[0] == found[1] != vector(TITAN, {"inputText": "Hi!"})


@mock_ml
def test_a_shorter_vector_is_the_start_of_a_longer_one() -> None:
    long = vector(TITAN, {"inputText": "Hi"})
    short = vector(TITAN, {"inputText": "Hi", "dimensions": 256})
    cosine = sum(a * b for a, b in zip(short, long, strict=False)) / math.hypot(*long[:256])
    assert math.isclose(cosine, 1, abs_tol=1e-5)


@mock_ml
def test_titan_counts_its_input() -> None:
    found = invoke_model("amazon.titan-embed-text-v1", {"inputText": "12345678"})
    assert list(found["body"]) == ["embedding", "inputTextTokenCount"]
    assert found["body"]["inputTextTokenCount"] == 2
    headers = found["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amzn-bedrock-input-token-count"] == "2"
    assert "x-amzn-bedrock-output-token-count" not in headers


@mock_ml
def test_titan_embedding_types(ml: MockML) -> None:
    ml.bedrock.model("amazon.titan-*").embed([0.5, -0.5, 0.0])
    both = invoke(TITAN, inputText="Hi", embeddingTypes=["float", "binary"])
    assert list(both) == ["embedding", "embeddingsByType", "inputTextTokenCount"]
    assert both["embeddingsByType"] == {"float": [0.5, -0.5, 0.0], "binary": [1, 0, 0]}
    bits = invoke(TITAN, inputText="Hi", embeddingTypes=["binary"])
    assert "embedding" not in bits


@mock_ml
def test_text_with_an_image_is_the_mean_of_both_vectors(ml: MockML) -> None:
    ml.bedrock.model("amazon.titan-*").embed(
        lambda given: [1.0, 0.0] if isinstance(given, str) else [0.0, 1.0]
    )
    found = invoke("amazon.titan-embed-image-v1", inputText="Hi", inputImage=IMAGE)
    assert found["embedding"] == pytest.approx([0.5**0.5, 0.5**0.5])
    assert found["message"] is None


@pytest.mark.parametrize(
    ("params", "kind"),
    [
        ({"text": {"value": "Hi"}}, "TEXT"),
        ({"text": {"source": {"s3Location": {"uri": "s3://b/k"}}}}, "TEXT"),
        ({"image": {"format": "png", "source": {"bytes": IMAGE}}}, "IMAGE"),
        ({"audio": {"format": "mp3", "source": {"s3Location": {"uri": "s3://b/k"}}}}, "AUDIO"),
        (
            {
                "video": {
                    "format": "mp4",
                    "embeddingMode": "AUDIO_VIDEO_COMBINED",
                    "source": {"s3Location": {"uri": "s3://b/k"}},
                }
            },
            "AUDIO_VIDEO_COMBINED",
        ),
    ],
)
@mock_ml
def test_nova_embedding_types(params: dict[str, Any], kind: str) -> None:
    (found,) = invoke(NOVA, **nova(**params))["embeddings"]
    assert list(found) == ["embedding", "embeddingType"]
    assert found["embeddingType"] == kind


@mock_ml
def test_cohere_returns_the_texts() -> None:
    found = invoke(ENGLISH, **cohere(texts=["Hi", "You"]))
    assert list(found) == ["embeddings", "id", "response_type", "texts"]
    assert found["texts"] == ["hi", "you"]
    assert (found["response_type"], len(found["embeddings"])) == ("embeddings_floats", 2)
    many = invoke("cohere.embed-multilingual-v3", **cohere(texts=["Hi"]))
    assert many["texts"] == ["Hi"]


@mock_ml
def test_cohere_embedding_types(ml: MockML) -> None:
    ml.bedrock.model("cohere.*").embed([1.0, -1.0, 0.5, 0, 0, 0, 0, 0.1])
    types = ["float", "int8", "uint8", "binary", "ubinary", "base64"]
    found = invoke(ENGLISH, **cohere(embedding_types=types))
    assert found["response_type"] == "embeddings_by_type"
    by_type = {kind: vectors[0] for kind, vectors in found["embeddings"].items()}
    assert by_type["int8"] == [127, -127, 64, 0, 0, 0, 0, 13]
    assert by_type["uint8"] == [255, 1, 192, 128, 128, 128, 128, 141]
    assert (by_type["ubinary"], by_type["binary"]) == ([0b10100001], [0b10100001 - 128])
    numbers = struct.unpack("<8f", base64.b64decode(by_type["base64"]))
    assert numbers == pytest.approx(by_type["float"])


@mock_ml
def test_embed_v4_always_answers_by_type() -> None:
    found = invoke(EMBED_V4, **cohere())
    assert (list(found["embeddings"]), found["response_type"]) == (["float"], "embeddings_by_type")


@mock_ml
def test_cohere_embeds_images() -> None:
    found = invoke(ENGLISH, images=[URI], input_type="image")
    assert found["texts"] == []
    assert found["images"] == [{"width": 16, "height": 8, "format": "png", "bit_depth": 24}]
    parts = [{"type": "text", "text": "Hi"}, {"type": "image_url", "image_url": {"url": URI}}]
    inputs = [{"content": parts}, {"content": parts[:1]}]
    mixed = invoke(EMBED_V4, inputs=inputs, input_type="search_document")
    assert len(mixed["embeddings"]["float"]) == 2
    assert mixed["embeddings"]["float"][1] == vector(EMBED_V4, cohere())


@mock_ml
def test_marengo_embeds_images() -> None:
    by_value = {"inputType": "image", "mediaSource": {"base64String": IMAGE}}
    assert len(vector("twelvelabs.marengo-embed-2-7-v1:0", by_value)) == 1024
    location = {"s3Location": {"uri": "s3://b/cat.png"}}
    both = {"inputType": "text_image", "text_image": {"inputText": "Hi", "mediaSource": location}}
    assert len(vector("twelvelabs.marengo-embed-3-0-v1:0", both)) == 512
    multi_input = {
        "inputText": "<@a> walks",
        "mediaSources": [{"name": "a", "mediaType": "image"} | location],
    }
    body = {"inputType": "multi_input", "multi_input": multi_input}
    assert len(vector("twelvelabs.marengo-embed-3-0-v1:0", body)) == 512


INVALID: list[tuple[str, dict[str, Any], str]] = [
    (
        "amazon.titan-embed-text-v1",
        {"inputText": "x", "dimensions": 256},
        "#: extraneous key [dimensions] is not permitted",
    ),
    (TITAN, {"inputText": ""}, "#/inputText: expected minLength: 1, actual: 0"),
    (TITAN, {"inputText": "x" * 50001}, "#/inputText: expected maxLength: 50000, actual: 50001"),
    (
        TITAN,
        {"inputText": "x", "dimensions": 100},
        "#/dimensions: 100 is not a valid enum value",
    ),
    (
        "amazon.titan-embed-image-v1",
        {},
        "#: no subschema matched out of the total 2 subschemas",
    ),
    (NOVA, {"taskType": "SINGLE_EMBEDDING"}, "#: required key [singleEmbeddingParams] not found"),
    (NOVA, nova(), "#/singleEmbeddingParams: 0 subschemas matched instead of one"),
    (
        NOVA,
        nova(image={"format": "png", "source": {"bytes": "!"}}),
        "#/singleEmbeddingParams/image: required key [source] not found",
    ),
    (
        NOVA,
        nova(image={"format": "tiff", "source": {"bytes": IMAGE}, "detailLevel": "LOW"}),
        "#/singleEmbeddingParams/image/format: tiff is not a valid enum value"
        "#/singleEmbeddingParams/image/detailLevel: LOW is not a valid enum value",
    ),
    (
        NOVA,
        nova(text={"value": "x" * 8193}),
        "#/singleEmbeddingParams/text/value: expected maxLength: 8192, actual: 8193",
    ),
    (ENGLISH, {"texts": ["x"]}, "#: required key [input_type] not found"),
    (ENGLISH, {"input_type": "search_query"}, "#: required key [texts] not found"),
    (ENGLISH, cohere(images=[URI]), "#: 2 subschemas matched instead of one"),
    (ENGLISH, cohere(texts=["x" * 2049]), "#/texts/0: expected maxLength: 2048, actual: 2049"),
    (
        ENGLISH,
        cohere(texts=["x"] * 97),
        "#/texts: expected maximum item count: 96, found: 97",
    ),
    (
        "twelvelabs.marengo-embed-2-7-v1:0",
        {"inputType": "text"},
        "#: required key [inputText] not found",
    ),
    (
        "twelvelabs.marengo-embed-2-7-v1:0",
        {"inputType": "image"},
        "#: required key [mediaSource] not found",
    ),
    (
        "twelvelabs.marengo-embed-2-7-v1:0",
        {"inputType": "image", "mediaSource": {"base64String": "!"}},
        "#/mediaSource/base64String: invalid base64",
    ),
    (
        "twelvelabs.marengo-embed-3-0-v1:0",
        {"inputType": "text", "inputText": "x"},
        "#: required key [text] not found",
    ),
]


@pytest.mark.parametrize(("model_id", "body", "violations"), INVALID)
@mock_ml
def test_invalid_bodies(model_id: str, body: dict[str, Any], violations: str) -> None:
    assert schema_violations(model_id, **body) == violations


@mock_ml
def test_unreadable_media_are_rejected() -> None:
    assert "base64" in error_message("amazon.titan-embed-image-v1", inputImage="!")
    assert "data URI" in error_message(ENGLISH, images=["cat.png"], input_type="image")
    assert "data URI" in error_message(
        ENGLISH, images=["data:image/png;base64,!"], input_type="image"
    )
    video = {"inputType": "video", "mediaSource": {"s3Location": {"uri": "s3://b/k"}}}
    text = error_message("twelvelabs.marengo-embed-2-7-v1:0", **video)
    assert text == "The provided request is not valid"


@mock_ml
def test_embedding_models_reject_converse_and_streams() -> None:

    with pytest.raises(ClientError, match="unsupported for streaming"):
        stream_chunks(TITAN, inputText="Hi")
    turns = [{"role": "user", "content": [{"text": "Hi"}]}]
    with pytest.raises(ClientError, match="Try again with a supported text or chat model"):
        bedrock_client().converse(modelId=TITAN, messages=turns)
