"""The embedding models of Cohere, versions 3 and 4."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlmock.services.bedrock_runtime.conversation.ids import uuid_from
from mlmock.services.bedrock_runtime.conversation.requests import EmbeddingRequest
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.errors import invalid, malformed_body_error
from mlmock.services.bedrock_runtime.families.base import Body, Family
from mlmock.services.bedrock_runtime.media.embeddings import canonical_json, to_embedding_type
from mlmock.services.bedrock_runtime.media.encoding import decode_data_uri, image_format
from mlmock.services.bedrock_runtime.media.images import size_of
from mlmock.services.bedrock_runtime.validation import schema

_PURPOSES = ("search_document", "search_query", "classification", "clustering")
_TYPES = schema.ListOf(
    schema.String(enum=("float", "int8", "uint8", "binary", "ubinary", "base64")), min_items=1
)
_V3 = schema.ObjectOf(
    {"input_type": schema.String(enum=(*_PURPOSES, "image"))},
    {
        "texts": schema.ListOf(schema.String(0, 2048), min_items=1, max_items=96),
        "images": schema.ListOf(schema.String(), min_items=1, max_items=1),
        "truncate": schema.String(enum=("NONE", "START", "END")),
        "embedding_types": _TYPES,
    },
)
_URL = schema.OneOf((schema.String(1), schema.ObjectOf({"url": schema.String(1)}, additional=True)))
_CONTENT_PART = schema.TaggedUnion(
    "type",
    {
        "text": schema.ObjectOf({"text": schema.String(1)}, additional=True),
        "image_url": schema.ObjectOf({"image_url": _URL}, additional=True),
    },
    strict=True,
)
_V4 = schema.ObjectOf(
    {"input_type": schema.String(enum=(*_PURPOSES, "image"))},
    {
        "texts": schema.ListOf(schema.String(), min_items=1, max_items=96),
        "images": schema.ListOf(schema.String(), min_items=1, max_items=96),
        "inputs": schema.ListOf(
            schema.ObjectOf({"content": schema.ListOf(_CONTENT_PART, min_items=1)}),
            min_items=1,
            max_items=96,
        ),
        "truncate": schema.String(enum=("NONE", "LEFT", "RIGHT", "START", "END")),
        "embedding_types": _TYPES,
        "output_dimension": schema.integer(enum=(256, 512, 1024, 1536)),
        "max_tokens": schema.integer(1, 128000),
    },
)
_SOURCES = ("texts", "images", "inputs")


class CohereEmbed(Family):
    """Embed English v3, Embed Multilingual v3 and Embed v4."""

    prefixes = ("cohere.embed",)

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model."""
        return Traits(kind="embedding", converse=False, streaming=False, tools=False, system=False)

    def parse_request(self, body: Body, model_id: str) -> EmbeddingRequest:
        """Return the request to embed texts, images or mixed inputs; a body has one of them."""
        is_v4 = _is_v4(model_id)
        schema.validate(_V4 if is_v4 else _V3, body)
        sources = [name for name in _SOURCES if name in body]
        if not sources:
            raise malformed_body_error("#: required key [texts] not found")
        if len(sources) > 1:
            raise malformed_body_error(f"#: {len(sources)} subschemas matched instead of one")
        types = body.get("embedding_types", ["float"] if is_v4 else None)
        dimensions = body.get("output_dimension", 1536) if is_v4 else 1024
        inputs = [_input(sources[0], item) for item in body[sources[0]]]
        extra = {
            "types": types,
            "texts": body.get("texts", []),
            "images": _image_descriptions(inputs),
        }
        return EmbeddingRequest(model_id, inputs, dimensions, extra=extra)

    def format_embeddings(
        self, request: EmbeddingRequest, vectors: Sequence[Sequence[float]], tokens: int
    ) -> dict[str, Any]:
        """Return the vectors, by embedding type if requested and always by version 4."""
        types, texts = request.extra["types"], request.extra["texts"]
        if request.model_id.startswith("cohere.embed-english"):
            texts = [text.lower() for text in texts]
        embeddings: Any = [list(vector) for vector in vectors]
        if types is not None:
            embeddings = {
                kind: [to_embedding_type(vector, kind) for vector in vectors] for kind in types
            }
        response = {
            "embeddings": embeddings,
            "id": uuid_from(canonical_json([str(item) for item in request.inputs])),
            "response_type": "embeddings_floats" if types is None else "embeddings_by_type",
            "texts": texts,
        }
        images = request.extra["images"]
        return response | ({"images": images} if images else {})


def _is_v4(model_id: str) -> bool:
    return model_id.startswith("cohere.embed-v4")


def _input(source: str, item: Any) -> str | bytes:
    if source == "texts":
        return str(item)
    return _decode_image(item) if source == "images" else _mixed_input(item["content"])


def _decode_image(uri: str) -> bytes:
    decoded = decode_data_uri(uri)
    if decoded is None:
        raise invalid("image must be a valid data URI with base64-encoded data")
    return decoded[1]


def _mixed_input(parts: Sequence[dict[str, Any]]) -> str | bytes:
    """Return the input for texts and images that share one vector."""
    texts = [str(part["text"]) for part in parts if "text" in part]
    if len(texts) == len(parts):
        return "\n".join(texts)
    return canonical_json(parts)


def _image_descriptions(inputs: Sequence[str | bytes]) -> list[dict[str, Any]]:
    return [_describe_image(item) for item in inputs if isinstance(item, bytes)]


def _describe_image(image: bytes) -> dict[str, Any]:
    width, height = size_of(image) or (0, 0)
    image_type = image_format(image) or "png"
    return {"width": width, "height": height, "format": image_type, "bit_depth": 24}
