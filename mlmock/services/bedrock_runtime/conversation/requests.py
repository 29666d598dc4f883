"""What callers say to a model and what it says back, whichever operation carries it.

Everything is in Converse's words: the families translate a provider's body into them and back.
"""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from mlmock.rules.answers import Error
from mlmock.services.bedrock_runtime.conversation.tokens import tokens_around, tokens_of

Block = Mapping[str, Any]
Message = Mapping[str, Any]
_NOTHING: dict[str, Any] = {}
_LETTERS = string.ascii_letters + string.digits


class _Words(NamedTuple):
    model_id: str
    messages: Sequence[Message]
    system: str = ""
    tools: Sequence[Mapping[str, Any]] = ()
    tool_choice: Mapping[str, Any] | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop_sequences: Sequence[str] = ()
    schema: Mapping[str, Any] | None = None
    extra: Mapping[str, Any] = _NOTHING
    system_blocks: Sequence[Block] = ()


class Conversation(_Words):
    """What a caller says to a model that speaks.

    `messages` are Converse messages (a prompt is one user message), `system` the joined system
    text, `tools` Converse tools (``{"toolSpec": {...}}``), `tool_choice` Converse's or None.
    `extra` is whatever else the body held that the answer may depend on, `system_blocks` the blocks
    of the system text with their cache points, where there are any. A tuple, because one is
    made for every call, and a tuple is made in half the time of a frozen dataclass.
    """

    @cached_property
    def last_user(self) -> str:
        """The text of the last user turn that has any."""
        for message in reversed(self.messages):
            if message["role"] == "user":
                found = text_of(message.get("content", ()))
                if found:
                    return found
        return ""

    @property
    def turn(self) -> int:
        """How many user turns there are."""
        return sum(message["role"] == "user" for message in self.messages)

    @property
    def has_tool_result(self) -> bool:
        """True when the last turn carries the result of a tool."""
        return bool(self.tool_results)

    @cached_property
    def tool_results(self) -> list[Any]:
        """The results in the last turn, each as a text or as its JSON value."""
        last = self.messages[-1] if self.messages else _NOTHING
        blocks = last.get("content", ())
        return [result_of(b["toolResult"]) for b in blocks if "toolResult" in b]

    @property
    def tool_names(self) -> list[str]:
        """The names of the tools on offer."""
        return [tool["toolSpec"]["name"] for tool in self.tools if "toolSpec" in tool]

    @cached_property
    def input_tokens(self) -> int:
        """The estimate of the tokens that came in."""
        return tokens_of(self.messages, self.system, self.tools)

    def note_tokens(self, content: int) -> None:
        """Note the tokens of all messages' content, where somebody has counted them already."""
        vars(self)["input_tokens"] = content + tokens_around(self.messages, self.system, self.tools)

    @property
    def texts(self) -> list[str]:
        """Every text that the caller said in user turns, oldest first."""
        users = (m for m in self.messages if m["role"] == "user")
        return [b["text"] for m in users for b in m.get("content", ()) if "text" in b]


@dataclass(frozen=True, slots=True)
class Embedding:
    """A request for vectors: one for each of `inputs` (texts, or the bytes of pictures)."""

    model_id: str
    inputs: Sequence[str | bytes]
    dimensions: int
    normalize: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Painting:
    """A request for `count` pictures of `width` by `height` pixels."""

    model_id: str
    prompt: str
    count: int = 1
    width: int = 1024
    height: int = 1024
    seed: int = 0
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ranking:
    """A request to rank `documents` by what they say on `query`; the first `top` are asked for."""

    model_id: str
    query: str
    documents: Sequence[str]
    top: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


Asked = Conversation | Embedding | Painting | Ranking


@dataclass(frozen=True, slots=True)
class Pause:
    """`seconds` of virtual time that pass in a stream."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Part:
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
    given_total: int | None = None

    @property
    def total(self) -> int:
        """All tokens, those of the cache too."""
        if self.given_total is not None:
            return self.given_total
        cached = (self.cache_read or 0) + (self.cache_write or 0)
        return self.input_tokens + self.output_tokens + cached


class Cached(NamedTuple):
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

    parts: tuple[Part, ...]
    stop_reason: str
    usage: Usage
    stop_sequence: str | None = None
    latency: int = 0
    created: int = 0
    seed: int = 0
    fields: Mapping[str, Any] = _NOTHING
    lead: float = 0.0
    fault: Error | None = None

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
        found = (block.get("reasoningContent", _NOTHING) for block in self.content)
        return "".join(each.get("reasoningText", _NOTHING).get("text", "") for each in found)

    @property
    def tool_uses(self) -> list[Mapping[str, Any]]:
        """The tool uses: ``{"toolUseId": …, "name": …, "input": …}``."""
        return [block["toolUse"] for block in self.content if "toolUse" in block]

    def letters(self, length: int, salt: int = 0) -> str:
        """Return `length` letters and digits drawn from the seed: the stuff of provider ids."""
        return letters_from(self.seed * 31 + salt + 1, length)


def letters_from(seed: int, length: int, alphabet: str = _LETTERS) -> str:
    """Return `length` characters of `alphabet` that depend on `seed` alone."""
    state, found = seed & 0xFFFFFFFFFFFFFFFF, []
    for _ in range(length):
        state = (state * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
        found.append(alphabet[(state >> 33) % len(alphabet)])
    return "".join(found)


def text_of(blocks: Sequence[Block]) -> str:
    """Return the text in content blocks, a line each; guarded text counts."""
    found = []
    for block in blocks:
        if "text" in block:
            found.append(block["text"])
        elif "guardContent" in block and "text" in block["guardContent"]:
            found.append(block["guardContent"]["text"]["text"])
    return "\n".join(found)


def result_of(result: Mapping[str, Any]) -> Any:
    """Return what a toolResult says: its JSON if that is all there is, else its text."""
    content = result.get("content", ())
    if len(content) == 1 and "json" in content[0]:
        return content[0]["json"]
    return text_of(content)
