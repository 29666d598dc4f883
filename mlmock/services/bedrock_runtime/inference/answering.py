"""Replies of a model in an exchange, for all four inference operations.

The request is a `Conversation` and the result is a `Reply`. Rules decide the reply; without a
matching rule the model has a default answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
from mlmock.services.bedrock_runtime.scripting.answers import to_scripted
from mlmock.services.bedrock_runtime.scripting.default_answers import default_message
from mlmock.services.bedrock_runtime.scripting.model_rules import (
    BODY,
    CHUNKS,
    MESSAGE,
    find_model_rule,
)
from mlmock.services.bedrock_runtime.scripting.reply_builder import build_reply
from mlmock.services.bedrock_runtime.scripting.scripted_message import Raw, ScriptedMessage

_MESSAGES_ONLY = frozenset({MESSAGE})
_RAW_KINDS = frozenset({BODY, CHUNKS})


def check_token_limits(model: ResolvedModel, conversation: Conversation) -> None:
    """Raise ValidationException for more input or output tokens than the model supports."""
    limit = model.traits.max_tokens
    if limit is not None and conversation.max_tokens and conversation.max_tokens > limit:
        raise errors.invalid(
            f"The maximum tokens you requested exceeds the model limit of {limit}. Try again with "
            f"a maximum tokens value that is lower than {limit}."
        )
    input_limit = model.declaration.input_tokens
    if input_limit is not None and conversation.input_tokens > input_limit:
        raise errors.invalid("Input is too long for requested model.")


def generate_reply(
    exchange: Exchange,
    conversation: Conversation,
    then: Callable[[Reply | Raw], Any],
    *,
    accepted: frozenset[str] = _MESSAGES_ONLY,
) -> Any:
    """Return `then` of the scripted or default reply, or Deferred if a user callable must run.

    Args:
        exchange: The exchange.
        conversation: The request.
        then: A function that turns the reply into the result of the operation.
        accepted: The kinds of answers that the operation can send. `then` receives a `Raw` only
            if exact bodies are among them.

    Raises:
        UnmatchedCall: If the model is scripted, but no rule matches.
    """
    result = find_model_rule(
        exchange.backend, exchange.call, exchange.model, accepted, conversation
    )
    if result is None:
        message = _default_message(exchange, conversation)
        return then(_to_reply(exchange, conversation, message, 0.0, accepted))
    rule, answer = result
    if rule.latency:
        _wait(exchange, rule.latency)
    if isinstance(answer, DefaultAnswer):
        answer = _default_message(exchange, conversation)
    if isinstance(answer, ScriptedMessage):
        return then(_to_reply(exchange, conversation, answer, rule.latency, accepted))

    def finish(value: Any) -> Any:
        scripted = to_scripted(value)
        if isinstance(scripted, ScriptedMessage):
            return then(_to_reply(exchange, conversation, scripted, rule.latency, accepted))
        if accepted.isdisjoint(_RAW_KINDS):
            raise InvalidRule(
                f"{exchange.call.compiled_operation} cannot be answered with an exact body; "
                f"the callable returned {abbreviate_repr(value)}"
            )
        return then(scripted)

    return resolve_answer(answer, exchange.call, finish)


def _default_message(exchange: Exchange, conversation: Conversation) -> ScriptedMessage:
    model = exchange.model.identifier
    seed = exchange.backend.state.context.options.seed
    return default_message(conversation, model.base or model.model_id, seed)


def _wait(exchange: Exchange, seconds: float) -> None:
    exchange.backend.state.simulate_latency(exchange.call, seconds)


def _to_reply(
    exchange: Exchange,
    conversation: Conversation,
    message: ScriptedMessage,
    waited: float,
    accepted: frozenset[str],
) -> Reply:
    """Return the reply for `message`.

    If the operation does not stream, this lets the pauses of the message pass and raises its error.
    """
    if not exchange.streams and (message.error is not None or message.duration):
        _wait(exchange, message.duration)
        waited += message.duration
        if message.error is not None:
            raise to_non_stream_error(message.error)
    seed = created = 0
    # A response of Converse contains no id and no date unless a part needs a generated one.
    if accepted is not _MESSAGES_ONLY or not message.is_complete:
        state = exchange.backend.state
        seed, created = state.context.random.getrandbits(63), int(state.clock.seconds())
    traits, cached = exchange.model.traits, _NO_CACHE_USAGE
    if traits.caches:
        cached = _use_cache(exchange, conversation)
    return build_reply(
        message, conversation, traits, seed=seed, created=created, waited=waited, cached=cached
    )


_NO_CACHE_USAGE = CacheUsage()
_CACHE_POINT_NAMES = (b"cachePoint", b"cache_control")


def has_cache_points(call: Call) -> bool:
    """Return whether the request body may contain a cache point. The body is not parsed."""
    body = call.request.body
    return _CACHE_POINT_NAMES[0] in body or _CACHE_POINT_NAMES[1] in body


def _use_cache(exchange: Exchange, conversation: Conversation) -> CacheUsage:
    """Return the tokens that the model's prompt cache reads and writes for `conversation`."""
    if not has_cache_points(exchange.call):
        return _NO_CACHE_USAGE
    from mlmock.services.bedrock_runtime.inference import prompt_cache

    return prompt_cache.use_cache(exchange, conversation)


def check_cache_points(exchange: Exchange, conversation: Conversation) -> None:
    """Raise the error response to cache points that the model does not accept."""
    if has_cache_points(exchange.call):
        from mlmock.services.bedrock_runtime.inference import prompt_cache

        prompt_cache.check(exchange, conversation)
