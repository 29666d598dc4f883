"""Replies of a model, in parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from mlmock.rules.answers import ErrorAnswer
from mlmock.services.bedrock_runtime.conversation.ids import characters_from
from mlmock.services.bedrock_runtime.conversation.requests import EMPTY, Block


@dataclass(frozen=True, slots=True)
class Pause:
    """`seconds` of virtual time that pass in a stream."""

    seconds: float


@dataclass(frozen=True, slots=True)
class ReplyPart:
    """One content block of what a model says; `pieces`: how it is cut (None: a word at a time).

    Pieces of a text or of reasoning are its text, those of a tool use its input as JSON text.
    """

    block: Block
    pieces: tuple[str | Pause, ...] | None = None


class Usage(NamedTuple):
    """The tokens of an exchange; `input_tokens` without those that a cache served or took."""

    input_tokens: int
    output_tokens: int
    cache_read: int | None = None
    cache_write: int | None = None
    cache_details: Sequence[Mapping[str, Any]] = ()
    explicit_total: int | None = None

    @property
    def total(self) -> int:
        """All tokens, those of the cache too."""
        if self.explicit_total is not None:
            return self.explicit_total
        cached = (self.cache_read or 0) + (self.cache_write or 0)
        return self.input_tokens + self.output_tokens + cached


class CacheUsage(NamedTuple):
    """What a prompt cache did: the tokens that it served and took, the latter by their time."""

    read: int = 0
    written: int = 0
    details: Sequence[Mapping[str, Any]] = ()


class Reply(NamedTuple):
    """What the model says: finished, with ids, counted, within the caller's limits.

    `stop_reason` is Converse's; `stop_sequence` the one that ended it; `latency` milliseconds;
    `created` seconds since 1970; `seed` what further ids are drawn from; `fields` what
    additionalModelResponseFieldPaths point into. In a stream `lead` seconds pass before the first
    word, and `fault` breaks it after the last.
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
        """The content blocks, whole."""
        return [part.block for part in self.parts]

    @property
    def text(self) -> str:
        """The text of all text blocks, joined."""
        return "".join(block["text"] for block in self.content if "text" in block)

    @property
    def reasoning(self) -> str:
        """The text of all reasoning, joined."""
        blocks = (block.get("reasoningContent", EMPTY) for block in self.content)
        return "".join(each.get("reasoningText", EMPTY).get("text", "") for each in blocks)

    @property
    def tool_uses(self) -> list[Mapping[str, Any]]:
        """The tool uses: ``{"toolUseId": …, "name": …, "input": …}``."""
        return [block["toolUse"] for block in self.content if "toolUse" in block]

    def characters(self, length: int, salt: int = 0) -> str:
        """Return `length` letters and digits drawn from the seed: the stuff of provider ids."""
        return characters_from(self.seed * 31 + salt + 1, length)
