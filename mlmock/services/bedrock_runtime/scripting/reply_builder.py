"""Conversion of scripted messages to replies: ids, limits, stop reasons and token counts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from mlmock.services.bedrock_runtime.conversation.ids import characters_from
from mlmock.services.bedrock_runtime.conversation.replies import (
    CacheUsage,
    Pause,
    Reply,
    ReplyPart,
    Usage,
)
from mlmock.services.bedrock_runtime.conversation.requests import Conversation
from mlmock.services.bedrock_runtime.conversation.tokens import CHARACTERS_PER_TOKEN, block_tokens
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.scripting.scripted_message import ScriptedMessage

Pieces = tuple[str | Pause, ...]
_WORD = re.compile(r"\s*\S+|\s+$")
_BASE_LATENCY_MS, _TOKEN_LATENCY_MS = 200, 12
_FRAGMENT_LENGTH = 12  # characters of a tool's input in one event
_SIGNATURE_LENGTH = 96  # characters
_NO_CACHE_USAGE = CacheUsage()


def build_reply(
    message: ScriptedMessage,
    conversation: Conversation,
    traits: Traits,
    *,
    seed: int,
    created: int,
    waited: float,
    cached: CacheUsage = _NO_CACHE_USAGE,
) -> Reply:
    """Return the reply that `message` results in, within the limits of the request.

    Assumption: the latency is 200 ms and 12 ms for each output token, plus `waited`, unless the
    message sets it.

    Args:
        message: The scripted message.
        conversation: The request, which sets the limits.
        traits: What the model can do.
        seed: The number from which ids and signatures are derived.
        created: The time of the reply, in seconds since 1970.
        waited: The virtual time that has passed during the call, in seconds.
        cached: The tokens that the prompt cache read and wrote.
    """
    parts, reason, stop_sequence = message.parts, message.effective_stop_reason, None
    if not message.is_complete:
        parts = tuple(_with_generated_ids(part, seed + i) for i, part in enumerate(parts))
    if conversation.stop_sequences:
        stopped = _apply_stop_sequences(
            parts, conversation.stop_sequences, keep=traits.keeps_stop_text
        )
        if stopped is not None:
            parts, stop_sequence = stopped
            reason = "end_turn" if traits.keeps_stop_text else "stop_sequence"
    limit = conversation.max_tokens
    if limit is not None and message.tokens > limit:
        limited = _apply_max_tokens(parts, limit)
        if limited is not None:
            parts, reason, stop_sequence = limited, "max_tokens", None
    is_unchanged = parts is message.parts
    output = message.tokens if is_unchanged else sum(block_tokens(p.block) for p in parts)
    usage = _usage(message.usage, conversation, output, traits, cached)
    latency = message.latency
    if latency is None:
        waited_ms = round(1000 * waited)
        latency = _BASE_LATENCY_MS + _TOKEN_LATENCY_MS * usage.output_tokens + waited_ms
    return Reply(
        parts,
        reason,
        usage,
        stop_sequence,
        latency,
        created,
        seed,
        message.fields,
        message.initial_delay,
        message.error,
    )


# -- blocks ----------------------------------------------------------------------------------


def _with_generated_ids(part: ReplyPart, seed: int) -> ReplyPart:
    """Return `part` with a generated id or signature where the script sets none."""
    block = part.block
    if "text" in block:
        return part
    use = block.get("toolUse")
    if use is not None and "toolUseId" not in use:
        ident = f"tooluse_{characters_from(seed, 22)}"
        return ReplyPart({"toolUse": {"input": {}, **use, "toolUseId": ident}}, part.pieces)
    thought = block.get("reasoningContent", {}).get("reasoningText")
    if thought is not None and "signature" not in thought:
        signed = {"signature": characters_from(seed, _SIGNATURE_LENGTH), "text": thought["text"]}
        return ReplyPart({"reasoningContent": {"reasoningText": signed}}, part.pieces)
    return part


def _text(part: ReplyPart) -> str | None:
    """Return the text that a limit can shorten, or None for a block that has none."""
    text = part.block.get("text")
    if text is not None:
        return str(text)
    thought = part.block.get("reasoningContent", {}).get("reasoningText")
    return None if thought is None else str(thought["text"])


def _truncate(part: ReplyPart, length: int) -> ReplyPart:
    """Return a part with the first `length` characters of its text."""
    pieces = None if part.pieces is None else _truncate_pieces(part.pieces, length)
    if "text" in part.block:
        return ReplyPart({"text": part.block["text"][:length]}, pieces)
    thought = part.block["reasoningContent"]["reasoningText"]
    return ReplyPart(
        {"reasoningContent": {"reasoningText": {"text": thought["text"][:length]}}}, pieces
    )


def _truncate_pieces(pieces: Pieces, length: int) -> Pieces:
    kept: list[str | Pause] = []
    for piece in pieces:
        if length <= 0:
            break
        if isinstance(piece, str):
            piece = piece[:length]
            length -= len(piece)
        kept.append(piece)
    return tuple(kept)


# -- limits ----------------------------------------------------------------------------------


def _apply_stop_sequences(
    parts: tuple[ReplyPart, ...], sequences: Sequence[str], *, keep: bool
) -> tuple[tuple[ReplyPart, ...], str] | None:
    """Return the parts up to the first stop sequence in a text, and that sequence."""
    for index, part in enumerate(parts):
        text = part.block.get("text")
        hits = [(text.find(s), -len(s), s) for s in sequences if s in text] if text else []
        if hits:
            start, _, sequence = min(hits)
            last = _truncate(part, start + len(sequence) if keep else start)
            rest = (last,) if last.block["text"] else ()
            return (*parts[:index], *rest), sequence
    return None


def _apply_max_tokens(parts: tuple[ReplyPart, ...], limit: int) -> tuple[ReplyPart, ...] | None:
    """Return the parts that fit into `limit` tokens, or None if all of them fit.

    Assumption: a block that cannot be shortened, such as a tool use, is left out.
    """
    remaining, kept = limit, []
    for part in parts:
        needed = block_tokens(part.block)
        if needed <= remaining:
            remaining -= needed
            kept.append(part)
            continue
        if remaining and _text(part) is not None:
            kept.append(_truncate(part, remaining * CHARACTERS_PER_TOKEN))
        return tuple(kept)
    return None


# -- counts ----------------------------------------------------------------------------------


def _usage(
    scripted: Mapping[str, Any],
    conversation: Conversation,
    output_tokens: int,
    traits: Traits,
    cached: CacheUsage,
) -> Usage:
    """Return the scripted counts, and estimates for counts that are not scripted."""
    input_tokens = conversation.input_tokens - cached.read - cached.written
    read = write = None
    if traits.caches:
        read = cached.read
        write = None if traits.sparse_usage and not cached.written else cached.written
    if not scripted:
        return Usage(input_tokens, output_tokens, read, write, cached.details)
    return Usage(
        scripted.get("inputTokens", input_tokens),
        scripted.get("outputTokens", output_tokens),
        scripted.get("cacheReadInputTokens", read),
        scripted.get("cacheWriteInputTokens", write),
        scripted.get("cacheDetails", cached.details),
        scripted.get("totalTokens"),
    )


# -- pieces of a stream ----------------------------------------------------------------------


def split_words(text: str) -> list[str]:
    """Return `text` in pieces of one word, each with the white space before it."""
    return _WORD.findall(text)


def text_pieces(part: ReplyPart, text: str) -> Sequence[str | Pause]:
    """Return the pieces in which a text is streamed."""
    return split_words(text) if part.pieces is None else part.pieces


def input_pieces(part: ReplyPart, *, split: bool) -> Sequence[str | Pause]:
    """Return the pieces in which a tool's input is streamed.

    Args:
        part: The tool use.
        split: Whether the input is streamed as an empty piece and fragments, or in one piece.
    """
    text = json.dumps(part.block["toolUse"].get("input", {}), ensure_ascii=False)
    pauses = tuple(piece for piece in part.pieces or () if isinstance(piece, Pause))
    if not split:
        return (text, *pauses)
    starts = range(0, len(text), _FRAGMENT_LENGTH)
    fragments = [text[start : start + _FRAGMENT_LENGTH] for start in starts]
    return ("", *(fragments if text != "{}" else ()), *pauses)
