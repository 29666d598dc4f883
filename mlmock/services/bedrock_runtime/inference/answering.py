"""One exchange with a model, the same for all four operations: who answers, and with what.

The caller's words come in as a `Conversation`, the model's leave as a `Reply`; in between are the
service's refusals, the guardrail, and the script.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mlmock.call import Call
from mlmock.errors import BadAnswer
from mlmock.rules.answers import Default
from mlmock.rules.matchers import shown
from mlmock.rules.rule import given
from mlmock.services.bedrock_runtime import errors as refusals
from mlmock.services.bedrock_runtime.conversation.replies import Cached, Reply
from mlmock.services.bedrock_runtime.conversation.requests import Conversation
from mlmock.services.bedrock_runtime.errors import whole_fault
from mlmock.services.bedrock_runtime.inference.exchange import Exchange
from mlmock.services.bedrock_runtime.models.declarations import Known
from mlmock.services.bedrock_runtime.scripting.answers import Raw, Said, said_of
from mlmock.services.bedrock_runtime.scripting.default_answers import default_words
from mlmock.services.bedrock_runtime.scripting.model_rules import BODY, CHUNKS, WORDS, taken
from mlmock.services.bedrock_runtime.scripting.reply_builder import reply_of

if TYPE_CHECKING:
    pass


_SPEECH = frozenset({WORDS})
_EXACT = frozenset({BODY, CHUNKS})


def check_length(known: Known, conversation: Conversation) -> None:
    """Refuse more than the model reads, or to write more than it can."""
    most = known.traits.max_tokens
    if most is not None and conversation.max_tokens and conversation.max_tokens > most:
        raise refusals.invalid(
            f"The maximum tokens you requested exceeds the model limit of {most}. Try again with a "
            f"maximum tokens value that is lower than {most}."
        )
    longest = known.facts.input_tokens
    if longest is not None and conversation.input_tokens > longest:
        raise refusals.invalid("Input is too long for requested model.")


def ask(
    exchange: Exchange,
    conversation: Conversation,
    then: Callable[[Reply | Raw], Any],
    *,
    wanted: frozenset[str] = _SPEECH,
) -> Any:
    """Let the script answer, or the default: `then` of the reply, or Later if user code runs.

    A `Raw` reaches `then` only where `wanted` says that exact bodies are.
    """
    found = taken(exchange.backend, exchange.call, exchange.known, wanted, conversation)
    if found is None:
        said = _by_default(exchange, conversation)
        return then(_reply(exchange, conversation, said, 0.0, wanted))
    rule, answer = found
    if rule.seconds:
        _wait(exchange, rule.seconds)
    if isinstance(answer, Default):
        answer = _by_default(exchange, conversation)
    if isinstance(answer, Said):
        return then(_reply(exchange, conversation, answer, rule.seconds, wanted))

    def finished(value: Any) -> Any:
        said = said_of(value)
        if isinstance(said, Said):
            return then(_reply(exchange, conversation, said, rule.seconds, wanted))
        if wanted.isdisjoint(_EXACT):
            raise BadAnswer(f"{exchange.call.plan} has no exact body: {shown(value)}")
        return then(said)

    return given(answer, exchange.call, finished)


def _by_default(exchange: Exchange, conversation: Conversation) -> Said:
    model = exchange.known.model
    seed = exchange.backend.world.block.options.seed
    return default_words(conversation, model.base or model.written, seed)


def _wait(exchange: Exchange, seconds: float) -> None:
    exchange.backend.world.wait(exchange.call, seconds)


def _reply(
    exchange: Exchange,
    conversation: Conversation,
    said: Said,
    waited: float,
    wanted: frozenset[str],
) -> Reply:
    """Return what is said, finished; where it isn't streamed its pauses and its fault are now."""
    if not exchange.streams and (said.fault is not None or said.seconds):
        _wait(exchange, said.seconds)
        waited += said.seconds
        if said.fault is not None:
            raise whole_fault(said.fault)
    seed = created = 0
    if wanted is not _SPEECH or not said.is_whole:  # Converse has no ids and no dates of its own
        world = exchange.backend.world
        seed, created = world.block.random.getrandbits(63), int(world.clock.seconds())
    traits, cached = exchange.known.traits, _UNCACHED
    if traits.caches:
        cached = _cached(exchange, conversation)
    return reply_of(
        said, conversation, traits, seed=seed, created=created, waited=waited, cached=cached
    )


_UNCACHED = Cached()
_MARKS = (b"cachePoint", b"cache_control")


def is_marked(call: Call) -> bool:
    """True where the words of a cache point stand somewhere in a call: one look, and no parsing."""
    body = call.request.body
    return _MARKS[0] in body or _MARKS[1] in body


def _cached(exchange: Exchange, conversation: Conversation) -> Cached:
    """Return what the model's prompt cache does with a conversation."""
    if not is_marked(exchange.call):
        return _UNCACHED
    from mlmock.services.bedrock_runtime.inference import prompt_cache as caching

    return caching.used(exchange, conversation)


def check_points(exchange: Exchange, conversation: Conversation) -> None:
    """Refuse cache points to a model that has no prompt cache, and those that don't fit."""
    if is_marked(exchange.call):
        from mlmock.services.bedrock_runtime.inference import prompt_cache as caching

        caching.check(exchange, conversation)
