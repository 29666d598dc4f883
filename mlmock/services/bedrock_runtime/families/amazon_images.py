"""Amazon's painters: Titan Image Generator and Nova Canvas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from mlmock.services.bedrock_runtime.conversation.requests import ImageRequest
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.errors import invalid
from mlmock.services.bedrock_runtime.families.base import Body, Family
from mlmock.services.bedrock_runtime.media.encoding import decode_base64, encode_base64
from mlmock.services.bedrock_runtime.media.images import size_of
from mlmock.services.bedrock_runtime.validation import schema

PAINTS = Traits(kind="image", converse=False, streaming=False, tools=False, system=False)
_OPEN = schema.ObjectOf(additional=True)
_PICTURE = schema.String(1)
_TITAN_TASKS = {
    "TEXT_IMAGE": "textToImageParams",
    "INPAINTING": "inPaintingParams",
    "OUTPAINTING": "outPaintingParams",
    "IMAGE_VARIATION": "imageVariationParams",
    "COLOR_GUIDED_GENERATION": "colorGuidedGenerationParams",
    "BACKGROUND_REMOVAL": "backgroundRemovalParams",
}
_CANVAS_TASKS = _TITAN_TASKS | {"VIRTUAL_TRY_ON": "virtualTryOnParams"}
_TITAN_SIZES = {
    (1024, 1024), (768, 768), (512, 512), (768, 1152), (384, 576), (1152, 768), (576, 384),
    (768, 1280), (384, 640), (1280, 768), (640, 384), (896, 1152), (448, 576), (1152, 896),
    (576, 448), (768, 1408), (384, 704), (1408, 768), (704, 384), (640, 1408), (320, 704),
    (1408, 640), (704, 320), (1152, 640), (1173, 640),
}  # fmt: skip


class TitanImage(Family):
    """Titan Image Generator G1, both versions."""

    prefixes = ("amazon.titan-image",)

    def traits(self, model_id: str) -> Traits:
        """Return what the models can do."""
        return PAINTS

    def parse_request(self, body: Body, model_id: str) -> ImageRequest:
        """Return the pictures that are asked for."""
        schema.validate(_body(False, 512, 2147483646), body)
        task, params = _task(body, _TITAN_TASKS)
        painting = _painting(model_id, task, params, body.get("imageGenerationConfig", {}))
        if task == "TEXT_IMAGE" and (painting.width, painting.height) not in _TITAN_SIZES:
            raise invalid(
                f"The provided image size {painting.width} x {painting.height} is not supported."
            )
        return painting

    def format_images(self, asked: ImageRequest, pictures: Sequence[bytes]) -> dict[str, Any]:
        """Return the pictures as base64 text."""
        return {"images": [encode_base64(picture) for picture in pictures], "error": None}


class NovaCanvas(Family):
    """Nova Canvas."""

    prefixes = ("amazon.nova-canvas",)

    def traits(self, model_id: str) -> Traits:
        """Return what the model can do."""
        return PAINTS

    def parse_request(self, body: Body, model_id: str) -> ImageRequest:
        """Return the pictures that are asked for; sizes as the developer guide limits them."""
        schema.validate(_body(True, 1024, 858993459), body)
        task, params = _task(body, _CANVAS_TASKS)
        config = body.get("imageGenerationConfig", {})
        _check_canvas(config.get("width", 1024), config.get("height", 1024))
        return _painting(model_id, task, params, config)

    def format_images(self, asked: ImageRequest, pictures: Sequence[bytes]) -> dict[str, Any]:
        """Return the pictures as base64 text, and the mask of a fitting that asked for it."""
        images = [encode_base64(picture) for picture in pictures]
        mask = {"maskImage": images[0]} if asked.extra["mask"] else {}
        return {"images": images} | mask


@lru_cache(maxsize=2)
def _body(canvas: bool, characters: int, seeds: int) -> schema.ObjectOf:
    tasks = _CANVAS_TASKS if canvas else _TITAN_TASKS
    text = schema.String(1, characters)
    told = schema.ObjectOf(optional={"text": text, "negativeText": text}, additional=True)
    params: dict[str, schema.Schema] = dict.fromkeys(tasks.values(), _OPEN)
    params["textToImageParams"] = schema.ObjectOf(
        {"text": text}, {"negativeText": text}, additional=True
    )
    for name in ("inPaintingParams", "outPaintingParams"):
        params[name] = schema.ObjectOf({"image": _PICTURE}, told.optional, additional=True)
    params["backgroundRemovalParams"] = schema.ObjectOf({"image": _PICTURE})
    pictures = schema.ListOf(_PICTURE, min_items=1, max_items=5)
    params["imageVariationParams"] = schema.ObjectOf(
        {"images": pictures}, told.optional, additional=True
    )
    if canvas:
        fitted: dict[str, schema.Schema] = {"sourceImage": _PICTURE, "referenceImage": _PICTURE}
        params["virtualTryOnParams"] = schema.ObjectOf(
            fitted, {"returnMask": schema.Boolean()}, additional=True
        )
    params["colorGuidedGenerationParams"] = schema.ObjectOf(
        {"text": text, "colors": schema.ListOf(schema.String(1), min_items=1, max_items=10)},
        additional=True,
    )
    config: dict[str, schema.Schema] = {
        "numberOfImages": schema.integer(1, 5),
        "width": schema.integer(1, 4096),
        "height": schema.integer(1, 4096),
        "cfgScale": schema.Number(1.1, 10),
        "seed": schema.integer(0, seeds),
        "quality": schema.String(enum=("standard", "premium")),
    }
    return schema.ObjectOf(
        {"taskType": schema.String(enum=tuple(tasks))},
        params | {"imageGenerationConfig": schema.ObjectOf(optional=config)},
    )


def _task(body: Body, tasks: Mapping[str, str]) -> tuple[str, Mapping[str, Any]]:
    """Return the task of a body and its parameters, which have to be there."""
    task: str = body["taskType"]
    schema.validate(schema.ObjectOf({tasks[task]: _OPEN}, additional=True), body)
    return task, body[tasks[task]]


def _check_canvas(width: int, height: int) -> None:
    for name, side in (("width", width), ("height", height)):
        if side % 16 or not 320 <= side <= 4096:
            raise invalid(
                f"Invalid {name}: {side}. It must be between 320 and 4096 and divisible by 16."
            )
    if max(width, height) > 4 * min(width, height):
        raise invalid("The aspect ratio must be between 1:4 and 4:1.")
    if width * height > 4194304:
        raise invalid("The total pixel count must be at most 4194304.")


def _painting(
    model_id: str, task: str, params: Mapping[str, Any], config: Mapping[str, Any]
) -> ImageRequest:
    width, height = _given_size(params) if task in _EDITS else (1024, 1024)
    return ImageRequest(
        model_id=model_id,
        prompt=str(params.get("text") or task),
        count=config.get("numberOfImages", 1),
        width=config.get("width", width),
        height=config.get("height", height),
        seed=config.get("seed", 12 if "canvas" in model_id else 0),
        extra={"task": task, "mask": params.get("returnMask") is True},
    )


_EDITS = ("INPAINTING", "OUTPAINTING", "BACKGROUND_REMOVAL", "VIRTUAL_TRY_ON")


def _given_size(params: Mapping[str, Any]) -> tuple[int, int]:
    """Return the size of the picture that is edited: the answer has the same."""
    data = decode_base64(str(params.get("image", params.get("sourceImage", ""))))
    if data is None:
        raise invalid("Unable to decode the input image. Please check that it is valid base64.")
    return size_of(data) or (1024, 1024)
