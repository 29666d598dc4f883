"""The models of Cohere and Amazon that rank documents by relevance to a query."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from mlmock.services.bedrock_runtime.conversation.requests import RerankRequest
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.families.base import Body, Family
from mlmock.services.bedrock_runtime.validation import schema

_DOCUMENT = schema.OneOf((schema.String(1), schema.ObjectOf(additional=True)))
_COMMON: dict[str, schema.Schema] = {
    "query": schema.String(1),
    "documents": schema.ListOf(_DOCUMENT, min_items=1, max_items=1000),
}
_TOP_N: dict[str, schema.Schema] = {"top_n": schema.integer(1)}
_API_VERSION: dict[str, schema.Schema] = {"api_version": schema.integer(2)}
_COHERE_OPTIONS: dict[str, schema.Schema] = {
    "max_tokens_per_doc": schema.integer(1),
    "return_documents": schema.Boolean(),
}
_AMAZON = schema.ObjectOf(_COMMON, _TOP_N)
_COHERE = schema.ObjectOf(_COMMON | _API_VERSION, _TOP_N | _COHERE_OPTIONS)


class Rerank(Family):
    """The Rerank models, whose results are sorted by descending relevance."""

    prefixes = ("cohere.rerank", "amazon.rerank")

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model."""
        return Traits(kind="rerank", converse=False, streaming=False, tools=False, system=False)

    def parse_request(self, body: Body, model_id: str) -> RerankRequest:
        """Return the query and the documents; a document that is an object becomes its JSON."""
        schema.validate(_AMAZON if model_id.startswith("amazon.") else _COHERE, body)
        documents = [d if isinstance(d, str) else json.dumps(d) for d in body["documents"]]
        return RerankRequest(model_id, body["query"], documents, body.get("top_n"))

    def format_ranking(self, request: RerankRequest, scores: Sequence[float]) -> dict[str, Any]:
        """Return the indexes and scores of the documents; equal scores keep the input order."""
        order = sorted(range(len(scores)), key=lambda index: -scores[index])[: request.top_n]
        results = [{"index": index, "relevance_score": scores[index]} for index in order]
        return {"results": results}
