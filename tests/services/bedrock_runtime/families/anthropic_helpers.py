"""Models, tools and Messages bodies of Claude."""

from __future__ import annotations

from typing import Any

HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"
OLD = "anthropic.claude-3-haiku-20240307-v1:0"
TOOLS = [{"name": "get_weather", "input_schema": {"type": "object", "properties": {}}}]
USE = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}}


def body(*messages: Any, **more: Any) -> dict[str, Any]:
    """Return a Messages body; a str is a user turn."""
    turns = [{"role": "user", "content": m} if isinstance(m, str) else m for m in messages]
    return {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 1000,
        "messages": turns,
    } | more


def image(data: str, media_type: str = "image/png") -> dict[str, Any]:
    """Return an image block of the Messages API."""
    source = {"type": "base64", "media_type": media_type, "data": data}
    return {"type": "image", "source": source, "cache_control": {"type": "ephemeral"}}


def document(source: dict[str, Any]) -> dict[str, Any]:
    """Return a document block of the Messages API."""
    return {"type": "document", "source": source, "title": "policy"}
