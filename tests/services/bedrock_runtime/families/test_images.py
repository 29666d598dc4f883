"""Image models: PNG files of the requested size."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import pytest

from mlmock import mock_ml
from mlmock.services.bedrock_runtime.media.encoding import image_format
from mlmock.services.bedrock_runtime.media.images import generate_png, size_of
from mlmock.services.common.images import png
from tests.services.bedrock_runtime.invoke_helpers import error_message, invoke, schema_violations

TITAN = "amazon.titan-image-generator-v2:0"
CANVAS = "amazon.nova-canvas-v1:0"
CORE = "stability.stable-image-core-v1:1"
XL = "stability.stable-diffusion-xl-v1"
UPSCALE = "stability.stable-fast-upscale-v1:0"
TRANSFER = "us.stability.stable-style-transfer-v1:0"
INPUT_IMAGE = base64.b64encode(generate_png("a cat", 640, 320)).decode()


def text_image(text: str = "a cat", **config: Any) -> dict[str, Any]:
    """Return a body that requests an image of a text from a model of Amazon."""
    body: dict[str, Any] = {"taskType": "TEXT_IMAGE", "textToImageParams": {"text": text}}
    return body | ({"imageGenerationConfig": config} if config else {})


def sizes(images: list[str]) -> list[tuple[int, int] | None]:
    """Return the sizes of images in base64."""
    return [size_of(base64.b64decode(image)) for image in images]


def test_generated_png_files_are_valid() -> None:
    file = png(3, 2, [("#102030", 1.0)])
    offset, parts = 8, {}
    while offset < len(file):
        (length,) = struct.unpack(">I", file[offset : offset + 4])
        chunk_type, data = file[offset + 4 : offset + 8], file[offset + 8 : offset + 8 + length]
        (check,) = struct.unpack(">I", file[offset + 8 + length : offset + 12 + length])
        assert check == zlib.crc32(chunk_type + data)
        parts[chunk_type], offset = data, offset + 12 + length
    assert list(parts) == [b"IHDR", b"IDAT", b"IEND"]
    assert zlib.decompress(parts[b"IDAT"]) == (b"\x00" + b"\x10\x20\x30" * 3) * 2


def test_sizes_of_image_files() -> None:
    assert size_of(generate_png("x", 20, 10)) == (20, 10)
    frame = b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", 10, 20) + b"\x03"
    assert size_of(b"\xff\xd8\xff\xe0\x00\x04\x00\x00" + frame + b"\x00" * 9) == (20, 10)
    assert size_of(b"\xff\xd8\xff\xd9") is None
    assert size_of(b"GIF89a") is None


@pytest.mark.parametrize(
    ("data", "file_format"),
    [
        (generate_png("x", 1, 1), "png"),
        (b"\xff\xd8\xff\xe0", "jpeg"),
        (b"GIF89a", "gif"),
        (b"RIFF\x00\x00\x00\x00WEBP", "webp"),
        (b"%PDF", None),
    ],
)
def test_formats_of_image_files(data: bytes, file_format: str | None) -> None:
    assert image_format(data) == file_format


@mock_ml
def test_titan_images() -> None:
    found = invoke(TITAN, **text_image(numberOfImages=2, width=768, height=512 + 256))
    assert list(found) == ["images", "error"]
    assert found["error"] is None
    assert sizes(found["images"]) == [(768, 768)] * 2
    assert found["images"][0] != found["images"][1]


@mock_ml
def test_the_same_text_and_seed_give_the_same_image() -> None:
    first = invoke(CANVAS, **text_image(seed=5))
    assert first == invoke(CANVAS, **text_image(seed=5))
    assert first != invoke(CANVAS, **text_image(seed=6))
    assert first != invoke(CANVAS, **text_image("a dog", seed=5))
    assert list(first) == ["images"]
    assert sizes(first["images"]) == [(1024, 1024)]


EDITS: list[tuple[str, dict[str, Any], tuple[int, int]]] = [
    (CANVAS, {"taskType": "BACKGROUND_REMOVAL", "backgroundRemovalParams": {"image": INPUT_IMAGE}},
     (640, 320)),
    (TITAN, {"taskType": "INPAINTING", "inPaintingParams": {"image": INPUT_IMAGE, "text": "x"}},
     (640, 320)),
    (CANVAS, {"taskType": "IMAGE_VARIATION", "imageVariationParams": {"images": [INPUT_IMAGE]},
              "imageGenerationConfig": {"width": 512, "height": 512}}, (512, 512)),
    (CANVAS, {"taskType": "COLOR_GUIDED_GENERATION",
              "colorGuidedGenerationParams": {"text": "x", "colors": ["#FF9800"]}}, (1024, 1024)),
]  # fmt: skip


@pytest.mark.parametrize(("model_id", "body", "size"), EDITS)
@mock_ml
def test_image_sizes_of_tasks(model_id: str, body: dict[str, Any], size: tuple[int, int]) -> None:
    assert sizes(invoke(model_id, **body)["images"]) == [size]


@mock_ml
def test_virtual_try_on_can_return_the_mask() -> None:
    params = {"sourceImage": INPUT_IMAGE, "referenceImage": INPUT_IMAGE, "maskType": "GARMENT"}
    body = {"taskType": "VIRTUAL_TRY_ON", "virtualTryOnParams": params | {"returnMask": True}}
    assert list(invoke(CANVAS, **body)) == ["images", "maskImage"]


@mock_ml
def test_stable_image() -> None:
    found = invoke(CORE, prompt="a cat", aspect_ratio="16:9", seed=7)
    assert list(found) == ["seeds", "finish_reasons", "images"]
    assert (found["seeds"], found["finish_reasons"]) == ([7], [None])
    assert sizes(found["images"]) == [(1344, 768)]
    again = {"mode": "image-to-image", "image": INPUT_IMAGE, "strength": 0.5}
    assert sizes(invoke("stability.sd3-5-large-v1:0", prompt="x", **again)["images"])


@mock_ml
def test_editing_models_keep_the_image_size() -> None:
    assert sizes(invoke(UPSCALE, image=INPUT_IMAGE)["images"]) == [(640, 320)]
    pair = {"init_image": INPUT_IMAGE, "style_image": INPUT_IMAGE}
    assert sizes(invoke(TRANSFER, **pair)["images"]) == [(640, 320)]
    assert "required key [style_image] not found" in error_message(TRANSFER, init_image=INPUT_IMAGE)


@mock_ml
def test_stable_diffusion() -> None:
    found = invoke(XL, text_prompts=[{"text": "a cat"}], width=512, height=768, seed=3)
    assert found["result"] == "success"
    (artifact,) = found["artifacts"]
    assert (artifact["seed"], artifact["finishReason"]) == (3, "SUCCESS")
    assert sizes([artifact["base64"]]) == [(512, 768)]


@mock_ml
def test_stable_diffusion_from_an_image() -> None:
    prompts = [{"text": "more trees", "weight": 1.0}, {"text": "", "weight": -1.0}]
    found = invoke(XL, text_prompts=prompts, init_image=INPUT_IMAGE, start_schedule=0.6, steps=50)
    assert sizes([found["artifacts"][0]["base64"]]) == [(1024, 1024)]


INVALID: list[tuple[str, dict[str, Any], str]] = [
    (TITAN, {}, "#: required key [taskType] not found"),
    (TITAN, {"taskType": "PAINT"}, "#/taskType: PAINT is not a valid enum value"),
    (TITAN, {"taskType": "TEXT_IMAGE"}, "#: required key [textToImageParams] not found"),
    (
        TITAN,
        text_image("x" * 513),
        "#/textToImageParams/text: expected maxLength: 512, actual: 513",
    ),
    (
        CANVAS,
        text_image(numberOfImages=6),
        "#/imageGenerationConfig/numberOfImages: 6 is not less or equal to 5",
    ),
    (CORE, {"prompt": ""}, "#/prompt: expected minLength: 1, actual: 0"),
    (
        CORE,
        {"prompt": "x", "mode": "image-to-image"},
        "#: required key [image] not found#: required key [strength] not found",
    ),
    (UPSCALE, {"prompt": "x"}, "#: required key [image] not found"),
    (XL, {"prompt": "x"}, "#: extraneous key [prompt] is not permitted"
                          "#: required key [text_prompts] not found"),
    (XL, {"text_prompts": [{"text": "x"}], "width": 200}, "#/width: 200 is not a multiple of 64"),
]  # fmt: skip


@pytest.mark.parametrize(("model_id", "body", "violations"), INVALID)
@mock_ml
def test_invalid_bodies(model_id: str, body: dict[str, Any], violations: str) -> None:
    assert schema_violations(model_id, **body) == violations


@pytest.mark.parametrize(
    ("model_id", "body", "text"),
    [
        (TITAN, text_image(width=1000, height=1000), "1000 x 1000 is not supported"),
        (CANVAS, text_image(width=300), "Invalid width: 300"),
        (CANVAS, text_image(height=330), "Invalid height: 330"),
        (CANVAS, text_image(width=2048, height=320), "aspect ratio"),
        (CANVAS, text_image(width=2048, height=2064), "total pixel count"),
        (UPSCALE, {"image": "!"}, "base64"),
        (
            CANVAS,
            {"taskType": "BACKGROUND_REMOVAL", "backgroundRemovalParams": {"image": "!"}},
            "base64",
        ),
    ],
)
@mock_ml
def test_unsupported_sizes_and_images_are_rejected(
    model_id: str, body: dict[str, Any], text: str
) -> None:
    assert text in error_message(model_id, **body)
