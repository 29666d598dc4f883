"""ConverseStream's events on the wire, padded; what says the same is encoded once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any
from zlib import crc32

from mlmock.aws.protocol.compiler import operation
from mlmock.services.bedrock_runtime.conversation.replies import Reply, ReplyPart
from mlmock.services.bedrock_runtime.inference.stream_events import PADDING, Wait, events_of
from mlmock.services.bedrock_runtime.scripting.reply_builder import split_words

_LONGEST = 1024  # characters of a text whose messages are kept


def frames_of(
    reply: Reply,
    wait: Wait,
    *,
    split_input: bool,
    stop: Mapping[str, Any],
    metadata: Mapping[str, Any],
) -> Iterator[Any]:
    """Yield what `events_of` yields, as messages or as unions that are still to be encoded."""
    if not stop and _is_quick(reply):
        for index, part in enumerate(reply.parts):
            yield from _text_messages(index, part.block["text"])
        yield _stop_message(reply.stop_reason)
        yield _padded("metadata", metadata)
        return
    events = events_of(reply, wait, split_input=split_input, stop=stop, metadata=metadata)
    for name, payload in events:
        yield _padded(name, payload)


def _is_quick(reply: Reply) -> bool:
    timed = reply.error is not None or reply.initial_delay
    return bool(reply.parts) and not timed and all(map(_is_plain, reply.parts))


def _is_plain(part: ReplyPart) -> bool:
    """True for a text that is streamed a word at a time, and isn't too long to be kept."""
    return part.pieces is None and len(part.block.get("text", _TOO_LONG)) <= _LONGEST


_TOO_LONG = " " * (_LONGEST + 1)


def _padded(name: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event as a union, with the member ``p`` in its place in the alphabet."""
    pad = PADDING[crc32(repr(payload).encode(errors="replace")) % len(PADDING)]
    return {name: dict(sorted({**payload, "p": pad}.items()))}


# -- messages that are kept ------------------------------------------------------------------


@lru_cache(maxsize=32)
def _text_messages(index: int, text: str) -> tuple[bytes, ...]:
    """Return the messages of a text block; those of the first one begin with messageStart."""
    start = [_message("messageStart", {"role": "assistant"})] if index == 0 else []
    words = [_text_message(index, word) for word in split_words(text)]
    return (*start, *words, _message("contentBlockStop", {"contentBlockIndex": index}))


def _text_message(index: int, text: str) -> bytes:
    pad = PADDING[crc32(text.encode(errors="replace")) % len(PADDING)]
    head = f'{{"contentBlockIndex":{index},"delta":{{"text":'
    try:
        line = f'{head}{encode_basestring(text)}}},"p":"{pad}"}}'.encode()
    except UnicodeEncodeError:  # half a surrogate pair has no bytes, only an escape
        line = f'{head}{encode_basestring_ascii(text)}}},"p":"{pad}"}}'.encode()
    return _encoded("contentBlockDelta", line)


@lru_cache(maxsize=16)
def _stop_message(reason: str) -> bytes:
    return _message("messageStop", {"stopReason": reason})


def _message(name: str, payload: Mapping[str, Any]) -> bytes:
    return _encoded(name, _padded(name, payload)[name])


def _encoded(name: str, payload: Any) -> bytes:
    stream = operation("bedrock-runtime", "ConverseStream").event_stream
    assert stream is not None
    return stream.message(name, payload)
