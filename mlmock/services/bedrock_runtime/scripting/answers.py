"""The words of a script: what a test author lets a model say.

Blocks are a ``str``, `tool_use`, `reasoning`, `json_output`, or a Converse content block; `message`
puts several together, `stream` says how they come, `raw` is the exact body of InvokeModel.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from mlmock.errors import InvalidRule
from mlmock.rules.answers import ErrorAnswer
from mlmock.rules.matchers import abbreviate_repr
from mlmock.services.bedrock_runtime.conversation.replies import Pause, ReplyPart
from mlmock.services.bedrock_runtime.conversation.tokens import block_tokens
from mlmock.services.bedrock_runtime.scripting.answer_checks import (
    check_block,
    check_extras,
    check_usage,
)

STOP_REASONS = (
    "end_turn",
    "tool_use",
    "max_tokens",
    "stop_sequence",
    "guardrail_intervened",
    "content_filtered",
    "malformed_model_output",
    "malformed_tool_use",
    "model_context_window_exceeded",
)
_BLOCKS = {
    *("text", "image", "document", "video", "audio", "toolUse", "toolResult", "guardContent"),
    *("cachePoint", "reasoningContent", "citationsContent", "searchResult"),
    *("toolAddition", "toolRemoval"),
}
_COUNTS = {
    *("inputTokens", "outputTokens", "totalTokens"),
    *("cacheReadInputTokens", "cacheWriteInputTokens"),
}
_USAGE = {*_COUNTS, "cacheDetails"}


@dataclass(frozen=True, repr=False)
class ScriptedMessage:
    """What a script lets a model say, before ids, limits and counts.

    `lead` are the seconds before its first word, `fault` is what breaks the stream at its end.
    """

    parts: tuple[ReplyPart, ...]
    stop_reason: str | None = None
    usage: Mapping[str, Any] = field(default_factory=dict)
    latency: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    lead: float = 0.0
    fault: ErrorAnswer | None = None

    @cached_property
    def tokens(self) -> int:
        """The tokens of all parts."""
        return sum(block_tokens(part.block) for part in self.parts)

    @cached_property
    def reason(self) -> str:
        """The stop reason: the script's, or what the parts come to."""
        return self.stop_reason or ("tool_use" if any(map(_asks, self.parts)) else "end_turn")

    @cached_property
    def is_whole(self) -> bool:
        """True when no part waits for an id or a signature."""
        return all(map(_is_whole, self.parts))

    @cached_property
    def seconds(self) -> float:
        """How long it takes as a whole: all its pauses."""
        parts = (part for part in self.parts if part.pieces is not None)
        pauses = (piece for part in parts for piece in pieces_of(part) if isinstance(piece, Pause))
        return self.lead + sum(pause.seconds for pause in pauses)

    def __repr__(self) -> str:
        blocks = ", ".join(_shown(part) for part in self.parts)
        return f"{'stream' if isinstance(self, Stream) else 'message'}({blocks})"


def _asks(part: ReplyPart) -> bool:
    """True for a tool use that the caller has to answer."""
    use = part.block.get("toolUse")
    return use is not None and bool(use.get("type") != "server_tool_use")


def _is_whole(part: ReplyPart) -> bool:
    thought = part.block.get("reasoningContent", {}).get("reasoningText", {"signature": ""})
    return "toolUseId" in part.block.get("toolUse", {"toolUseId": ""}) and "signature" in thought


def _shown(part: ReplyPart) -> str:
    ((kind, value),) = part.block.items()
    if kind == "text":
        return repr(value)
    return f"tool_use({value['name']!r})" if kind == "toolUse" else f"{{{kind!r}: ...}}"


