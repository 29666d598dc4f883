"""From what a script says to what the model says: ids, limits, stop reasons, counts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from mlmock.services.bedrock_runtime.conversation.ids import letters_from
from mlmock.services.bedrock_runtime.conversation.replies import (
    CacheUsage,
    Pause,
    Reply,
    ReplyPart,
    Usage,
)
from mlmock.services.bedrock_runtime.conversation.requests import Conversation
from mlmock.services.bedrock_runtime.conversation.tokens import CHARACTERS, block_tokens
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.scripting.answers import ScriptedMessage

Pieces = tuple[str | Pause, ...]
_WORD = re.compile(r"\s*\S+|\s+$")
_FIRST_MS, _TOKEN_MS = 200, 12
_FRAGMENT = 12
_SIGNATURE_LENGTH = 96
_UNCACHED = CacheUsage()


def build_reply(
    said: ScriptedMessage,
    conversation: Conversation,
    traits: Traits,
    *,
    seed: int,
    created: int,
    waited: float,
    cached: CacheUsage = _UNCACHED,
) -> Reply:
    """Return what the model says when the script says `said`, within the caller's limits.

    `waited` are the virtual seconds that have passed already, `cached` what a prompt cache did.
    Latency is 200 ms and 12 a token on top of them (judged), unless the script gives it.
    """
    parts, reason, stopped = said.parts, said.reason, None
    if not said.is_whole:
        parts = tuple(_finished(part, seed + place) for place, part in enumerate(parts))
    if conversation.stop_sequences:
        cut = _stopped(parts, conversation.stop_sequences, keep=traits.keeps_stop_text)
        if cut is not None:
            parts, stopped = cut
            reason = "end_turn" if traits.keeps_stop_text else "stop_sequence"
    most = conversation.max_tokens
    if most is not None and said.tokens > most:
        short = _limited(parts, most)
        if short is not None:
            parts, reason, stopped = short, "max_tokens", None
    spoken = said.tokens if parts is said.parts else sum(block_tokens(p.block) for p in parts)
    usage = _usage(said.usage, conversation, spoken, traits, cached)
    latency = said.latency
    if latency is None:
        latency = _FIRST_MS + _TOKEN_MS * usage.output_tokens + round(1000 * waited)
    return Reply(
        parts, reason, usage, stopped, latency, created, seed, said.fields, said.lead, said.fault
    )


# -- blocks ----------------------------------------------------------------------------------


def _finished(part: ReplyPart, seed: int) -> ReplyPart:
    """Return `part` with the id or signature that the script left to the service."""
    block = part.block
    if "text" in block:
        return part
    use = block.get("toolUse")
    if use is not None and "toolUseId" not in use:
        ident = f"tooluse_{letters_from(seed, 22)}"
        return ReplyPart({"toolUse": {"input": {}, **use, "toolUseId": ident}}, part.pieces)
    thought = block.get("reasoningContent", {}).get("reasoningText")
    if thought is not None and "signature" not in thought:
        signed = {"signature": letters_from(seed, _SIGNATURE_LENGTH), "text": thought["text"]}
        return ReplyPart({"reasoningContent": {"reasoningText": signed}}, part.pieces)
    return part


def _text(part: ReplyPart) -> str | None:
    """Return the text that a limit can cut, or None for a block that stands or falls whole."""
    text = part.block.get("text")
    if text is not None:
        return str(text)
    thought = part.block.get("reasoningContent", {}).get("reasoningText")
    return None if thought is None else str(thought["text"])


def _shortened(part: ReplyPart, length: int) -> ReplyPart:
    """Return the first `length` characters of a part."""
    pieces = None if part.pieces is None else _first(part.pieces, length)
    if "text" in part.block:
        return ReplyPart({"text": part.block["text"][:length]}, pieces)
    thought = part.block["reasoningContent"]["reasoningText"]
    return ReplyPart(
        {"reasoningContent": {"reasoningText": {"text": thought["text"][:length]}}}, pieces
    )


def _first(pieces: Pieces, length: int) -> Pieces:
    found: list[str | Pause] = []
    for piece in pieces:
        if length <= 0:
            break
        if isinstance(piece, str):
            piece = piece[:length]
            length -= len(piece)
        found.append(piece)
    return tuple(found)


# -- limits ----------------------------------------------------------------------------------


def _stopped(
    parts: tuple[ReplyPart, ...], sequences: Sequence[str], *, keep: bool
) -> tuple[tuple[ReplyPart, ...], str] | None:
    """Return the parts up to the first stop sequence in a text, and which one it was."""
    for place, part in enumerate(parts):
        text = part.block.get("text")
        hits = [(text.find(s), -len(s), s) for s in sequences if s in text] if text else []
        if hits:
            at, _, sequence = min(hits)
            short = _shortened(part, at + len(sequence) if keep else at)
            rest = (short,) if short.block["text"] else ()
            return (*parts[:place], *rest), sequence
    return None


def _limited(parts: tuple[ReplyPart, ...], most: int) -> tuple[ReplyPart, ...] | None:
    """Return the parts that `most` tokens hold, or None if they hold all.

    A block that can't be cut (a tool use) falls away whole (judged).
    """
    left, kept = most, []
    for part in parts:
        needed = block_tokens(part.block)
        if needed <= left:
            left -= needed
            kept.append(part)
            continue
        if left and _text(part) is not None:
            kept.append(_shortened(part, left * CHARACTERS))
        return tuple(kept)
    return None


# -- counts ----------------------------------------------------------------------------------


def _usage(
    given: Mapping[str, Any],
    conversation: Conversation,
    spoken: int,
    traits: Traits,
    cached: CacheUsage,
) -> Usage:
    """Return the script's counts, with estimates for those that it leaves out."""
    came = conversation.input_tokens - cached.read - cached.written
    read = write = None
    if traits.caches:
        read = cached.read
        write = None if traits.sparse_usage and not cached.written else cached.written
    if not given:
        return Usage(came, spoken, read, write, cached.details)
    return Usage(
        given.get("inputTokens", came),
        given.get("outputTokens", spoken),
        given.get("cacheReadInputTokens", read),
        given.get("cacheWriteInputTokens", write),
        given.get("cacheDetails", cached.details),
        given.get("totalTokens"),
    )


# -- how it is cut ---------------------------------------------------------------------------


def split_words(text: str) -> list[str]:
    """Return `text` in pieces of one word, each with the white space before it."""
    return _WORD.findall(text)


def pieces_of_text(part: ReplyPart, text: str) -> Sequence[str | Pause]:
    """Return the pieces that a text is streamed in."""
    return split_words(text) if part.pieces is None else part.pieces


def pieces_of_input(part: ReplyPart, *, split: bool) -> Sequence[str | Pause]:
    """Return the pieces that a tool's input is streamed in: whole, or in fragments after ""."""
    text = json.dumps(part.block["toolUse"].get("input", {}), ensure_ascii=False)
    pauses = tuple(piece for piece in part.pieces or () if isinstance(piece, Pause))
    if not split:
        return (text, *pauses)
    fragments = [text[at : at + _FRAGMENT] for at in range(0, len(text), _FRAGMENT)]
    return ("", *(fragments if text != "{}" else ()), *pauses)
