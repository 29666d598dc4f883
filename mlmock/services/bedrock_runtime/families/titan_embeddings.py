"""The embedding models of Amazon Titan for texts (G1, V2) and for texts with images."""

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
    """Titan Text Embeddings: G1 with 1536 dimensions, V2 with a choice of dimensions."""

    prefixes = ("amazon.titan-embed-text", "amazon.titan-embed-g1")

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model."""
        return EMBEDDING_TRAITS

    def parse_request(self, body: Body, model_id: str) -> EmbeddingRequest:
        """Return the request to embed the text."""
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
        """Return the vector; V2 also returns it by embedding type."""
        numbers = list(vectors[0])
        if not _is_v2(request.model_id):
            return {"embedding": numbers, "inputTextTokenCount": tokens}
        types = request.extra["types"]
        by_type = {kind: _to_embedding_type(numbers, kind) for kind in types}
        untyped = {"embedding": numbers} if "float" in types else {}
        return untyped | {"embeddingsByType": by_type, "inputTextTokenCount": tokens}


class TitanEmbedImage(Family):
    """Titan Multimodal Embeddings: one vector for a text, an image or both."""

    prefixes = ("amazon.titan-embed-image",)

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model."""
        return EMBEDDING_TRAITS

    def parse_request(self, body: Body, model_id: str) -> EmbeddingRequest:
        """Return the request to embed the text, the image or both."""
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
        """Return the vector; for a text with an image, the normalized sum of both vectors."""
        vector = list(vectors[0])
        if len(vectors) > 1:
            vector = list(normalized([sum(numbers) for numbers in zip(*vectors, strict=True)]))
        return {"embedding": vector, "inputTextTokenCount": tokens, "message": None}


def _is_v2(model_id: str) -> bool:
    return model_id.startswith("amazon.titan-embed-text-v2")


def _to_embedding_type(numbers: list[float], kind: str) -> list[Any]:
    """Return the numbers, or one bit for each number: Titan does not pack binary vectors."""
    return numbers if kind == "float" else [int(number > 0) for number in numbers]


def _decode_image(text: str) -> bytes:
    data = decode_base64(text)
    if data is None:
        raise invalid("Invalid inputImage: the image must be a valid base64 string.")
    return data
