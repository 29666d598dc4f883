"""Amazon Titan's embeddings: texts (G1, V2), and texts with pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlmock.services.bedrock_runtime.conversation.requests import EmbeddingRequest
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.errors import invalid, malformed_body_error
from mlmock.services.bedrock_runtime.families.base import Body, Family
from mlmock.services.bedrock_runtime.media.embeddings import normalized
from mlmock.services.bedrock_runtime.media.encoding import decode_base64
from mlmock.services.bedrock_runtime.validation import schema

EMBEDDING_TRAITS = Traits(
    kind="embedding", converse=False, streaming=False, tools=False, system=False
)
_TEXT = schema.String(1, 50000)
_V1 = schema.ObjectOf({"inputText": _TEXT})
_V2 = schema.ObjectOf(
    {"inputText": _TEXT},
    {
        "dimensions": schema.integer(enum=(256, 512, 1024)),
        "normalize": schema.Boolean(),
        "embeddingTypes": schema.ListOf(schema.String(enum=("float", "binary")), min_items=1),
    },
)
_MULTIMODAL = schema.ObjectOf(
    optional={
        "inputText": schema.String(),
        "inputImage": schema.String(),
        "embeddingConfig": schema.ObjectOf(
            optional={"outputEmbeddingLength": schema.integer(enum=(256, 384, 1024))}
        ),
    }
)


class TitanEmbedText(Family):
    """Titan Text Embeddings: the first has 1536 dimensions, the second a choice."""

    prefixes = ("amazon.titan-embed-text", "amazon.titan-embed-g1")

    def traits(self, model_id: str) -> Traits:
        """Return what the models can do."""
        return EMBEDDING_TRAITS

    def parse_request(self, body: Body, model_id: str) -> EmbeddingRequest:
        """Return the text that is to be embedded."""
        if not _is_v2(model_id):
            schema.validate(_V1, body)
            return EmbeddingRequest(model_id, (body["inputText"],), 1536)
        schema.validate(_V2, body)
        return EmbeddingRequest(
            model_id,
            (body["inputText"],),
            body.get("dimensions", 1024),
            body.get("normalize", True),
            {"types": tuple(body.get("embeddingTypes", ("float",)))},
        )

    def format_embeddings(
        self, request: EmbeddingRequest, vectors: Sequence[Sequence[float]], tokens: int
    ) -> dict[str, Any]:
        """Return the vector; the second model gives it by type as well."""
        numbers = list(vectors[0])
        if not _is_v2(request.model_id):
            return {"embedding": numbers, "inputTextTokenCount": tokens}
        types = request.extra["types"]
        by_type = {kind: _to_embedding_type(numbers, kind) for kind in types}
        untyped = {"embedding": numbers} if "float" in types else {}
        return untyped | {"embeddingsByType": by_type, "inputTextTokenCount": tokens}


class TitanEmbedImage(Family):
    """Titan Multimodal Embeddings: a text, a picture, or both as one vector."""

    prefixes = ("amazon.titan-embed-image",)

    def traits(self, model_id: str) -> Traits:
        """Return what the models can do."""
        return EMBEDDING_TRAITS

    def parse_request(self, body: Body, model_id: str) -> EmbeddingRequest:
        """Return text and picture that are to be embedded."""
        schema.validate(_MULTIMODAL, body)
        inputs: list[str | bytes] = [body["inputText"]] if body.get("inputText") else []
        if body.get("inputImage"):
            inputs.append(_decode_image(body["inputImage"]))
        if not inputs:
            raise malformed_body_error("#: no subschema matched out of the total 2 subschemas")
        length = body.get("embeddingConfig", {}).get("outputEmbeddingLength", 1024)
        return EmbeddingRequest(model_id, inputs, length)

    def format_embeddings(
        self, request: EmbeddingRequest, vectors: Sequence[Sequence[float]], tokens: int
    ) -> dict[str, Any]:
        """Return the vector; that of a text with a picture lies halfway between theirs."""
        vector = list(vectors[0])
        if len(vectors) > 1:
            vector = list(normalized([sum(numbers) for numbers in zip(*vectors, strict=True)]))
        return {"embedding": vector, "inputTextTokenCount": tokens, "message": None}


def _is_v2(model_id: str) -> bool:
    return model_id.startswith("amazon.titan-embed-text-v2")


def _to_embedding_type(numbers: list[float], kind: str) -> list[Any]:
    """Return the numbers, or for binary a bit for each: Titan doesn't pack them."""
    return numbers if kind == "float" else [int(number > 0) for number in numbers]


def _decode_image(text: str) -> bytes:
    data = decode_base64(text)
    if data is None:
        raise invalid("Invalid inputImage: the image must be a valid base64 string.")
    return data
