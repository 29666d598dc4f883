"""Simulation of prompt caching.

The first request stores the prefix before a cache point, and later requests that repeat the prefix
read it. A prefix consists of tools, system text and messages, in this order. A prefix is stored
for each account, region and model, if it is not shorter than the model's minimum. It expires five
minutes or one hour of virtual time after its last use.

Source: Amazon Bedrock developer guide, prompt caching. A request reads the longest stored prefix
and stores the rest up to its last cache point.
Assumption: a prefix can be read as soon as it is stored.
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
_TTL_SECONDS = {"5m": 300, "1h": 3600}
_MAX_CACHE_POINTS = 4


class PromptCache:
    """The prefixes that all models of a mock store, with their expiry times."""

    def __init__(self, state: MockState) -> None:
        self._state = state
        self._expiry: dict[Any, float] = {}

    def has(self, key: Any) -> bool:
        """Return whether the prefix of `key` is stored and has not expired."""
        return self._expiry.get(key, 0.0) > self._state.clock.seconds()

    def store(self, key: Any, seconds: int) -> None:
        """Store the prefix of `key` for at least `seconds` of virtual time from now on."""
        expiry = max(self._state.clock.seconds() + seconds, self._expiry.get(key, 0.0))
        self._state.undo_log.set_item(self._expiry, key, expiry)


class _Prefix(NamedTuple):
    """A prefix of a conversation: its digest, and how many tools and blocks it contains.

    `messages` is the number of complete messages, `blocks` the number of blocks of the message
    after them. `ttl` is the time to live if a cache point ends the prefix.
    """

    digest: bytes
    tools: int
    system: int
    messages: int
    blocks: int
    ttl: str | None


def check(exchange: Exchange, conversation: Conversation) -> None:
    """Check the cache points of `conversation`.

    Raises:
        ServiceError: AccessDeniedException if the model has no prompt cache. ValidationException
            with Anthropic's message if there are too many cache points, or if one of an hour
            follows one of five minutes.
    """
    model = exchange.model
    points = [prefix for prefix in _prefixes(conversation) if prefix.ttl is not None]
    if points and not model.traits.caches and model.identifier.family is not None:
        raise ServiceError(
            "AccessDeniedException",
            "You invoked an unsupported model or your request did not allow prompt caching. See "
            "the documentation for more information.",
        )
    to_error = provider_error if exchange.call.operation.startswith("Converse") else invalid
    if model.traits.caches and len(points) > _MAX_CACHE_POINTS:
        raise to_error(
            f"A maximum of {_MAX_CACHE_POINTS} blocks with cache_control may be provided. Found "
            f"{len(points)}."
        )
    first_short = next((i for i, point in enumerate(points) if point.ttl == "5m"), len(points))
    misplaced = next((point for point in points[first_short:] if point.ttl == "1h"), None)
    if misplaced is not None and model.traits.relays_errors:
        raise to_error(
            f"{_path(conversation, misplaced)}.cache_control.ttl: a ttl='1h' cache_control block "
            "must not come after a ttl='5m' cache_control block. Note that blocks are processed in "
            "the following order: `tools`, `system`, `messages`."
        )


def _path(conversation: Conversation, point: _Prefix) -> str:
    """Return Anthropic's path of the block before a cache point, to which the point belongs."""
    if point.blocks:
        name, end = f"messages.{point.messages}.content", point.blocks
        blocks = conversation.messages[point.messages]["content"]
    elif point.system:
        name, end, blocks = "system", point.system, conversation.system_blocks
    else:
        name, end, blocks = "tools", point.tools, conversation.tools
    before = sum("cachePoint" not in block for block in blocks[:end])
    return f"{name}.{max(0, before - 1)}"


def use_cache(exchange: Exchange, conversation: Conversation) -> CacheUsage:
    """Read and store the prefixes of `conversation`, and return the tokens read and written."""
    prefixes = list(_prefixes(conversation))
    points = [i for i, prefix in enumerate(prefixes) if prefix.ttl is not None]
    if not points:
        return CacheUsage()
    cache, scope = exchange.backend.state.shared(PromptCache), exchange.backend.scope
    model = exchange.model.identifier.base or exchange.model.identifier.model_id
    keys = [(scope, model, prefix.digest) for prefix in prefixes[: points[-1] + 1]]
    hit = next((i for i in reversed(range(len(keys))) if cache.has(keys[i])), None)
    read = 0 if hit is None else _tokens(conversation, prefixes[hit])
    if hit is not None:
        cache.store(keys[hit], _TTL_SECONDS["5m"])
    written: dict[str, int] = {}
    end = read
    for i in points:
        size, ttl = _tokens(conversation, prefixes[i]), str(prefixes[i].ttl)
        if size >= exchange.model.traits.cache_minimum:
            cache.store(keys[i], _TTL_SECONDS[ttl])
            written[ttl] = written.get(ttl, 0) + max(0, size - end)
            end = max(end, size)
    details = tuple({"inputTokens": n, "ttl": ttl} for ttl, n in written.items() if n)
    return CacheUsage(read, end - read, details)


def _tokens(conversation: Conversation, prefix: _Prefix) -> int:
    """Return the number of tokens in `prefix`."""
    system = joined_text(conversation.system_blocks[: prefix.system])
    messages = conversation.messages[: prefix.messages]
    tokens = conversation_tokens(messages, system, conversation.tools[: prefix.tools])
    if not prefix.blocks:
        return tokens
    last_blocks = conversation.messages[prefix.messages]["content"][: prefix.blocks]
    return tokens + sum(map(block_tokens, last_blocks))


def _prefixes(conversation: Conversation) -> Iterator[_Prefix]:
    """Yield the prefixes that end with each tool, system block and content block."""
    digest = hashlib.blake2b(digest_size=16)
    tools, system = len(conversation.tools), len(conversation.system_blocks)
    for count, ttl in _digest_blocks(digest, "tools", conversation.tools):
        yield _Prefix(digest.digest(), count, 0, 0, 0, ttl)
    for count, ttl in _digest_blocks(digest, "system", conversation.system_blocks):
        yield _Prefix(digest.digest(), tools, count, 0, 0, ttl)
    for index, message in enumerate(conversation.messages):
        for count, ttl in _digest_blocks(digest, message["role"], message["content"]):
            yield _Prefix(digest.digest(), tools, system, index, count, ttl)


def _digest_blocks(
    digest: Any, name: str, blocks: Sequence[Block]
) -> Iterator[tuple[int, str | None]]:
    """Add `blocks` to `digest`; yield after each the count and the time to live of a point."""
    for count, block in enumerate(blocks, 1):
        point = block.get("cachePoint")
        if point is None:
            document = json.dumps((name, block), sort_keys=True, default=_to_json)
            digest.update(document.encode(errors="surrogatepass"))
        yield count, None if point is None else point.get("ttl", "5m")


def _to_json(value: Any) -> str:
    """Return a digest that represents a value that is not JSON, such as bytes."""
    data = value if isinstance(value, bytes) else repr(value).encode()
    return hashlib.blake2b(data, digest_size=16).hexdigest()
