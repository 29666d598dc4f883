"""The reply of a model: content blocks, token usage and timing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from mlmock.rules.answers import ErrorAnswer
from mlmock.services.bedrock_runtime.conversation.ids import characters_from
from mlmock.services.bedrock_runtime.conversation.requests import EMPTY, Block


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause of `seconds` of virtual time in a stream."""

    seconds: float


@dataclass(frozen=True, slots=True)
class ReplyPart:
    """A content block of a reply, and the pieces in which it is streamed.

    Without `pieces`, one word is streamed per event. The pieces of text and reasoning are text,
    the pieces of a tool use are fragments of its input as JSON.
    """

    block: Block
    pieces: tuple[str | Pause, ...] | None = None


class Usage(NamedTuple):
    """The token counts of an exchange.

    `input_tokens` excludes the tokens that were read from the prompt cache or written to it.
    `explicit_total` is the total that a test scripts instead of the sum.
    """

    input_tokens: int
    output_tokens: int
    cache_read: int | None = None
    cache_write: int | None = None
    cache_details: Sequence[Mapping[str, Any]] = ()
    explicit_total: int | None = None

    @property
    def total(self) -> int:
        """The count of all tokens, including those of the prompt cache."""
        if self.explicit_total is not None:
            return self.explicit_total
        cached = (self.cache_read or 0) + (self.cache_write or 0)
        return self.input_tokens + self.output_tokens + cached


class CacheUsage(NamedTuple):
    """The tokens that were read from and written to the prompt cache.

    `details` has the written tokens for each time to live.
    """

    read: int = 0
    written: int = 0
    details: Sequence[Mapping[str, Any]] = ()


class Reply(NamedTuple):
    """The complete reply of a model, after ids are assigned and the request's limits applied.

    `stop_reason` is a stop reason of Converse, `stop_sequence` the sequence that ended the reply.
    `latency` is in milliseconds, `created` in seconds since 1970. Further ids are derived from
    `seed`. The additionalModelResponseFieldPaths of a request point into `response_fields`. In a
    stream, `initial_delay` seconds pass before the first piece, and `error` ends the stream after
    the last piece.
    """

    parts: tuple[ReplyPart, ...]
    stop_reason: str
    usage: Usage
    stop_sequence: str | None = None
    latency: int = 0
    created: int = 0
    seed: int = 0
    response_fields: Mapping[str, Any] = EMPTY
    initial_delay: float = 0.0
    error: ErrorAnswer | None = None

    @property
    def content(self) -> list[Block]:
        """The complete content blocks."""
        return [part.block for part in self.parts]

    @property
    def text(self) -> str:
        """The joined text of all text blocks."""
        return "".join(block["text"] for block in self.content if "text" in block)

    @property
    def reasoning(self) -> str:
        """The joined text of all reasoning blocks."""
        blocks = (block.get("reasoningContent", EMPTY) for block in self.content)
        return "".join(block.get("reasoningText", EMPTY).get("text", "") for block in blocks)

    @property
    def tool_uses(self) -> list[Mapping[str, Any]]:
        """The tool uses, each as ``{"toolUseId": …, "name": …, "input": …}``."""
        return [block["toolUse"] for block in self.content if "toolUse" in block]

    def characters(self, length: int, salt: int = 0) -> str:
        """Return `length` letters and digits derived from the seed, for ids of a provider.

        Args:
            length: The count of characters.
            salt: A number that distinguishes several ids of one reply.
        """
        return characters_from(self.seed * 31 + salt + 1, length)
