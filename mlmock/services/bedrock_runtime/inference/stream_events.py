"""What a reply is as a stream: ConverseStream's events in the service's order.

Texts, reasoning and citations have no ``contentBlockStart``; every block ends with a
``contentBlockStop``; metadata is last. Pauses pass and errors break the stream when the caller
gets there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from mlmock.services.bedrock_runtime.conversation.replies import Pause, Reply, ReplyPart
from mlmock.services.bedrock_runtime.errors import to_stream_error
from mlmock.services.bedrock_runtime.families.base import Event
from mlmock.services.bedrock_runtime.scripting.reply_builder import pieces_of_input, pieces_of_text

Wait = Callable[[float], object]


def events_of(
    reply: Reply,
    wait: Wait,
    *,
    split_input: bool,
    stop: Mapping[str, Any],
    metadata: Mapping[str, Any],
) -> Iterator[Event]:
    """Yield the events of `reply`: name and payload, keys in alphabetical order.

    `stop` and `metadata` are further members of messageStop and metadata; `wait` lets virtual
    seconds pass; `split_input`: tool inputs come in fragments. ServiceError where it breaks, in
    the middle of its last block.
    """
    yield "messageStart", {"role": "assistant"}
    if reply.initial_delay:
        wait(reply.initial_delay)
    for index, part in enumerate(reply.parts):
        yield from _block(index, part, wait, split_input=split_input)
        if not _breaks_in(reply, index):
            yield "contentBlockStop", {"contentBlockIndex": index}
    if reply.error is not None:
        raise to_stream_error(reply.error)
    yield "messageStop", {**stop, "stopReason": reply.stop_reason}
    yield "metadata", metadata


def _breaks_in(reply: Reply, index: int) -> bool:
    return reply.error is not None and index == len(reply.parts) - 1


def _block(index: int, part: ReplyPart, wait: Wait, *, split_input: bool) -> Iterator[Event]:
    ((kind, value),) = part.block.items()
    if kind == "text":
        yield from _texts(index, pieces_of_text(part, value), wait)
    elif kind == "toolUse":
        yield "contentBlockStart", {"contentBlockIndex": index, "start": {kind: _started(value)}}
        for piece in _timed(pieces_of_input(part, split=split_input), wait):
            yield _delta(index, {"toolUse": {"input": piece}})
    elif kind == "reasoningContent":
        yield from _reasoning(index, part, value, wait)
    elif kind == "citationsContent":
        yield from _cited(index, value)
    elif kind == "toolResult":
        start = {name: value[name] for name in ("status", "toolUseId", "type") if name in value}
        yield "contentBlockStart", {"contentBlockIndex": index, "start": {kind: start}}
        yield _delta(index, {"toolResult": value["content"]})
    elif kind == "image":
        start = {"image": {"format": value["format"]}}
        yield "contentBlockStart", {"contentBlockIndex": index, "start": start}
        shown = {name: value[name] for name in ("error", "source") if name in value}
        yield _delta(index, {"image": shown})


def _delta(index: int, delta: Mapping[str, Any]) -> Event:
    return "contentBlockDelta", {"contentBlockIndex": index, "delta": delta}


def _started(use: Mapping[str, Any]) -> dict[str, Any]:
    return {name: use[name] for name in ("name", "toolUseId", "type") if name in use}


def _timed(pieces: Sequence[str | Pause], wait: Wait) -> Iterator[str]:
    """Yield the texts among `pieces`; pauses pass when they are reached."""
    for piece in pieces:
        if isinstance(piece, str):
            yield piece
        else:
            wait(piece.seconds)


def _texts(index: int, pieces: Sequence[str | Pause], wait: Wait) -> Iterator[Event]:
    for piece in pieces:
        if isinstance(piece, str):
            yield "contentBlockDelta", {"contentBlockIndex": index, "delta": {"text": piece}}
        else:
            wait(piece.seconds)


def _reasoning(
    index: int, part: ReplyPart, value: Mapping[str, Any], wait: Wait
) -> Iterator[Event]:
    if "redactedContent" in value:
        yield _delta(index, {"reasoningContent": {"redactedContent": value["redactedContent"]}})
        return
    thought = value["reasoningText"]
    for piece in _timed(pieces_of_text(part, thought["text"]), wait):
        yield _delta(index, {"reasoningContent": {"text": piece}})
    if "signature" in thought:
        yield _delta(index, {"reasoningContent": {"signature": thought["signature"]}})


def _cited(index: int, value: Mapping[str, Any]) -> Iterator[Event]:
    """Yield the citations of a block, then its text."""
    for citation in value.get("citations", ()):
        yield _delta(index, {"citation": citation})
    for item in value.get("content", ()):
        yield _delta(index, {"text": item["text"]})


_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
PADDING = tuple(_LETTERS[:length] for length in range(2, len(_LETTERS) + 1))
"""What the service puts into the member ``p`` of every event, to hide how long it is."""


def padded_chunks(chunks: Iterator[bytes], seed: int) -> Iterator[dict[str, Any]]:
    """Yield the chunk events of a provider's chunks, padded likewise."""
    for chunk in chunks:
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        yield {"chunk": {"bytes": chunk, "p": PADDING[(seed >> 8) % len(PADDING)]}}
