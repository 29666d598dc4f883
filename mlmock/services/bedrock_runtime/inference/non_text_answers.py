"""What models make that isn't speech: vectors, pictures, rankings."""

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
from mlmock.services.bedrock_runtime.scripting.answers import Raw
from mlmock.services.bedrock_runtime.scripting.model_rules import (
    BODY,
    VECTORS,
    Vectors,
    find_model_rule,
)

Whole = Callable[..., Any]
Numbers = Sequence[float]
_LATENCY = 60


def answer_non_text(exchange: Exchange, family: Family, asked: Any, whole: Whole) -> Any:
    """Answer with vectors, pictures or a ranking; Later if user code makes the vectors."""
    tokens = _tokens(asked)
    counted = "none" if isinstance(asked, RerankRequest) else "input"
    wanted = frozenset({BODY, VECTORS} if isinstance(asked, EmbeddingRequest) else {BODY})

    def sent(body: Any) -> Any:
        data = body if isinstance(body, bytes) else json_bytes(body)
        return whole(exchange, data, Usage(tokens, 0), _LATENCY, counted=counted)

    def embedded(vectors: Sequence[Numbers]) -> Any:
        return sent(family.format_embeddings(asked, vectors, tokens))

    found = find_model_rule(exchange.backend, exchange.call, exchange.known, wanted)
    if found is not None:
        exchange.backend.state.simulate_latency(exchange.call, found[0].latency)
    if found is None or isinstance(found[1], DefaultAnswer):
        return sent(_default(family, asked, tokens))
    answer = found[1]
    if isinstance(answer, Vectors):
        return _vectors(answer.source, asked.inputs, embedded)
    return resolve_answer(answer, exchange.call, lambda value: sent(_exact(value, asked)))


def _exact(value: Any, asked: Any) -> Any:
    if not isinstance(value, Raw) or value.chunks is not None:
        what = "an embedding" if isinstance(asked, EmbeddingRequest) else "a picture or a ranking"
        raise InvalidRule(
            f"a model that makes {what} answers raw({{...}}), not {abbreviate_repr(value)}"
        )
    body = value.body
    return body.encode() if isinstance(body, str) else body


def _tokens(asked: Any) -> int:
    if isinstance(asked, EmbeddingRequest):
        return sum(text_tokens(text) for text in asked.inputs if isinstance(text, str))
    if isinstance(asked, ImageRequest):
        return text_tokens(asked.prompt)
    return text_tokens(asked.query) + sum(map(text_tokens, asked.documents))


# -- vectors ---------------------------------------------------------------------------------


def _vectors(
    source: Any, inputs: Sequence[str | bytes], then: Callable[[Sequence[Numbers]], Any]
) -> Any:
    """Return `then` of what `source` gives for `inputs`; user code runs later, without a lock."""
    if callable(source):
        return Deferred(partial(_called, source, inputs), lambda found: then(_checked(found)))
    if isinstance(source, Mapping):
        return then(_checked([_named(source, each) for each in inputs]))
    return then([source] * len(inputs))


def _called(function: Callable[[Any], Any], inputs: Sequence[Any]) -> Any:
    found = [function(each) for each in inputs]
    return _all_of(found) if any(map(inspect.isawaitable, found)) else found


async def _all_of(found: Sequence[Any]) -> list[Any]:
    return [await each if inspect.isawaitable(each) else each for each in found]


def _named(source: Mapping[Any, Any], each: Any) -> Any:
    if each not in source:
        raise InvalidRule(f"embed({{...}}) has no vector for {abbreviate_repr(each)}")
    return source[each]


def _checked(vectors: Sequence[Any]) -> Sequence[Numbers]:
    for vector in vectors:
        if not isinstance(vector, Sequence) or isinstance(vector, (str, bytes)):
            try:
                list(vector)
            except TypeError:
                raise InvalidRule(
                    f"embed() gives lists of numbers, not {abbreviate_repr(vector)}"
                ) from None
    return [[float(number) for number in vector] for vector in vectors]


# -- defaults --------------------------------------------------------------------------------


def _default(family: Family, asked: Any, tokens: int) -> Any:
    if isinstance(asked, EmbeddingRequest):
        vectors = [unit_vector(_seed_text(each), asked.dimensions) for each in asked.inputs]
        return family.format_embeddings(asked, vectors, tokens)
    if isinstance(asked, ImageRequest):
        found = [_picture(asked, place) for place in range(asked.count)]
        return family.format_images(asked, found)
    return family.format_ranking(asked, [score(asked.query, text) for text in asked.documents])


def _seed_text(each: str | bytes) -> str:
    return each if isinstance(each, str) else each.hex()


def _picture(asked: ImageRequest, place: int) -> bytes:
    return generate_png(f"{asked.prompt}/{asked.seed + place}", asked.width, asked.height)


def score(query: str, document: str) -> float:
    """Return how much of the query's words a document has: 0 to 1 (judged)."""
    words = set(query.lower().split())
    if not words:
        return 0.0
    shared = len(words & set(document.lower().split())) / len(words)
    noise = (sum(map(ord, document)) % 97) / 9700
    return round(min(1.0, 0.01 + 0.98 * shared + noise), 6)
