"""Prompt caches: what stands before a cache point is written once, and read by who repeats it.

A prefix is known by everything in it: tools, system text, messages, in this order. Shorter ones
than a model's minimum aren't kept; what is kept lives five minutes or an hour of virtual time after
it was last used, in the region, account and model that wrote it. That a call reads the longest
prefix that is there, and writes the rest up to its last point, is the developer guide's account of
it; that prefixes hold from the moment they are written is judged.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from mlmock.engine.state import MockState
from mlmock.errors import ServiceError
from mlmock.services.bedrock_runtime.conversation.replies import CacheUsage
from mlmock.services.bedrock_runtime.conversation.requests import Conversation, joined_text
from mlmock.services.bedrock_runtime.conversation.tokens import block_tokens, conversation_tokens
from mlmock.services.bedrock_runtime.errors import invalid, provider_error
from mlmock.services.bedrock_runtime.inference.exchange import Exchange

Block = Mapping[str, Any]
_SECONDS = {"5m": 300, "1h": 3600}
_MOST_POINTS = 4


class Caches:
    """The prefixes that models of a world keep, and until when."""

    def __init__(self, state: MockState) -> None:
        self._state = state
        self._until: dict[Any, float] = {}

    def has(self, key: Any) -> bool:
        """True while the prefix of `key` is kept."""
        return self._until.get(key, 0.0) > self._state.clock.seconds()

    def keep(self, key: Any, seconds: int) -> None:
        """Keep the prefix of `key` for `seconds` from now on, or as long as it is kept already."""
        until = max(self._state.clock.seconds() + seconds, self._until.get(key, 0.0))
        self._state.undo_log.set_item(self._until, key, until)


class _Spot(NamedTuple):
    """The end of a prefix: how much of a conversation is before it; `ttl`: a cache point's."""

    digest: bytes
    tools: int
    system: int
    messages: int
    blocks: int
    ttl: str | None


def check(exchange: Exchange, conversation: Conversation) -> None:
    """Refuse cache points to a model that has no cache, too many of them, a long one after a short.

    The first is an AccessDeniedException, the others are Anthropic's words.
    """
    known = exchange.known
    points = [spot for spot in _spots(conversation) if spot.ttl is not None]
    if points and not known.traits.caches and known.model.family is not None:
        raise ServiceError(
            "AccessDeniedException",
            "You invoked an unsupported model or your request did not allow prompt caching. See "
            "the documentation for more information.",
        )
    refuse = provider_error if exchange.call.operation.startswith("Converse") else invalid
    if known.traits.caches and len(points) > _MOST_POINTS:
        raise refuse(
            f"A maximum of {_MOST_POINTS} blocks with cache_control may be provided. Found "
            f"{len(points)}."
        )
    short = next((at for at, spot in enumerate(points) if spot.ttl == "5m"), len(points))
    late = next((spot for spot in points[short:] if spot.ttl == "1h"), None)
    if late is not None and known.traits.relays_errors:
        raise refuse(
            f"{_place(conversation, late)}.cache_control.ttl: a ttl='1h' cache_control block must "
            "not come after a ttl='5m' cache_control block. Note that blocks are processed in the "
            "following order: `tools`, `system`, `messages`."
        )


def _place(conversation: Conversation, spot: _Spot) -> str:
    """Return where Anthropic sees the block that a cache point belongs to: the one before it."""
    if spot.blocks:
        name, end = f"messages.{spot.messages}.content", spot.blocks
        blocks = conversation.messages[spot.messages]["content"]
    elif spot.system:
        name, end, blocks = "system", spot.system, conversation.system_blocks
    else:
        name, end, blocks = "tools", spot.tools, conversation.tools
    before = sum("cachePoint" not in block for block in blocks[:end])
    return f"{name}.{max(0, before - 1)}"


def used(exchange: Exchange, conversation: Conversation) -> CacheUsage:
    """Return what the model's cache serves and takes."""
    spots = list(_spots(conversation))
    points = [at for at, spot in enumerate(spots) if spot.ttl is not None]
    if not points:
        return CacheUsage()
    caches, place = exchange.backend.state.shared(Caches), exchange.backend.scope
    model = exchange.known.model.base or exchange.known.model.written
    keys = [(place, model, spot.digest) for spot in spots[: points[-1] + 1]]
    hit = next((at for at in reversed(range(len(keys))) if caches.has(keys[at])), None)
    read = 0 if hit is None else _tokens(conversation, spots[hit])
    if hit is not None:
        caches.keep(keys[hit], _SECONDS["5m"])
    written: dict[str, int] = {}
    done = read
    for at in points:
        size, ttl = _tokens(conversation, spots[at]), str(spots[at].ttl)
        if size >= exchange.known.traits.cache_minimum:
            caches.keep(keys[at], _SECONDS[ttl])
            written[ttl] = written.get(ttl, 0) + max(0, size - done)
            done = max(done, size)
    details = tuple({"inputTokens": n, "ttl": ttl} for ttl, n in written.items() if n)
    return CacheUsage(read, done - read, details)


def _tokens(conversation: Conversation, spot: _Spot) -> int:
    """Return the tokens of everything before `spot`."""
    system = joined_text(conversation.system_blocks[: spot.system])
    before = conversation.messages[: spot.messages]
    tokens = conversation_tokens(before, system, conversation.tools[: spot.tools])
    begun = conversation.messages[spot.messages]["content"][: spot.blocks] if spot.blocks else ()
    return tokens + sum(map(block_tokens, begun))


def _spots(conversation: Conversation) -> Iterator[_Spot]:
    """Yield the end of every tool, system block and content block of a conversation."""
    digest = hashlib.blake2b(digest_size=16)
    tools, system = len(conversation.tools), len(conversation.system_blocks)
    for at, ttl in _read(digest, "tools", conversation.tools):
        yield _Spot(digest.digest(), at, 0, 0, 0, ttl)
    for at, ttl in _read(digest, "system", conversation.system_blocks):
        yield _Spot(digest.digest(), tools, at, 0, 0, ttl)
    for place, message in enumerate(conversation.messages):
        for at, ttl in _read(digest, message["role"], message["content"]):
            yield _Spot(digest.digest(), tools, system, place, at, ttl)


def _read(digest: Any, name: str, blocks: Sequence[Block]) -> Iterator[tuple[int, str | None]]:
    """Feed `blocks` into `digest`; yield how many there were, and the time of a cache point."""
    for at, block in enumerate(blocks, 1):
        point = block.get("cachePoint")
        if point is None:
            told = json.dumps((name, block), sort_keys=True, default=_told)
            digest.update(told.encode(errors="surrogatepass"))
        yield at, None if point is None else point.get("ttl", "5m")


def _told(value: Any) -> str:
    """Return what stands for a value that isn't JSON: bytes, mostly."""
    data = value if isinstance(value, bytes) else repr(value).encode()
    return hashlib.blake2b(data, digest_size=16).hexdigest()
