"""How many tokens something has: an estimate, the same everywhere.

A token is four characters, begun ones count. Judged: the service's own counts come from each
model's tokenizer, which nobody publishes. More text never counts less.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Mapping, Sequence
from typing import Any

CHARACTERS_PER_TOKEN = 4
ROUND_UP = CHARACTERS_PER_TOKEN - 1
_MARSHAL_VERSION = 2  # the version of marshal in which every value is written out where it stands
_TOKENS_PER_MESSAGE = 3
_TOKENS_PER_ATTACHMENT = 1600


def text_tokens(text: str) -> int:
    """Return the tokens of a text."""
    return (len(text) + ROUND_UP) // CHARACTERS_PER_TOKEN


def conversation_tokens(
    messages: Sequence[Mapping[str, Any]], system: str, tools: Sequence[Mapping[str, Any]]
) -> int:
    """Return the tokens of a conversation: texts, tools as JSON, 1600 for each medium."""
    blocks = (block for message in messages for block in message.get("content", ()))
    return overhead_tokens(messages, system, tools) + sum(map(block_tokens, blocks))


def overhead_tokens(
    messages: Sequence[Mapping[str, Any]], system: str, tools: Sequence[Mapping[str, Any]]
) -> int:
    """Return the tokens of a conversation but for the content of its messages."""
    total = len(messages) * _TOKENS_PER_MESSAGE + text_tokens(system)
    return total + (_json_tokens(list(tools)) if tools else 0)


def block_tokens(block: Mapping[str, Any]) -> int:
    """Return the tokens of a content block."""
    for kind, value in block.items():
        return _COUNTERS.get(kind, _json_tokens)(value)
    return 0


def _json_tokens(value: Any) -> int:
    """Return the tokens of a JSON value by the length of its marshalled form.

    That is about as long as its JSON, grows with every text in it, and is the quickest to make.
    """
    try:
        return (len(marshal.dumps(value, _MARSHAL_VERSION)) + ROUND_UP) // CHARACTERS_PER_TOKEN
    except ValueError:  # what isn't JSON: bytes of a subclass, dates
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
