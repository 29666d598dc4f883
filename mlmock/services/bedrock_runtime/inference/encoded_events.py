"""Encoded events of ConverseStream. The events of equal texts are encoded once and cached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any
from zlib import crc32

from mlmock.aws.protocol.compiler import operation
from mlmock.services.bedrock_runtime.conversation.replies import Reply, ReplyPart
from mlmock.services.bedrock_runtime.inference.stream_events import PADDING, Wait, reply_events
from mlmock.services.bedrock_runtime.scripting.reply_builder import split_words

_MAX_CACHED_LENGTH = 1024  # characters of a text whose events are cached


def encode_events(
    reply: Reply,
    wait: Wait,
    *,
    split_input: bool,
    stop: Mapping[str, Any],
    metadata: Mapping[str, Any],
) -> Iterator[Any]:
    """Yield the events of `reply_events`, encoded or as unions that are still to be encoded.

    The arguments are those of `reply_events`.
    """
    if not stop and _is_cacheable(reply):
        for index, part in enumerate(reply.parts):
            yield from _encode_text(index, part.block["text"])
        yield _encode_message_stop(reply.stop_reason)
        yield _to_union("metadata", metadata)
        return
    events = reply_events(reply, wait, split_input=split_input, stop=stop, metadata=metadata)
    for name, payload in events:
        yield _to_union(name, payload)


def _is_cacheable(reply: Reply) -> bool:
    timed = reply.error is not None or reply.initial_delay
    return bool(reply.parts) and not timed and all(map(_is_short_text, reply.parts))


def _is_short_text(part: ReplyPart) -> bool:
    """Return whether `part` is a text that is streamed by words and short enough to be cached."""
    return part.pieces is None and len(part.block.get("text", _TOO_LONG)) <= _MAX_CACHED_LENGTH


_TOO_LONG = " " * (_MAX_CACHED_LENGTH + 1)


def _to_union(name: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event as a union, its members in alphabetical order and padded by ``p``."""
    pad = PADDING[crc32(repr(payload).encode(errors="replace")) % len(PADDING)]
    return {name: dict(sorted({**payload, "p": pad}.items()))}


# -- cached events ---------------------------------------------------------------------------


@lru_cache(maxsize=32)
def _encode_text(index: int, text: str) -> tuple[bytes, ...]:
    """Return the events of a text block. Those of the first block start with messageStart."""
    start = [_encode("messageStart", {"role": "assistant"})] if index == 0 else []
    words = [_encode_text_delta(index, word) for word in split_words(text)]
    return (*start, *words, _encode("contentBlockStop", {"contentBlockIndex": index}))


def _encode_text_delta(index: int, text: str) -> bytes:
    pad = PADDING[crc32(text.encode(errors="replace")) % len(PADDING)]
    head = f'{{"contentBlockIndex":{index},"delta":{{"text":'
    try:
        payload = f'{head}{encode_basestring(text)}}},"p":"{pad}"}}'.encode()
    except UnicodeEncodeError:  # Half of a surrogate pair can only be sent as an escape.
        payload = f'{head}{encode_basestring_ascii(text)}}},"p":"{pad}"}}'.encode()
    return _to_frame("contentBlockDelta", payload)


@lru_cache(maxsize=16)
def _encode_message_stop(reason: str) -> bytes:
    return _encode("messageStop", {"stopReason": reason})


def _encode(name: str, payload: Mapping[str, Any]) -> bytes:
    return _to_frame(name, _to_union(name, payload)[name])


def _to_frame(name: str, payload: Any) -> bytes:
    stream = operation("bedrock-runtime", "ConverseStream").event_stream
    assert stream is not None
    return stream.message(name, payload)
