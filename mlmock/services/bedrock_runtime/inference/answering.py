"""One exchange with a model, the same for all four operations: who answers, and with what.

The caller's words come in as a `Conversation`, the model's leave as a `Reply`; in between are the
service's refusals, the guardrail, and the script.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mlmock.call import Call
from mlmock.errors import InvalidRule
from mlmock.rules.answers import DefaultAnswer
from mlmock.rules.matchers import abbreviate_repr
from mlmock.rules.rule import resolve_answer
from mlmock.services.bedrock_runtime import errors
from mlmock.services.bedrock_runtime.conversation.replies import CacheUsage, Reply
from mlmock.services.bedrock_runtime.conversation.requests import Conversation
from mlmock.services.bedrock_runtime.errors import to_non_stream_error
from mlmock.services.bedrock_runtime.inference.exchange import Exchange
from mlmock.services.bedrock_runtime.models.declarations import ResolvedModel
from mlmock.services.bedrock_runtime.scripting.answers import Raw, ScriptedMessage, to_scripted
from mlmock.services.bedrock_runtime.scripting.default_answers import default_message
from mlmock.services.bedrock_runtime.scripting.model_rules import (
    BODY,
    CHUNKS,
    MESSAGE,
    find_model_rule,
)
from mlmock.services.bedrock_runtime.scripting.reply_builder import build_reply

if TYPE_CHECKING:
    pass


_SPEECH = frozenset({MESSAGE})
_EXACT = frozenset({BODY, CHUNKS})


def check_length(known: ResolvedModel, conversation: Conversation) -> None:
    """Refuse more than the model reads, or to write more than it can."""
    most = known.traits.max_tokens
    if most is not None and conversation.max_tokens and conversation.max_tokens > most:
        raise errors.invalid(
            f"The maximum tokens you requested exceeds the model limit of {most}. Try again with a "
            f"maximum tokens value that is lower than {most}."
        )
    longest = known.facts.input_tokens
    if longest is not None and conversation.input_tokens > longest:
        raise errors.invalid("Input is too long for requested model.")


def generate_reply(
    exchange: Exchange,
    conversation: Conversation,
    then: Callable[[Reply | Raw], Any],
    *,
    wanted: frozenset[str] = _SPEECH,
) -> Any:
    """Let the script answer, or the default: `then` of the reply, or Later if user code runs.

    A `Raw` reaches `then` only where `wanted` says that exact bodies are.
    """
    found = find_model_rule(exchange.backend, exchange.call, exchange.known, wanted, conversation)
    if found is None:
        said = _by_default(exchange, conversation)
        return then(_reply(exchange, conversation, said, 0.0, wanted))
    rule, answer = found
    if rule.latency:
        _wait(exchange, rule.latency)
    if isinstance(answer, DefaultAnswer):
        answer = _by_default(exchange, conversation)
    if isinstance(answer, ScriptedMessage):
        return then(_reply(exchange, conversation, answer, rule.latency, wanted))

    def finished(value: Any) -> Any:
        said = to_scripted(value)
        if isinstance(said, ScriptedMessage):
            return then(_reply(exchange, conversation, said, rule.latency, wanted))
        if wanted.isdisjoint(_EXACT):
            raise InvalidRule(
                f"{exchange.call.compiled_operation} has no exact body: {abbreviate_repr(value)}"
            )
        return then(said)

    return resolve_answer(answer, exchange.call, finished)


def _by_default(exchange: Exchange, conversation: Conversation) -> ScriptedMessage:
    model = exchange.known.model
    seed = exchange.backend.state.context.options.seed
    return default_message(conversation, model.base or model.written, seed)


def _wait(exchange: Exchange, seconds: float) -> None:
    exchange.backend.state.simulate_latency(exchange.call, seconds)


def _reply(
    exchange: Exchange,
    conversation: Conversation,
    said: ScriptedMessage,
    waited: float,
    wanted: frozenset[str],
) -> Reply:
    """Return what is said, finished; where it isn't streamed its pauses and its fault are now."""
    if not exchange.streams and (said.fault is not None or said.seconds):
        _wait(exchange, said.seconds)
        waited += said.seconds
        if said.fault is not None:
            raise to_non_stream_error(said.fault)
    seed = created = 0
    if wanted is not _SPEECH or not said.is_whole:  # Converse has no ids and no dates of its own
        state = exchange.backend.state
        seed, created = state.context.random.getrandbits(63), int(state.clock.seconds())
    traits, cached = exchange.known.traits, _UNCACHED
    if traits.caches:
        cached = _cached(exchange, conversation)
    return build_reply(
        said, conversation, traits, seed=seed, created=created, waited=waited, cached=cached
    )


_UNCACHED = CacheUsage()
_MARKS = (b"cachePoint", b"cache_control")


def has_cache_points(call: Call) -> bool:
    """True where the words of a cache point stand somewhere in a call: one look, and no parsing."""
    body = call.request.body
    return _MARKS[0] in body or _MARKS[1] in body


def _cached(exchange: Exchange, conversation: Conversation) -> CacheUsage:
    """Return what the model's prompt cache does with a conversation."""
    if not has_cache_points(exchange.call):
        return _UNCACHED
    from mlmock.services.bedrock_runtime.inference import prompt_cache

    return prompt_cache.used(exchange, conversation)


def check_points(exchange: Exchange, conversation: Conversation) -> None:
    """Refuse cache points to a model that has no prompt cache, and those that don't fit."""
    if has_cache_points(exchange.call):
        from mlmock.services.bedrock_runtime.inference import prompt_cache

        prompt_cache.check(exchange, conversation)