@dataclass(frozen=True, repr=False)
class Stream(ScriptedMessage):
    """A `Said` that goes on: each method returns a longer one."""

    size: int | None = None
    every: float = 0.0

    def then(self, *blocks: Any) -> Stream:
        """Go on with further texts and blocks; texts join the text before them."""
        if self.fault is not None:
            raise InvalidRule("nothing can follow then_error(): it ends the stream")
        parts = self.parts
        for block in blocks:
            parts = _joined(parts, part_of(block), self)
        return replace(self, parts=parts)

    def pause(self, seconds: float) -> Stream:
        """Let `seconds` of virtual time pass here."""
        if not seconds >= 0:
            raise InvalidRule(f"pause() takes seconds, not {seconds!r}")
        if self.fault is not None:
            raise InvalidRule("nothing can follow then_error(): it ends the stream")
        if not self.parts:
            return replace(self, lead=self.lead + seconds)
        last = self.parts[-1]
        pieces = (*pieces_of(last), Pause(float(seconds)))
        return replace(self, parts=(*self.parts[:-1], ReplyPart(last.block, pieces)))

    def then_error(self, code: str, message: str | None = None, **members: Any) -> Stream:
        """Break the stream with one of its exceptions, as in ``modelStreamErrorException``.

        Where the answer isn't streamed, the call fails with the operation's error of that name.
        """
        if self.fault is not None:
            raise InvalidRule("then_error() has been said: a stream breaks once")
        return replace(self, fault=ErrorAnswer(code, message, members.pop("status", None), members))


@dataclass(frozen=True, repr=False)
class Raw:
    """The exact body of InvokeModel, or the chunks of its stream."""

    body: Any = None
    chunks: tuple[Any, ...] | None = None

    def __repr__(self) -> str:
        return f"raw({abbreviate_repr(self.body if self.chunks is None else list(self.chunks))})"


def message(
    *blocks: Any,
    stop_reason: str | None = None,
    usage: Mapping[str, Any] | None = None,
    latency_ms: int | None = None,
    fields: Mapping[str, Any] | None = None,
) -> ScriptedMessage:
    """Return a whole message of the assistant.

    `blocks` are texts, `tool_use(...)`, `reasoning(...)`, `json_output(...)` or Converse content
    blocks. `stop_reason` is Converse's; without it the blocks decide. `usage` has Converse's
    members; what it leaves out is estimated. `fields` is what
    additionalModelResponseFieldPaths point into. InvalidRule for anything else.
    """
    if not blocks:
        raise InvalidRule("a message has at least one block")
    _check_said(stop_reason, usage or {})
    check_extras(latency_ms, fields)
    parts = tuple(part_of(block) for block in blocks)
    return ScriptedMessage(parts, stop_reason, usage or {}, latency_ms, fields or {})


def stream(
    *blocks: Any,
    size: int | None = None,
    every: float = 0.0,
    stop_reason: str | None = None,
    usage: Mapping[str, Any] | None = None,
    latency_ms: int | None = None,
) -> Stream:
    """Return a message that says how it is streamed: each text is a piece of its own.

    `size` cuts texts into pieces of so many characters instead, `every` lets so many seconds of
    virtual time pass before each piece. `.pause(seconds)`, `.then(...)` and `.then_error(code,
    message)` go on from there. Answers that aren't streamed hold the same text and take as long.
    """
    if size is not None and (type(size) is not int or size < 1):
        raise InvalidRule(f"stream(size=...) takes a count of characters, not {size!r}")
    if not every >= 0:
        raise InvalidRule(f"stream(every=...) takes seconds, not {every!r}")
    _check_said(stop_reason, usage or {})
    check_extras(latency_ms, None)
    empty = Stream((), stop_reason, usage or {}, latency_ms, size=size, every=float(every))
    return empty.then(*blocks)


def tool_use(
    name: str,
    input: Mapping[str, Any] | None = None,  # noqa: A002 - the tool's word for it
    *,
    id: str | None = None,  # noqa: A002
) -> dict[str, Any]:
    """Return a block that asks for a tool; without `id` it gets one as the service makes them."""
    if input is not None and not isinstance(input, Mapping):
        raise InvalidRule(
            f"tool_use() takes the tool's input as a dict, not {abbreviate_repr(input)}"
        )
    use: dict[str, Any] = {"input": dict(input or {}), "name": name}
    found = {"toolUse": use if id is None else {**use, "toolUseId": id}}
    check_block(found)
    return found


def reasoning(text: str, *, signature: str | None = None) -> dict[str, Any]:
    """Return a block of the model's thoughts; without `signature` it gets a made-up one."""
    thought = {"text": text} if signature is None else {"signature": signature, "text": text}
    found = {"reasoningContent": {"reasoningText": thought}}
    check_block(found)
    return found


