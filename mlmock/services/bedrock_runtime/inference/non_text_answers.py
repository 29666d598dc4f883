"""Answers of models that return embeddings, images or rankings instead of text."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from mlmock.errors import InvalidRule
from mlmock.rules.answers import DefaultAnswer, Deferred
from mlmock.rules.matchers import abbreviate_repr
from mlmock.rules.rule import resolve_answer
from mlmock.services.bedrock_runtime.conversation.replies import Usage
from mlmock.services.bedrock_runtime.conversation.requests import (
    EmbeddingRequest,
    ImageRequest,
    RerankRequest,
)
from mlmock.services.bedrock_runtime.conversation.tokens import text_tokens
from mlmock.services.bedrock_runtime.families.base import Family
from mlmock.services.bedrock_runtime.inference.exchange import Exchange
from mlmock.services.bedrock_runtime.media.embeddings import unit_vector
from mlmock.services.bedrock_runtime.media.encoding import json_bytes
from mlmock.services.bedrock_runtime.media.images import generate_png
from mlmock.services.bedrock_runtime.scripting.model_rules import (
    BODY,
    VECTORS,
    Vectors,
    find_model_rule,
)
from mlmock.services.bedrock_runtime.scripting.scripted_message import Raw

WriteBody = Callable[..., Any]
Vector = Sequence[float]
_LATENCY_MS = 60


def answer_non_text(exchange: Exchange, family: Family, request: Any, write: WriteBody) -> Any:
    """Return the response with embeddings, images or a ranking.

    Args:
        exchange: The exchange.
        family: The family that formats the response body.
        request: The request for embeddings, images or a ranking.
        write: A function that returns the response for a body and its usage.

    Returns:
        The response, or Deferred if a user callable must return the vectors.
    """
    tokens = _input_tokens(request)
    counted = "none" if isinstance(request, RerankRequest) else "input"
    accepted = frozenset({BODY, VECTORS} if isinstance(request, EmbeddingRequest) else {BODY})

    def send(body: Any) -> Any:
        data = body if isinstance(body, bytes) else json_bytes(body)
        return write(exchange, data, Usage(tokens, 0), _LATENCY_MS, counted=counted)

    def send_vectors(vectors: Sequence[Vector]) -> Any:
        return send(family.format_embeddings(request, vectors, tokens))

    result = find_model_rule(exchange.backend, exchange.call, exchange.model, accepted)
    if result is not None:
        exchange.backend.state.simulate_latency(exchange.call, result[0].latency)
    if result is None or isinstance(result[1], DefaultAnswer):
        return send(_default_body(family, request, tokens))
    answer = result[1]
    if isinstance(answer, Vectors):
        return _resolve_vectors(answer.source, request.inputs, send_vectors)
    return resolve_answer(answer, exchange.call, lambda value: send(_raw_body(value, request)))


def _raw_body(value: Any, request: Any) -> Any:
    if not isinstance(value, Raw) or value.chunks is not None:
        is_embedding = isinstance(request, EmbeddingRequest)
        what = "an embedding" if is_embedding else "an image or a ranking"
        raise InvalidRule(
            f"the response to a request for {what} must be raw({{...}}), "
            f"not {abbreviate_repr(value)}"
        )
    body = value.body
    return body.encode() if isinstance(body, str) else body


def _input_tokens(request: Any) -> int:
    if isinstance(request, EmbeddingRequest):
        return sum(text_tokens(text) for text in request.inputs if isinstance(text, str))
    if isinstance(request, ImageRequest):
        return text_tokens(request.prompt)
    return text_tokens(request.query) + sum(map(text_tokens, request.documents))


# -- vectors ---------------------------------------------------------------------------------


def _resolve_vectors(
    source: Any, inputs: Sequence[str | bytes], then: Callable[[Sequence[Vector]], Any]
) -> Any:
    """Return `then` of the vectors of `inputs`, or Deferred if `source` is a user callable."""
    if callable(source):
        return Deferred(
            partial(_call_for_each, source, inputs), lambda vectors: then(_to_floats(vectors))
        )
    if isinstance(source, Mapping):
        return then(_to_floats([_vector_of(source, each) for each in inputs]))
    return then([source] * len(inputs))


def _call_for_each(function: Callable[[Any], Any], inputs: Sequence[Any]) -> Any:
    vectors = [function(each) for each in inputs]
    return _await_all(vectors) if any(map(inspect.isawaitable, vectors)) else vectors


async def _await_all(vectors: Sequence[Any]) -> list[Any]:
    return [await each if inspect.isawaitable(each) else each for each in vectors]


def _vector_of(source: Mapping[Any, Any], each: Any) -> Any:
    if each not in source:
        raise InvalidRule(f"embed({{...}}) has no vector for the input {abbreviate_repr(each)}")
    return source[each]


def _to_floats(vectors: Sequence[Any]) -> Sequence[Vector]:
    for vector in vectors:
        if not isinstance(vector, Sequence) or isinstance(vector, (str, bytes)):
            try:
                list(vector)
            except TypeError:
                raise InvalidRule(
                    f"embed() requires lists of numbers, not {abbreviate_repr(vector)}"
                ) from None
    return [[float(number) for number in vector] for vector in vectors]


# -- defaults --------------------------------------------------------------------------------


def _default_body(family: Family, request: Any, tokens: int) -> Any:
    if isinstance(request, EmbeddingRequest):
        vectors = [unit_vector(_seed_text(each), request.dimensions) for each in request.inputs]
        return family.format_embeddings(request, vectors, tokens)
    if isinstance(request, ImageRequest):
        images = [_default_image(request, index) for index in range(request.count)]
        return family.format_images(request, images)
    scores = [relevance_score(request.query, text) for text in request.documents]
    return family.format_ranking(request, scores)


def _seed_text(each: str | bytes) -> str:
    return each if isinstance(each, str) else each.hex()


def _default_image(request: ImageRequest, index: int) -> bytes:
    return generate_png(f"{request.prompt}/{request.seed + index}", request.width, request.height)


def relevance_score(query: str, document: str) -> float:
    """Return a score from 0 to 1 for the relevance of `document` to `query`.

    Assumption: the score grows with the share of the query's words that the document contains.
    """
    words = set(query.lower().split())
    if not words:
        return 0.0
    shared = len(words & set(document.lower().split())) / len(words)
    noise = (sum(map(ord, document)) % 97) / 9700
    return round(min(1.0, 0.01 + 0.98 * shared + noise), 6)
