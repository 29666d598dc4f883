"""Amazon Nova Multimodal Embeddings: one vector for a text, a picture, a film or a sound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlmock.services.bedrock_runtime import schema as s
from mlmock.services.bedrock_runtime.families.base import Body, Family, Traits, malformed
from mlmock.services.bedrock_runtime.media import decoded
from mlmock.services.bedrock_runtime.speech import Embedding

_PURPOSES = (
    "GENERIC_INDEX",
    "GENERIC_RETRIEVAL",
    "TEXT_RETRIEVAL",
    "IMAGE_RETRIEVAL",
    "VIDEO_RETRIEVAL",
    "DOCUMENT_RETRIEVAL",
    "AUDIO_RETRIEVAL",
    "CLASSIFICATION",
    "CLUSTERING",
)
_SOURCE = s.Fields(optional={"bytes": s.Text(), "s3Location": s.Fields(others=True)})
_MEDIUM = s.Fields({"format": s.Text(), "source": _SOURCE}, others=True)
_TEXT = s.Fields(
    optional={
        "value": s.Text(1),
        "truncationMode": s.Text(among=("START", "END", "NONE")),
        "source": _SOURCE,
    }
)
_PARAMS = s.Fields(
    {"embeddingPurpose": s.Text(among=_PURPOSES)},
    {
        "embeddingDimension": s.whole(among=(256, 384, 1024, 3072)),
        "text": _TEXT,
        "image": _MEDIUM,
        "video": _MEDIUM,
        "audio": _MEDIUM,
    },
)
_BODY = s.Fields(
    {"taskType": s.Text(among=("SINGLE_EMBEDDING",)), "singleEmbeddingParams": _PARAMS},
    {"schemaVersion": s.Text()},
)
_KINDS = ("text", "image", "video", "audio")


class NovaEmbed(Family):
    """Nova Multimodal Embeddings."""

    prefixes = ("amazon.nova-2-multimodal-embeddings", "amazon.nova-multimodal-embeddings")

    def traits(self, model_id: str) -> Traits:
        """Return what the model can do; what is long is embedded by StartAsyncInvoke."""
        return Traits(
            kind="embedding", converse=False, streaming=False, tools=False, async_invoke=True
        )

    def read(self, body: Body, model_id: str) -> Embedding:
        """Return the only input of the body."""
        s.check(_BODY, body)
        params = body["singleEmbeddingParams"]
        given = [kind for kind in _KINDS if kind in params]
        if len(given) != 1:
            raise malformed(
                f"#/singleEmbeddingParams: {len(given)} subschemas matched instead of one"
            )
        kind, size = given[0], params.get("embeddingDimension", 3072)
        extra = {"kind": _name(kind, params[kind])}
        return Embedding(model_id, (_input(kind, params[kind]),), size, extra=extra)

    def embedded(
        self, asked: Embedding, vectors: Sequence[Sequence[float]], tokens: int
    ) -> dict[str, Any]:
        """Return the vector with the kind of what it stands for."""
        kind = asked.extra["kind"]
        return {"embeddings": [{"embedding": list(vectors[0]), "embeddingType": kind}]}


def _name(kind: str, given: dict[str, Any]) -> str:
    if kind == "video" and given.get("embeddingMode") == "AUDIO_VIDEO_COMBINED":
        return "AUDIO_VIDEO_COMBINED"
    return kind.upper()


def _input(kind: str, given: dict[str, Any]) -> str | bytes:
    if "value" in given:
        return str(given["value"])
    source = given.get("source", {})
    if "s3Location" in source:
        return str(source["s3Location"].get("uri", ""))
    data = decoded(source["bytes"]) if "bytes" in source else None
    if data is None:
        raise malformed(f"#/singleEmbeddingParams/{kind}: required key [source] not found")
    return data
