"""How many tokens something has: an estimate, the same everywhere.

A token is four characters, begun ones count. Judged: the service's own counts come from each
model's tokenizer, which nobody publishes. More text never counts less.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Mapping, Sequence
from typing import Any

CHARACTERS = 4
ROUND_UP = CHARACTERS - 1
_PLAIN = 2  # the version of marshal in which every value is written out where it stands
_PER_MESSAGE = 3
_PER_MEDIUM = 1600


def tokens_in(text: str) -> int:
    """Return the tokens of a text."""
    return (len(text) + ROUND_UP) // CHARACTERS


def tokens_of(
    messages: Sequence[Mapping[str, Any]], system: str, tools: Sequence[Mapping[str, Any]]
) -> int:
    """Return the tokens of a conversation: texts, tools as JSON, 1600 for each medium."""
    blocks = (block for message in messages for block in message.get("content", ()))
    return tokens_around(messages, system, tools) + sum(map(block_tokens, blocks))


def tokens_around(
    messages: Sequence[Mapping[str, Any]], system: str, tools: Sequence[Mapping[str, Any]]
) -> int:
    """Return the tokens of a conversation but for the content of its messages."""
    total = len(messages) * _PER_MESSAGE + tokens_in(system)
    return total + (_json_tokens(list(tools)) if tools else 0)


def block_tokens(block: Mapping[str, Any]) -> int:
    """Return the tokens of a content block."""
    for kind, value in block.items():
        return _COUNT.get(kind, _json_tokens)(value)
    return 0


def _json_tokens(value: Any) -> int:
    """Return the tokens of a JSON value by the length of its marshalled form.

    That is about as long as its JSON, grows with every text in it, and is the quickest to make.
    """
    try:
        return (len(marshal.dumps(value, _PLAIN)) + ROUND_UP) // CHARACTERS
    except ValueError:  # what isn't JSON: bytes of a subclass, dates
        return tokens_in(str(value))


def _tool_use(value: Mapping[str, Any]) -> int:
    named = (len(value["name"]) + ROUND_UP) // CHARACTERS
    return named + _json_tokens(value.get("input"))


def _tool_result(value: Mapping[str, Any]) -> int:
    total = 0
    for block in value.get("content", ()):
        text = block.get("text")
        total += block_tokens(block) if text is None else (len(text) + ROUND_UP) // CHARACTERS
    return total


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
    "text": tokens_in,
    "cachePoint": lambda value: 0,
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
