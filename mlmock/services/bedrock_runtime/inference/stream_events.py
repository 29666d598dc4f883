"""Events of a streamed reply, in the order in which ConverseStream sends them.

Texts, reasoning and citations have no ``contentBlockStart``. Every block ends with a
``contentBlockStop``, and the metadata are last. Pauses pass and errors are raised when the caller
reads the event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from mlmock.services.bedrock_runtime.conversation.replies import Pause, Reply, ReplyPart
from mlmock.services.bedrock_runtime.errors import to_stream_error
from mlmock.services.bedrock_runtime.families.base import Event
from mlmock.services.bedrock_runtime.scripting.reply_builder import input_pieces, text_pieces

Wait = Callable[[float], object]


def reply_events(
    reply: Reply,
    wait: Wait,
    *,
    split_input: bool,
    stop: Mapping[str, Any],
    metadata: Mapping[str, Any],
) -> Iterator[Event]:
    """Yield the events of `reply` as name and payload, members in alphabetical order.

    Args:
        reply: The reply.
        wait: A function that lets virtual time pass, in seconds.
        split_input: Whether the inputs of tools are streamed in fragments.
        stop: Further members of messageStop.
        metadata: The members of metadata.

    Raises:
        ServiceError: If the reply ends with an error, in the middle of its last block.
    """
    yield "messageStart", {"role": "assistant"}
    if reply.initial_delay:
        wait(reply.initial_delay)
    for index, part in enumerate(reply.parts):
        yield from _block_events(index, part, wait, split_input=split_input)
        if not _breaks_in(reply, index):
            yield "contentBlockStop", {"contentBlockIndex": index}
    if reply.error is not None:
        raise to_stream_error(reply.error)
    yield "messageStop", {**stop, "stopReason": reply.stop_reason}
    yield "metadata", metadata


def _breaks_in(reply: Reply, index: int) -> bool:
    return reply.error is not None and index == len(reply.parts) - 1


def _block_events(index: int, part: ReplyPart, wait: Wait, *, split_input: bool) -> Iterator[Event]:
    ((kind, value),) = part.block.items()
    if kind == "text":
        yield from _text_events(index, text_pieces(part, value), wait)
    elif kind == "toolUse":
        yield _start(index, {kind: _select(value, "name", "toolUseId", "type")})
        for piece in _texts(input_pieces(part, split=split_input), wait):
            yield _delta(index, {"toolUse": {"input": piece}})
    elif kind == "reasoningContent":
        yield from _reasoning_events(index, part, value, wait)
    elif kind == "citationsContent":
        yield from _citation_events(index, value)
    elif kind == "toolResult":
        yield _start(index, {kind: _select(value, "status", "toolUseId", "type")})
        yield _delta(index, {"toolResult": value["content"]})
    elif kind == "image":
        yield _start(index, {"image": {"format": value["format"]}})
        yield _delta(index, {"image": _select(value, "error", "source")})


def _start(index: int, start: Mapping[str, Any]) -> Event:
    return "contentBlockStart", {"contentBlockIndex": index, "start": start}


def _delta(index: int, delta: Mapping[str, Any]) -> Event:
    return "contentBlockDelta", {"contentBlockIndex": index, "delta": delta}


def _select(block: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: block[name] for name in names if name in block}


def _texts(pieces: Sequence[str | Pause], wait: Wait) -> Iterator[str]:
    """Yield the texts among `pieces`, and let each pause pass when it is reached."""
    for piece in pieces:
        if isinstance(piece, str):
            yield piece
        else:
            wait(piece.seconds)


def _text_events(index: int, pieces: Sequence[str | Pause], wait: Wait) -> Iterator[Event]:
    for piece in pieces:
        if isinstance(piece, str):
            yield "contentBlockDelta", {"contentBlockIndex": index, "delta": {"text": piece}}
        else:
            wait(piece.seconds)


def _reasoning_events(
    index: int, part: ReplyPart, value: Mapping[str, Any], wait: Wait
) -> Iterator[Event]:
    if "redactedContent" in value:
        yield _delta(index, {"reasoningContent": {"redactedContent": value["redactedContent"]}})
        return
    thought = value["reasoningText"]
    for piece in _texts(text_pieces(part, thought["text"]), wait):
        yield _delta(index, {"reasoningContent": {"text": piece}})
    if "signature" in thought:
        yield _delta(index, {"reasoningContent": {"signature": thought["signature"]}})


def _citation_events(index: int, value: Mapping[str, Any]) -> Iterator[Event]:
    """Yield the citations of a block before its text."""
    for citation in value.get("citations", ()):
        yield _delta(index, {"citation": citation})
    for item in value.get("content", ()):
        yield _delta(index, {"text": item["text"]})


_ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
PADDING = tuple(_ALPHABET[:length] for length in range(2, len(_ALPHABET) + 1))
"""The values of the member ``p``, with which the service hides the length of an event."""


def chunk_events(chunks: Iterator[bytes], seed: int) -> Iterator[dict[str, Any]]:
    """Yield the padded events of InvokeModelWithResponseStream for the chunks of a provider."""
    for chunk in chunks:
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        yield {"chunk": {"bytes": chunk, "p": PADDING[(seed >> 8) % len(PADDING)]}}
