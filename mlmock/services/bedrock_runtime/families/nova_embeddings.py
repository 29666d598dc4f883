"""Amazon Nova Multimodal Embeddings: one vector for a text, an image, a video or audio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlmock.services.bedrock_runtime.conversation.requests import EmbeddingRequest
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.errors import malformed_body_error
from mlmock.services.bedrock_runtime.families.base import Body, Family
from mlmock.services.bedrock_runtime.families.nova_embedding_schema import parameters_schema
from mlmock.services.bedrock_runtime.media.encoding import decode_base64
from mlmock.services.bedrock_runtime.validation import schema

_SOURCE = schema.ObjectOf(
    optional={"bytes": schema.String(), "s3Location": schema.ObjectOf(additional=True)}
)
_PARAMETERS = parameters_schema(_SOURCE)
_BODY = schema.ObjectOf(
    {"taskType": schema.String(enum=("SINGLE_EMBEDDING",)), "singleEmbeddingParams": _PARAMETERS},
    {"schemaVersion": schema.String()},
)


class NovaEmbed(Family):
    """Nova Multimodal Embeddings by InvokeModel."""

    prefixes = ("amazon.nova-2-multimodal-embeddings", "amazon.nova-multimodal-embeddings")

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model; StartAsyncInvoke embeds long media."""
        return Traits(
            kind="embedding", converse=False, streaming=False, tools=False, async_invoke=True
        )

    def parse_request(self, body: Body, model_id: str) -> EmbeddingRequest:
        """Return the request to embed the only input of the body."""
        schema.validate(_BODY, body)
        kind, value, dimensions = _PARAMETERS.select_input(body["singleEmbeddingParams"])
        extra = {"kind": _embedding_type(kind, value)}
        return EmbeddingRequest(model_id, (_input(kind, value),), dimensions, extra=extra)

    def format_embeddings(
        self, request: EmbeddingRequest, vectors: Sequence[Sequence[float]], tokens: int
    ) -> dict[str, Any]:
        """Return the vector with its embedding type."""
        kind = request.extra["kind"]
        return {"embeddings": [{"embedding": list(vectors[0]), "embeddingType": kind}]}


def _embedding_type(kind: str, value: Mapping[str, Any]) -> str:
    if kind == "video" and value.get("embeddingMode") == "AUDIO_VIDEO_COMBINED":
        return "AUDIO_VIDEO_COMBINED"
    return kind.upper()


def _input(kind: str, value: Mapping[str, Any]) -> str | bytes:
    if "value" in value:
        return str(value["value"])
    source = value.get("source", {})
    if "s3Location" in source:
        return str(source["s3Location"].get("uri", ""))
    data = decode_base64(source["bytes"]) if "bytes" in source else None
    if data is None:
        raise malformed_body_error(
            f"#/singleEmbeddingParams/{kind}: required key [source] not found"
        )
    return data
