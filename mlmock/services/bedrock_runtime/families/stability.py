"""The image models of Stability AI: text to image, image services and Stable Diffusion XL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlmock.services.bedrock_runtime.conversation.requests import ImageRequest
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.errors import invalid
from mlmock.services.bedrock_runtime.families.base import Body, Family
from mlmock.services.bedrock_runtime.media.encoding import decode_base64, encode_base64
from mlmock.services.bedrock_runtime.media.images import size_of
from mlmock.services.bedrock_runtime.validation import schema

IMAGE_TRAITS = Traits(kind="image", converse=False, streaming=False, tools=False, system=False)
_SIZES = {
    "1:1": (1024, 1024),
    "16:9": (1344, 768),
    "21:9": (1536, 640),
    "2:3": (832, 1216),
    "3:2": (1216, 832),
    "4:5": (896, 1088),
    "5:4": (1088, 896),
    "9:16": (768, 1344),
    "9:21": (640, 1536),
}
_SEED = schema.integer(0, 4294967295)
_FORMAT = schema.String(enum=("png", "jpeg", "webp"))
_PROMPT = schema.String(0, 10000)
_GENERATE = schema.ObjectOf(
    {"prompt": schema.String(1, 10000)},
    {
        "mode": schema.String(enum=("text-to-image", "image-to-image")),
        "image": schema.String(1),
        "strength": schema.Number(0, 1),
        "aspect_ratio": schema.String(enum=tuple(_SIZES)),
        "seed": _SEED,
        "negative_prompt": _PROMPT,
        "output_format": _FORMAT,
    },
)
_EDIT_OPTIONS: dict[str, schema.Schema] = {
    "prompt": _PROMPT,
    "seed": _SEED,
    "output_format": _FORMAT,
}
_EDIT = schema.ObjectOf({"image": schema.String(1)}, _EDIT_OPTIONS, additional=True)
_TRANSFER = schema.ObjectOf(
    {"init_image": schema.String(1), "style_image": schema.String(1)},
    _EDIT_OPTIONS,
    additional=True,
)
_TEXT_PROMPT = schema.ObjectOf({"text": schema.String(0, 2000)}, {"weight": schema.Number()})
_DIFFUSION = schema.ObjectOf(
    {"text_prompts": schema.ListOf(_TEXT_PROMPT, min_items=1)},
    {
        "height": schema.integer(128, 1536),
        "width": schema.integer(128, 1536),
        "cfg_scale": schema.Number(0, 35),
        "clip_guidance_preset": schema.String(),
        "sampler": schema.String(),
        "samples": schema.integer(1, 1),
        "seed": _SEED,
        "steps": schema.integer(10, 150),
        "style_preset": schema.String(),
        "extras": schema.ObjectOf(additional=True),
        "init_image": schema.String(1),
        "init_image_mode": schema.String(),
        "image_strength": schema.Number(0, 1),
        "start_schedule": schema.Number(0, 1),  # notebooks of AWS send it
        "step_schedule_start": schema.Number(0, 1),
        "step_schedule_end": schema.Number(0, 1),
        "mask_source": schema.String(),
        "mask_image": schema.String(1),
    },
)


class StableImage(Family):
    """Stable Image Core and Ultra, SD3 and SD3.5, with a text and optionally an image."""

    prefixes = ("stability.stable-image-core", "stability.stable-image-ultra", "stability.sd3")

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model."""
        return IMAGE_TRAITS

    def parse_request(self, body: Body, model_id: str) -> ImageRequest:
        """Return the request for an image, whose size follows from ``aspect_ratio``."""
        schema.validate(_GENERATE, body)
        if body.get("mode") == "image-to-image":
            schema.validate(
                schema.ObjectOf(
                    {"image": schema.String(1), "strength": schema.Number()}, additional=True
                ),
                body,
            )
        width, height = _SIZES[body.get("aspect_ratio", "1:1")]
        seed = body.get("seed", 0)
        return ImageRequest(model_id, body["prompt"], width=width, height=height, seed=seed)

    def format_images(self, request: ImageRequest, images: Sequence[bytes]) -> dict[str, Any]:
        """Return the image with its seed and a null finish reason: it was not filtered."""
        return _format_images(request, images)


class StableServices(Family):
    """The image services of Stability AI, which edit, upscale or restyle an image."""

    prefixes = ("stability.",)

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model."""
        return IMAGE_TRAITS

    def parse_request(self, body: Body, model_id: str) -> ImageRequest:
        """Return the request for an image with the size of the input image."""
        is_style_transfer = "style-transfer" in model_id
        name = "init_image" if is_style_transfer else "image"
        schema.validate(_TRANSFER if is_style_transfer else _EDIT, body)
        image = decode_base64(body[name])
        if image is None:
            raise invalid(f"{name}: must be a base64 encoded image")
        width, height = size_of(image) or (1024, 1024)
        prompt, seed = body.get("prompt", ""), body.get("seed", 0)
        return ImageRequest(model_id, prompt, width=width, height=height, seed=seed)

    def format_images(self, request: ImageRequest, images: Sequence[bytes]) -> dict[str, Any]:
        """Return the image with its seed."""
        return _format_images(request, images)


class StableDiffusion(Family):
    """Stable Diffusion XL."""

    prefixes = ("stability.stable-diffusion",)

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model."""
        return IMAGE_TRAITS

    def parse_request(self, body: Body, model_id: str) -> ImageRequest:
        """Return the request for an image with the joined texts as its prompt."""
        schema.validate(_DIFFUSION, body)
        prompt = "\n".join(text_prompt["text"] for text_prompt in body["text_prompts"])
        width, height = body.get("width", 1024), body.get("height", 1024)
        for name, side in (("width", width), ("height", height)):
            if side % 64:
                raise invalid_side_error(name, side)
        return ImageRequest(model_id, prompt, width=width, height=height, seed=body.get("seed", 0))

    def format_images(self, request: ImageRequest, images: Sequence[bytes]) -> dict[str, Any]:
        """Return one artifact for each image."""
        artifacts = [
            {"seed": request.seed, "base64": encode_base64(image), "finishReason": "SUCCESS"}
            for image in images
        ]
        return {"result": "success", "artifacts": artifacts}


def invalid_side_error(name: str, side: int) -> Exception:
    """Return the error for a width or height that is not a multiple of 64.

    Args:
        name: ``width`` or ``height``.
        side: The value in pixels.
    """
    return invalid(
        f"Malformed input request: #/{name}: {side} is not a multiple of 64, "
        "please reformat your input and try again."
    )


def _format_images(request: ImageRequest, images: Sequence[bytes]) -> dict[str, Any]:
    count = len(images)
    return {
        "seeds": [request.seed] * count,
        "finish_reasons": [None] * count,
        "images": [encode_base64(image) for image in images],
    }
