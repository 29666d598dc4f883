"""Selection of the input that a guardrail assesses, and replacement of masked texts.

If the messages contain `guardContent` blocks, only these are assessed, otherwise every text and
image of the conversation. Of the system text only `guardContent` blocks are assessed. Tools, tool
uses and tool results are never assessed. If the texts in the body of InvokeModel contain tagged
parts, only these are assessed.

Source: Amazon Bedrock user guide, guardrails with Converse and input tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from mlmock.services.bedrock_runtime.conversation.requests import Block, Conversation, joined_text
from mlmock.services.bedrock_runtime.errors import INVALID_GUARDRAIL_INPUT, invalid
from mlmock.services.bedrock_runtime.guardrails.assessment import Content, Total

_SYSTEM = -1
_TAG_SUFFIX = re.compile(r"[A-Za-z0-9]{1,20}")
Position = tuple[int, int]


class SelectedPart(NamedTuple):
    """A content to assess, its position in the conversation, and its span in the text.

    The position consists of the indexes of message and block. Message -1 is the system text.
    """

    content: Content
    position: Position
    span: tuple[int, int] | None = None


def select_input(
    conversation: Conversation, system: Sequence[Block] = (), suffix: object = None
) -> list[SelectedPart]:
    """Return the parts of a conversation that a guardrail assesses.

    Args:
        conversation: The conversation.
        system: The content blocks of the system text.
        suffix: The ``tagSuffix`` in the body of InvokeModel.

    Raises:
        ServiceError: If `suffix` is invalid.
    """
    blocks = list(_blocks(conversation))
    from_system = [
        SelectedPart(_guard_content(block), (_SYSTEM, index))
        for index, block in enumerate(system)
        if _is_guard_content(block)
    ]
    guarded = [
        SelectedPart(_guard_content(block), position)
        for position, block in blocks
        if _is_guard_content(block)
    ]
    return from_system + (guarded or _select_tagged(blocks, suffix) or list(_select_all(blocks)))


def total_input(conversation: Conversation, system: Sequence[Block] = ()) -> Total:
    """Return the amount of content that a guardrail could assess.

    Args:
        conversation: The conversation.
        system: The content blocks of the system text.
    """
    blocks = [block for _, block in _blocks(conversation)]
    guarded = [block for block in system if _is_guard_content(block)]
    images = [block for block in (*blocks, *guarded) if _has_image(block)]
    characters = sum(len(joined_text((b,))) for b in blocks) + len(joined_text(guarded))
    return Total(characters, len(images))


def replace_texts(
    conversation: Conversation,
    parts: Iterable[SelectedPart],
    texts: Sequence[str],
    system: Sequence[Block] = (),
) -> Conversation:
    """Return the conversation with other texts in the selected parts.

    Args:
        conversation: The conversation.
        parts: The selected parts.
        texts: A text for each of the parts.
        system: The content blocks of the system text.
    """
    changes: dict[Position, list[tuple[SelectedPart, str]]] = {}
    for part, text in zip(parts, texts, strict=True):
        changes.setdefault(part.position, []).append((part, text))
    messages = [
        {**message, "content": _apply(changes, index, message["content"])}
        for index, message in enumerate(conversation.messages)
    ]
    text = joined_text(_apply(changes, _SYSTEM, system)) if system else conversation.system
    return conversation._replace(messages=messages, system=text)


def _blocks(conversation: Conversation) -> Iterator[tuple[Position, Block]]:
    for message_index, message in enumerate(conversation.messages):
        for block_index, block in enumerate(message["content"]):
            yield (message_index, block_index), block


def _is_guard_content(block: Block) -> bool:
    return "guardContent" in block


def _has_image(block: Block) -> bool:
    return "image" in block.get("guardContent", block)


def _guard_content(block: Block) -> Content:
    value = block["guardContent"]
    if "text" in value:
        return Content(value["text"]["text"], tuple(value["text"].get("qualifiers", ())))
    return Content(image=value["image"]["source"].get("bytes", b""))


def _select_all(blocks: Iterable[tuple[Position, Block]]) -> Iterator[SelectedPart]:
    for position, block in blocks:
        if "text" in block:
            yield SelectedPart(Content(block["text"]), position)
        elif "image" in block and "bytes" in block["image"]["source"]:
            yield SelectedPart(Content(image=block["image"]["source"]["bytes"]), position)


def _select_tagged(blocks: Iterable[tuple[Position, Block]], suffix: object) -> list[SelectedPart]:
    """Return the parts of texts between tags with `suffix`, or none if it is None."""
    if suffix is None:
        return []
    if not isinstance(suffix, str) or not _TAG_SUFFIX.fullmatch(suffix):
        raise invalid(INVALID_GUARDRAIL_INPUT)
    tag = f"amazon-bedrock-guardrails-guardContent_{suffix}"
    pattern = re.compile(rf"<{tag}>(.*?)</{tag}>", re.DOTALL)
    return [
        SelectedPart(Content(match[1]), position, match.span(1))
        for position, block in blocks
        for match in pattern.finditer(block.get("text", ""))
    ]


def _apply(
    changes: Mapping[Position, list[tuple[SelectedPart, str]]],
    message_index: int,
    blocks: Sequence[Block],
) -> list[Block]:
    return [
        _replace_in_block(block, changes.get((message_index, index), ()))
        for index, block in enumerate(blocks)
    ]


def _replace_in_block(block: Block, changes: Sequence[tuple[SelectedPart, str]]) -> Block:
    if not changes or changes[0][0].content.image is not None:
        return block
    full_text = joined_text((block,))
    for part, text in reversed(changes):
        start, end = part.span or (0, len(full_text))
        full_text = f"{full_text[:start]}{text}{full_text[end:]}"
    return {"text": full_text}
