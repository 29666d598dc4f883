"""Which parts of what a caller says a guardrail assesses, and how masked parts are put back.

Where `guardContent` blocks stand among the messages, they alone are assessed, else every text and
picture of the whole conversation; of the system text only its `guardContent` blocks; tools, their
uses and results never. A body of InvokeModel may tag parts of its texts, and then they alone are
assessed: the user guide's pages on guardrails with Converse and on input tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from mlmock.services.bedrock_runtime.conversation.requests import Block, Conversation, joined_text
from mlmock.services.bedrock_runtime.errors import INVALID_GUARDRAIL_INPUT, invalid
from mlmock.services.bedrock_runtime.guardrails.assessment import Content, Total

_SYSTEM = -1
_SUFFIX = re.compile(r"[A-Za-z0-9]{1,20}")
Place = tuple[int, int]


class Piece(NamedTuple):
    """Something to assess: its place (message, block; -1 is the system), its part of the text."""

    content: Content
    place: Place
    span: tuple[int, int] | None = None


def pieces_of(
    conversation: Conversation, system: Sequence[Block] = (), suffix: object = None
) -> list[Piece]:
    """Return what is to be assessed.

    `system`: the system's content blocks; `suffix`: the ``tagSuffix`` of a body. ServiceError for
    one that isn't one.
    """
    blocks = list(_blocks(conversation))
    guarded = [Piece(_guarded(b), (_SYSTEM, i)) for i, b in enumerate(system) if _is_guarded(b)]
    chosen = [Piece(_guarded(block), place) for place, block in blocks if _is_guarded(block)]
    return guarded + (chosen or _tagged(blocks, suffix) or list(_plain(blocks)))


def total_of(conversation: Conversation, system: Sequence[Block] = ()) -> Total:
    """Return how much there is that a guardrail could assess."""
    blocks = [block for _, block in _blocks(conversation)]
    guarded = [block for block in system if _is_guarded(block)]
    images = [block for block in (*blocks, *guarded) if _has_image(block)]
    return Total(
        sum(len(joined_text((b,))) for b in blocks) + len(joined_text(guarded)), len(images)
    )


def rewritten(
    conversation: Conversation,
    pieces: Iterable[Piece],
    texts: Sequence[str],
    system: Sequence[Block] = (),
) -> Conversation:
    """Return the conversation with `texts`, one for each of the pieces, in their places."""
    changes: dict[Place, list[tuple[Piece, str]]] = {}
    for piece, text in zip(pieces, texts, strict=True):
        changes.setdefault(piece.place, []).append((piece, text))
    messages = [
        {**message, "content": _with(message["content"], at, changes)}
        for at, message in enumerate(conversation.messages)
    ]
    said = joined_text(_with(system, _SYSTEM, changes)) if system else conversation.system
    return conversation._replace(messages=messages, system=said)


def _blocks(conversation: Conversation) -> Iterator[tuple[Place, Block]]:
    for at, message in enumerate(conversation.messages):
        for place, block in enumerate(message["content"]):
            yield (at, place), block


def _is_guarded(block: Block) -> bool:
    return "guardContent" in block


def _has_image(block: Block) -> bool:
    return "image" in block.get("guardContent", block)


def _guarded(block: Block) -> Content:
    value = block["guardContent"]
    if "text" in value:
        return Content(value["text"]["text"], tuple(value["text"].get("qualifiers", ())))
    return Content(image=value["image"]["source"].get("bytes", b""))


def _plain(blocks: Iterable[tuple[Place, Block]]) -> Iterator[Piece]:
    for place, block in blocks:
        if "text" in block:
            yield Piece(Content(block["text"]), place)
        elif "image" in block and "bytes" in block["image"]["source"]:
            yield Piece(Content(image=block["image"]["source"]["bytes"]), place)


def _tagged(blocks: Iterable[tuple[Place, Block]], suffix: object) -> list[Piece]:
    """Return the parts of texts that stand between the tags of `suffix`; none without one."""
    if suffix is None:
        return []
    if not isinstance(suffix, str) or not _SUFFIX.fullmatch(suffix):
        raise invalid(INVALID_GUARDRAIL_INPUT)
    tag = f"amazon-bedrock-guardrails-guardContent_{suffix}"
    pattern = re.compile(rf"<{tag}>(.*?)</{tag}>", re.DOTALL)
    return [
        Piece(Content(found[1]), place, found.span(1))
        for place, block in blocks
        for found in pattern.finditer(block.get("text", ""))
    ]


def _with(
    blocks: Sequence[Block], at: int, changes: Mapping[Place, list[tuple[Piece, str]]]
) -> list[Block]:
    return [_changed(block, changes.get((at, i), ())) for i, block in enumerate(blocks)]


def _changed(block: Block, changes: Sequence[tuple[Piece, str]]) -> Block:
    if not changes or changes[0][0].content.image is not None:
        return block
    whole = joined_text((block,))
    for piece, text in reversed(changes):
        start, end = piece.span or (0, len(whole))
        whole = f"{whole[:start]}{text}{whole[end:]}"
    return {"text": whole}
