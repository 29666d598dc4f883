"""The image models of Amazon: Titan Image Generator and Nova Canvas."""

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

IMAGE_TRAITS = Traits(kind="image", converse=False, streaming=False, tools=False, system=False)
_ANY_OBJECT = schema.ObjectOf(additional=True)
_IMAGE = schema.String(1)
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
        """Return the traits of the model."""
        return IMAGE_TRAITS

    def parse_request(self, body: Body, model_id: str) -> ImageRequest:
        """Return the request for images."""
        schema.validate(_body_schema(False, 512, 2147483646), body)
        task, params = _select_task(body, _TITAN_TASKS)
        request = _image_request(model_id, task, params, body.get("imageGenerationConfig", {}))
        if task == "TEXT_IMAGE" and (request.width, request.height) not in _TITAN_SIZES:
            raise invalid(
                f"The provided image size {request.width} x {request.height} is not supported."
            )
        return request

    def format_images(self, request: ImageRequest, images: Sequence[bytes]) -> dict[str, Any]:
        """Return the images as base64 text."""
        return {"images": [encode_base64(image) for image in images], "error": None}


class NovaCanvas(Family):
    """Nova Canvas."""

    prefixes = ("amazon.nova-canvas",)

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model."""
        return IMAGE_TRAITS

    def parse_request(self, body: Body, model_id: str) -> ImageRequest:
        """Return the request for images.

        Source: Amazon Nova user guide, for the limits of the size.
        """
        schema.validate(_body_schema(True, 1024, 858993459), body)
        task, params = _select_task(body, _CANVAS_TASKS)
        config = body.get("imageGenerationConfig", {})
        _check_canvas(config.get("width", 1024), config.get("height", 1024))
        return _image_request(model_id, task, params, config)

    def format_images(self, request: ImageRequest, images: Sequence[bytes]) -> dict[str, Any]:
        """Return the images as base64 text, and the mask if a virtual try-on requests it."""
        encoded = [encode_base64(image) for image in images]
        mask = {"maskImage": encoded[0]} if request.extra["mask"] else {}
        return {"images": encoded} | mask


@lru_cache(maxsize=2)
def _body_schema(is_canvas: bool, max_characters: int, max_seed: int) -> schema.ObjectOf:
    tasks = _CANVAS_TASKS if is_canvas else _TITAN_TASKS
    text = schema.String(1, max_characters)
    texts = schema.ObjectOf(optional={"text": text, "negativeText": text}, additional=True)
    params: dict[str, schema.Schema] = dict.fromkeys(tasks.values(), _ANY_OBJECT)
    params["textToImageParams"] = schema.ObjectOf(
        {"text": text}, {"negativeText": text}, additional=True
    )
    for name in ("inPaintingParams", "outPaintingParams"):
        params[name] = schema.ObjectOf({"image": _IMAGE}, texts.optional, additional=True)
    params["backgroundRemovalParams"] = schema.ObjectOf({"image": _IMAGE})
    images = schema.ListOf(_IMAGE, min_items=1, max_items=5)
    params["imageVariationParams"] = schema.ObjectOf(
        {"images": images}, texts.optional, additional=True
    )
    if is_canvas:
        try_on: dict[str, schema.Schema] = {"sourceImage": _IMAGE, "referenceImage": _IMAGE}
        params["virtualTryOnParams"] = schema.ObjectOf(
            try_on, {"returnMask": schema.Boolean()}, additional=True
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
        "seed": schema.integer(0, max_seed),
        "quality": schema.String(enum=("standard", "premium")),
    }
    return schema.ObjectOf(
        {"taskType": schema.String(enum=tuple(tasks))},
        params | {"imageGenerationConfig": schema.ObjectOf(optional=config)},
    )


def _select_task(body: Body, tasks: Mapping[str, str]) -> tuple[str, Mapping[str, Any]]:
    """Return the task of a body and its parameters, which are required."""
    task: str = body["taskType"]
    schema.validate(schema.ObjectOf({tasks[task]: _ANY_OBJECT}, additional=True), body)
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


def _image_request(
    model_id: str, task: str, params: Mapping[str, Any], config: Mapping[str, Any]
) -> ImageRequest:
    width, height = _source_size(params) if task in _EDITING_TASKS else (1024, 1024)
    return ImageRequest(
        model_id=model_id,
        prompt=str(params.get("text") or task),
        count=config.get("numberOfImages", 1),
        width=config.get("width", width),
        height=config.get("height", height),
        seed=config.get("seed", 12 if "canvas" in model_id else 0),
        extra={"task": task, "mask": params.get("returnMask") is True},
    )


_EDITING_TASKS = ("INPAINTING", "OUTPAINTING", "BACKGROUND_REMOVAL", "VIRTUAL_TRY_ON")


def _source_size(params: Mapping[str, Any]) -> tuple[int, int]:
    """Return the size of the image to edit, which is also the size of the result."""
    data = decode_base64(str(params.get("image", params.get("sourceImage", ""))))
    if data is None:
        raise invalid("Unable to decode the input image. Please check that it is valid base64.")
    return size_of(data) or (1024, 1024)
