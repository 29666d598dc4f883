"""Scripted messages and streams: content blocks before ids, limits and token counts are added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from mlmock.errors import InvalidRule
from mlmock.rules.answers import ErrorAnswer
from mlmock.rules.matchers import abbreviate_repr
from mlmock.services.bedrock_runtime.conversation.replies import Pause, ReplyPart
from mlmock.services.bedrock_runtime.conversation.tokens import block_tokens
from mlmock.services.bedrock_runtime.scripting.answer_checks import check_block

_BLOCKS = {
    *("text", "image", "document", "video", "audio", "toolUse", "toolResult", "guardContent"),
    *("cachePoint", "reasoningContent", "citationsContent", "searchResult"),
    *("toolAddition", "toolRemoval"),
}


@dataclass(frozen=True, repr=False)
class ScriptedMessage:
    """A message as a test scripts it, before ids, limits and token counts are added.

    `latency` is in milliseconds. `initial_delay` is the virtual time in seconds before the first
    content block, `error` is the exception event that ends the stream.
    """

    parts: tuple[ReplyPart, ...]
    stop_reason: str | None = None
    usage: Mapping[str, Any] = field(default_factory=dict)
    latency: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    initial_delay: float = 0.0
    error: ErrorAnswer | None = None

    @cached_property
    def tokens(self) -> int:
        """The number of tokens in all parts."""
        return sum(block_tokens(part.block) for part in self.parts)

    @cached_property
    def effective_stop_reason(self) -> str:
        """The scripted stop reason, or the one that follows from the parts."""
        if self.stop_reason:
            return self.stop_reason
        return "tool_use" if any(map(_requests_tool, self.parts)) else "end_turn"

    @cached_property
    def is_complete(self) -> bool:
        """Whether no part needs a generated id or signature."""
        return all(map(_is_complete, self.parts))

    @cached_property
    def duration(self) -> float:
        """The virtual time in seconds that all pauses take together."""
        parts = (part for part in self.parts if part.pieces is not None)
        pauses = (piece for part in parts for piece in pieces_of(part) if isinstance(piece, Pause))
        return self.initial_delay + sum(pause.seconds for pause in pauses)

    def __repr__(self) -> str:
        blocks = ", ".join(_part_repr(part) for part in self.parts)
        if self._is_text:
            return blocks  # As a test passes it to `reply()`, without an import of `message`.
        return f"{'stream' if isinstance(self, Stream) else 'message'}({blocks})"

    @property
    def _is_text(self) -> bool:
        """Whether the message is one text without options."""
        return self == ScriptedMessage(self.parts[:1]) and any(
            "text" in p.block for p in self.parts
        )


def _requests_tool(part: ReplyPart) -> bool:
    """Return whether `part` is a tool use that the caller has to answer."""
    use = part.block.get("toolUse")
    return use is not None and bool(use.get("type") != "server_tool_use")


def _is_complete(part: ReplyPart) -> bool:
    thought = part.block.get("reasoningContent", {}).get("reasoningText", {"signature": ""})
    return "toolUseId" in part.block.get("toolUse", {"toolUseId": ""}) and "signature" in thought


def _part_repr(part: ReplyPart) -> str:
    ((kind, value),) = part.block.items()
    if kind == "text":
        return repr(value)
    return f"tool_use({value['name']!r})" if kind == "toolUse" else f"{{{kind!r}: ...}}"


@dataclass(frozen=True, repr=False)
class Stream(ScriptedMessage):
    """A message with the timing and the pieces of its stream. Each method returns a longer one."""

    size: int | None = None
    every: float = 0.0

    def then(self, *blocks: Any) -> Stream:
        """Return this stream with further texts and content blocks.

        Args:
            *blocks: Texts and content blocks, as for ``message(...)``. A text extends the text
                block before it, as a piece of its own.

        Raises:
            InvalidRule: If a block is invalid, or if the stream ends with `then_error()`.
        """
        self._check_open()
        parts = self.parts
        for block in blocks:
            parts = _append_part(parts, to_part(block), self)
        return replace(self, parts=parts)

    def pause(self, seconds: float) -> Stream:
        """Return this stream with a pause at its end.

        Args:
            seconds: The virtual time that passes, in seconds.

        Raises:
            InvalidRule: If `seconds` is negative, or if the stream ends with `then_error()`.
        """
        if not seconds >= 0:
            raise InvalidRule(f"pause() requires 0 or more seconds, not {seconds!r}")
        self._check_open()
        if not self.parts:
            return replace(self, initial_delay=self.initial_delay + seconds)
        last = self.parts[-1]
        pieces = (*pieces_of(last), Pause(float(seconds)))
        return replace(self, parts=(*self.parts[:-1], ReplyPart(last.block, pieces)))

    def then_error(self, code: str, message: str | None = None, **members: Any) -> Stream:
        """Return this stream with an exception event that breaks it at its end.

        If the answer is not streamed, the call fails with the operation's error of that name.

        Args:
            code: The name of the exception event, such as ``"modelStreamErrorException"``.
            message: The message of the exception.
            **members: Further members of the exception. ``status`` is the HTTP status that a
                code unknown to the service model needs.

        Raises:
            InvalidRule: If the stream already ends with `then_error()`.
        """
        if self.error is not None:
            raise InvalidRule("then_error() can be called only once: it ends the stream")
        status = members.pop("status", None)
        return replace(self, error=ErrorAnswer(code, message, status, members))

    def _check_open(self) -> None:
        if self.error is not None:
            raise InvalidRule("nothing can follow then_error(): it ends the stream")


@dataclass(frozen=True, repr=False)
class Raw:
    """The exact body of InvokeModel, or the chunks of its stream."""

    body: Any = None
    chunks: tuple[Any, ...] | None = None

    def __repr__(self) -> str:
        return f"raw({abbreviate_repr(self.body if self.chunks is None else list(self.chunks))})"


def to_part(block: Any) -> ReplyPart:
    """Return a text or content block as a part of a reply; raise InvalidRule if it is neither."""
    if isinstance(block, str):
        return ReplyPart({"text": block})
    if not isinstance(block, Mapping) or len(block) != 1 or not block.keys() <= _BLOCKS:
        raise InvalidRule(_invalid_block_message(block))
    ((kind, value),) = block.items()
    if (kind == "text") != isinstance(value, str) or not isinstance(value, (str, Mapping)):
        raise InvalidRule(_invalid_block_message(block))
    if kind != "text":
        check_block(block)
    return ReplyPart(dict(block))


def _invalid_block_message(block: Any) -> str:
    return (
        "a model answers with texts, tool_use(...), reasoning(...), json_output(...) or Converse "
        f"content blocks, not {abbreviate_repr(block)}. For the exact body of InvokeModel use "
        "raw(...)"
    )


def pieces_of(part: ReplyPart) -> tuple[str | Pause, ...]:
    """Return the pieces of a part. A text without explicit pieces is one piece."""
    if part.pieces is not None:
        return part.pieces
    text = part.block.get("text")
    return () if text is None else (text,)


def _append_part(
    parts: tuple[ReplyPart, ...], part: ReplyPart, options: Stream
) -> tuple[ReplyPart, ...]:
    """Return `parts` and `part`; a text is joined to a text before it."""
    text = part.block.get("text")
    if text is None:
        return (*parts, part)
    pieces = _split(text, options)
    if not parts or "text" not in parts[-1].block:
        return (*parts, ReplyPart(part.block, pieces))
    last = parts[-1]
    block = {"text": last.block["text"] + text}
    return (*parts[:-1], ReplyPart(block, (*pieces_of(last), *pieces)))


def _split(text: str, options: Stream) -> tuple[str | Pause, ...]:
    step = options.size or len(text) or 1
    pieces = [text[at : at + step] for at in range(0, len(text), step)]
    if not options.every:
        return tuple(pieces)
    return tuple(each for piece in pieces for each in (Pause(options.every), piece))
