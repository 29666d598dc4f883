"""What a model says that has nothing but text: its words, and a tool use as JSON (judged).

Text models were told of tools by their prompt, and asked for one by writing it down. So a script
that lets one use a tool comes out as ``{"name": ..., "parameters": ...}`` in its text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from mlmock.services.bedrock_runtime.conversation.replies import Reply
from mlmock.services.bedrock_runtime.families.base import Event

TagPair = tuple[str, str]


def reply_text(reply: Reply, tags: TagPair | None = None) -> str:
    """Return everything that `reply` says; reasoning between `marks`, or not at all."""
    return "".join(block_text(block, tags) for block in reply.content)


def block_text(block: Mapping[str, Any], tags: TagPair | None) -> str:
    """Return what one block says."""
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
    """Yield the pieces of text that Converse's events carry, and None when they are over."""
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
    """Yield the events with reasoning as text, between `marks`."""
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
