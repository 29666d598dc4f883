"""How many tokens something has: an estimate, the same everywhere.

A token is four characters, begun ones count. Judged: the service's own counts come from each
model's tokenizer, which nobody publishes. More text never counts less.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

CHARACTERS = 4
_PER_MESSAGE = 3
_PER_MEDIUM = 1600


def tokens_in(text: str) -> int:
    """Return the tokens of a text."""
    return (len(text) + CHARACTERS - 1) // CHARACTERS


def tokens_of(
    messages: Sequence[Mapping[str, Any]], system: str, tools: Sequence[Mapping[str, Any]]
) -> int:
    """Return the tokens of a conversation: texts, tools as JSON, 1600 for each medium."""
    total = tokens_in(system)
    for message in messages:
        total += _PER_MESSAGE
        for block in message.get("content", ()):
            text = block.get("text")
            total += tokens_in(text) if text is not None else block_tokens(block)
    return total + (_json_tokens(list(tools)) if tools else 0)


def block_tokens(block: Mapping[str, Any]) -> int:
    """Return the tokens of a content block."""
    ((kind, value),) = block.items()
    if kind == "text":
        return tokens_in(value)
    if kind in _COUNT:
        return _COUNT[kind](value)
    return 0 if kind == "cachePoint" else _json_tokens(value)


def _json_tokens(value: Any) -> int:
    return tokens_in(json.dumps(value, separators=(",", ":"), default=str))


def _tool_use(value: Mapping[str, Any]) -> int:
    return tokens_in(value["name"]) + _json_tokens(value.get("input"))


def _tool_result(value: Mapping[str, Any]) -> int:
    return sum(block_tokens(block) for block in value.get("content", ()))


def _guarded(value: Mapping[str, Any]) -> int:
    return tokens_in(value["text"]["text"]) if "text" in value else _PER_MEDIUM


def _reasoning(value: Mapping[str, Any]) -> int:
    return tokens_in(value.get("reasoningText", {}).get("text", ""))


def _document(value: Mapping[str, Any]) -> int:
    source = value.get("source", {})
    if "text" in source:
        return tokens_in(source["text"])
    if "content" in source:
        return sum(tokens_in(item["text"]) for item in source["content"])
    return _PER_MEDIUM


def _cited(value: Mapping[str, Any]) -> int:
    return sum(tokens_in(item["text"]) for item in value.get("content", ()))


_COUNT: dict[str, Callable[[Any], int]] = {
    "toolUse": _tool_use,
    "toolResult": _tool_result,
    "guardContent": _guarded,
    "reasoningContent": _reasoning,
    "document": _document,
    "citationsContent": _cited,
    "searchResult": _cited,
    "image": lambda value: _PER_MEDIUM,
    "video": lambda value: _PER_MEDIUM,
    "audio": lambda value: _PER_MEDIUM,
}
