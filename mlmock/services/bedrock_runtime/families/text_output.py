"""Text output for models whose responses contain only text.

Assumption: a tool use appears in the text as ``{"name": ..., "parameters": ...}``. Prompts describe
tools to such models, and the models answer with a call as text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from mlmock.services.bedrock_runtime.conversation.replies import Reply
from mlmock.services.bedrock_runtime.families.base import Event

TagPair = tuple[str, str]


def reply_text(reply: Reply, tags: TagPair | None = None) -> str:
    """Return the text of all blocks of `reply`.

    Args:
        reply: The reply of the model.
        tags: The tags that enclose reasoning; None leaves reasoning out.
    """
    return "".join(block_text(block, tags) for block in reply.content)


def block_text(block: Mapping[str, Any], tags: TagPair | None) -> str:
    """Return the text of one content block.

    Args:
        block: A content block of Converse.
        tags: The tags that enclose reasoning; None leaves reasoning out.
    """
    if "reasoningContent" in block:
        reasoning = block["reasoningContent"].get("reasoningText", {}).get("text", "")
        return f"{tags[0]}{reasoning}{tags[1]}" if tags and reasoning else ""
    if "toolUse" in block:
        use = block["toolUse"]
        return _tool_call_opening(use["name"]) + json.dumps(use["input"], ensure_ascii=False) + "}"
    if "citationsContent" in block:
        return "".join(item["text"] for item in block["citationsContent"].get("content", ()))
    return str(block.get("text", ""))


def _tool_call_opening(name: str) -> str:
    return f'{{"name": {json.dumps(name, ensure_ascii=False)}, "parameters": '


def iter_text(events: Iterator[Event]) -> Iterator[str | None]:
    """Yield the pieces of text in events of ConverseStream, and None at the end of the message."""
    in_tool_use = False
    for kind, event in events:
        if kind == "contentBlockStart":
            in_tool_use = "toolUse" in event["start"]
            if in_tool_use:
                yield _tool_call_opening(event["start"]["toolUse"]["name"])
        elif kind == "contentBlockDelta":
            yield from _pieces(event["delta"])
        elif kind == "contentBlockStop" and in_tool_use:
            in_tool_use = False
            yield "}"
        elif kind == "messageStop":
            yield None


def _pieces(delta: Mapping[str, Any]) -> Iterator[str]:
    if "text" in delta:
        yield delta["text"]
    elif "toolUse" in delta and delta["toolUse"]["input"]:
        yield delta["toolUse"]["input"]


def inline_reasoning(events: Iterator[Event], tags: TagPair) -> Iterator[Event]:
    """Yield events in which reasoning is text.

    Args:
        events: Events of ConverseStream.
        tags: The tags that enclose the reasoning.
    """
    inside = False
    for kind, event in events:
        delta = event["delta"] if kind == "contentBlockDelta" else {}
        text = delta.get("reasoningContent", {}).get("text")
        if text is not None:
            piece = text if inside else tags[0] + text
            inside = True
            yield kind, {**event, "delta": {"text": piece}}
        elif kind == "contentBlockStop" and inside:
            inside = False
            yield "contentBlockDelta", {**event, "delta": {"text": tags[1]}}
            yield kind, event
        else:
            yield kind, event
