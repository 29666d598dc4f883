"""Token estimates for texts, content blocks and conversations.

Assumption: a token is four characters, rounded up. The service counts with the tokenizer of each
model, and these are not published. More text never has fewer tokens.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Mapping, Sequence
from typing import Any

CHARACTERS_PER_TOKEN = 4
ROUND_UP = CHARACTERS_PER_TOKEN - 1
_MARSHAL_VERSION = 2  # later versions write repeated values as references
_TOKENS_PER_MESSAGE = 3
_TOKENS_PER_ATTACHMENT = 1600


def text_tokens(text: str) -> int:
    """Return the estimated count of tokens in `text`."""
    return (len(text) + ROUND_UP) // CHARACTERS_PER_TOKEN


def conversation_tokens(
    messages: Sequence[Mapping[str, Any]], system: str, tools: Sequence[Mapping[str, Any]]
) -> int:
    """Return the estimated count of tokens in a conversation.

    Texts and the JSON of tools count by their length, every image, video or audio as 1600 tokens.

    Args:
        messages: Messages of Converse.
        system: The joined system text.
        tools: Tools of Converse.
    """
    blocks = (block for message in messages for block in message.get("content", ()))
    return overhead_tokens(messages, system, tools) + sum(map(block_tokens, blocks))


def overhead_tokens(
    messages: Sequence[Mapping[str, Any]], system: str, tools: Sequence[Mapping[str, Any]]
) -> int:
    """Return the tokens of a conversation without the content of its messages.

    Args:
        messages: Messages of Converse.
        system: The joined system text.
        tools: Tools of Converse.
    """
    total = len(messages) * _TOKENS_PER_MESSAGE + text_tokens(system)
    return total + (_json_tokens(list(tools)) if tools else 0)


def block_tokens(block: Mapping[str, Any]) -> int:
    """Return the estimated count of tokens in a content block of Converse."""
    for kind, value in block.items():
        return _COUNTERS.get(kind, _json_tokens)(value)
    return 0


def _json_tokens(value: Any) -> int:
    """Return the tokens of a JSON value, from the length of its marshalled form.

    That form is about as long as the JSON, grows with every text in it, and is the fastest to make.
    """
    try:
        return (len(marshal.dumps(value, _MARSHAL_VERSION)) + ROUND_UP) // CHARACTERS_PER_TOKEN
    except ValueError:  # marshal rejects values that are not JSON, such as dates
        return text_tokens(str(value))


def _tool_use_tokens(value: Mapping[str, Any]) -> int:
    name_tokens = (len(value["name"]) + ROUND_UP) // CHARACTERS_PER_TOKEN
    return name_tokens + _json_tokens(value.get("input"))


def _tool_result_tokens(value: Mapping[str, Any]) -> int:
    total = 0
    for block in value.get("content", ()):
        text = block.get("text")
        total += (
            block_tokens(block) if text is None else (len(text) + ROUND_UP) // CHARACTERS_PER_TOKEN
        )
    return total


def _guard_content_tokens(value: Mapping[str, Any]) -> int:
    return text_tokens(value["text"]["text"]) if "text" in value else _TOKENS_PER_ATTACHMENT


def _reasoning_tokens(value: Mapping[str, Any]) -> int:
    return text_tokens(value.get("reasoningText", {}).get("text", ""))


def _document_tokens(value: Mapping[str, Any]) -> int:
    source = value.get("source", {})
    if "text" in source:
        return text_tokens(source["text"])
    if "content" in source:
        return sum(text_tokens(item["text"]) for item in source["content"])
    return _TOKENS_PER_ATTACHMENT


def _item_tokens(value: Mapping[str, Any]) -> int:
    return sum(text_tokens(item["text"]) for item in value.get("content", ()))


_COUNTERS: dict[str, Callable[[Any], int]] = {
    "text": text_tokens,
    "cachePoint": lambda value: 0,
    "toolUse": _tool_use_tokens,
    "toolResult": _tool_result_tokens,
    "guardContent": _guard_content_tokens,
    "reasoningContent": _reasoning_tokens,
    "document": _document_tokens,
    "citationsContent": _item_tokens,
    "searchResult": _item_tokens,
    "image": lambda value: _TOKENS_PER_ATTACHMENT,
    "video": lambda value: _TOKENS_PER_ATTACHMENT,
    "audio": lambda value: _TOKENS_PER_ATTACHMENT,
}