def json_output(value: Any) -> dict[str, Any]:
    """Return a text block that is the JSON of `value`, as structured output comes."""
    try:
        return {"text": json.dumps(value, ensure_ascii=False)}
    except (TypeError, ValueError) as fault:
        raise InvalidRule(
            f"json_output() takes a JSON value; {abbreviate_repr(value)} is none: {fault}"
        ) from None


def raw(body: Any) -> Raw:
    """Return an exact answer of InvokeModel: its body, or (a list) the chunks of its stream.

    A dict or a list's items are sent as JSON, ``str`` and ``bytes`` as they stand.
    """
    for each in body if isinstance(body, (list, tuple)) else (body,):
        _check_raw(each)
    if isinstance(body, (list, tuple)):
        return Raw(chunks=tuple(body))
    return Raw(body)


def _check_raw(body: Any) -> None:
    try:
        if not isinstance(body, (str, bytes, bytearray, memoryview)):
            json.dumps(body)
    except (TypeError, ValueError) as fault:
        raise InvalidRule(
            f"raw() takes JSON, a str or bytes, not {abbreviate_repr(body)}: {fault}"
        ) from None


# -- what answers come to --------------------------------------------------------------------


def to_scripted(answer: Any) -> ScriptedMessage | Raw:
    """Return `answer` in the form that is kept: words, or an exact body; or InvalidRule."""
    if isinstance(answer, ScriptedMessage) and not answer.parts and answer.fault is None:
        raise InvalidRule("a stream says at least one text or block, or breaks")
    if isinstance(answer, (ScriptedMessage, Raw)):
        return answer
    if isinstance(answer, (list, tuple)):
        return message(*answer)
    return ScriptedMessage((part_of(answer),))


def part_of(block: Any) -> ReplyPart:
    """Return the part that a text or content block is; InvalidRule if it is neither."""
    if isinstance(block, str):
        return ReplyPart({"text": block})
    if not isinstance(block, Mapping) or len(block) != 1 or not block.keys() <= _BLOCKS:
        raise InvalidRule(_no_block(block))
    ((kind, value),) = block.items()
    if (kind == "text") != isinstance(value, str) or not isinstance(value, (str, Mapping)):
        raise InvalidRule(_no_block(block))
    if kind != "text":
        check_block(block)
    return ReplyPart(dict(block))


def _no_block(block: Any) -> str:
    return (
        f"a model says texts, tool_use(...), reasoning(...), json_output(...) or Converse content "
        f"blocks, not {abbreviate_repr(block)}; raw(...) is the body of InvokeModel"
    )


def pieces_of(part: ReplyPart) -> tuple[str | Pause, ...]:
    """Return the pieces of a part; one that isn't cut is one piece, where it is text at all."""
    if part.pieces is not None:
        return part.pieces
    text = part.block.get("text")
    return () if text is None else (text,)


def _joined(parts: tuple[ReplyPart, ...], part: ReplyPart, how: Stream) -> tuple[ReplyPart, ...]:
    """Return `parts` with one more; a text goes on with the text before it."""
    text = part.block.get("text")
    if text is None:
        return (*parts, part)
    pieces = _cut(text, how)
    if not parts or "text" not in parts[-1].block:
        return (*parts, ReplyPart(part.block, pieces))
    last = parts[-1]
    block = {"text": last.block["text"] + text}
    return (*parts[:-1], ReplyPart(block, (*pieces_of(last), *pieces)))


def _cut(text: str, how: Stream) -> tuple[str | Pause, ...]:
    step = how.size or len(text) or 1
    pieces = [text[at : at + step] for at in range(0, len(text), step)]
    if not how.every:
        return tuple(pieces)
    return tuple(each for piece in pieces for each in (Pause(how.every), piece))


def _check_said(stop_reason: str | None, usage: Mapping[str, Any]) -> None:
    if stop_reason is not None and stop_reason not in STOP_REASONS:
        raise InvalidRule(f"a stop reason is one of {', '.join(STOP_REASONS)}, not {stop_reason!r}")
    for name, value in usage.items():
        if name not in _USAGE:
            raise InvalidRule(f"usage has {', '.join(sorted(_USAGE))}, not {name}")
        if name in _COUNTS and not (type(value) is int and value >= 0):
            raise InvalidRule(
                f"usage: {name} takes a count of tokens, not {abbreviate_repr(value)}"
            )
    if usage:
        check_usage(usage)
