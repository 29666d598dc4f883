"""Parsers that convert chat completion messages and tools to those of Converse."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mlmock.services.bedrock_runtime.media.encoding import decode_data_uri, image_format

Block = dict[str, Any]


def parse_messages(messages: Sequence[Mapping[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    """Return the joined system text and the messages of Converse.

    Tool results become blocks of user turns.
    """
    system: list[str] = []
    turns: list[dict[str, Any]] = []
    for message in messages:
        role = message["role"]
        if role in ("system", "developer"):
            system.extend(block["text"] for block in content_blocks(message) if "text" in block)
        else:
            _append_turn(
                turns, "assistant" if role == "assistant" else "user", _message_content(message)
            )
    return "\n".join(system), turns


def _append_turn(turns: list[dict[str, Any]], role: str, blocks: list[Block]) -> None:
    """Append a turn, or append tool results to a turn of tool results."""
    are_results = all("toolResult" in block for block in blocks)
    last = turns[-1] if turns and turns[-1]["role"] == role else None
    if last is not None and are_results and all("toolResult" in b for b in last["content"]):
        last["content"].extend(blocks)
    else:
        turns.append({"role": role, "content": blocks})


def _message_content(message: Mapping[str, Any]) -> list[Block]:
    blocks = content_blocks(message)
    if message["role"] == "tool":
        use_id = str(message.get("tool_call_id") or message.get("name") or "")
        return [{"toolResult": {"toolUseId": use_id, "content": blocks}}]
    calls = message.get("tool_calls")
    uses = [_parse_tool_call(call) for call in calls] if isinstance(calls, list) else []
    return blocks + [use for use in uses if use is not None]


def _parse_tool_call(call: Any) -> Block | None:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict):
        return None
    use = {
        "toolUseId": str(call.get("id", "")),
        "name": str(function.get("name", "")),
        "input": _parse_arguments(function.get("arguments")),
    }
    return {"toolUse": use}


def _parse_arguments(arguments: Any) -> Any:
    if not isinstance(arguments, str):
        return arguments or {}
    try:
        return json.loads(arguments or "{}")
    except ValueError:
        return {"arguments": arguments}


def content_blocks(message: Mapping[str, Any]) -> list[Block]:
    """Return the content of a message, which is a text, a part or a list of parts, as blocks."""
    content = message.get("content")
    if isinstance(content, str):
        return [{"text": content}] if content else []
    parts = content if isinstance(content, list) else [content] if content else []
    blocks = (_parse_part(part) for part in parts)
    return [block for block in blocks if block is not None]


def _parse_part(part: Any) -> Block | None:
    if isinstance(part, str):
        return {"text": part}
    if not isinstance(part, dict):
        return None
    if isinstance(part.get("text"), str):
        return {"text": part["text"]}
    return _parse_image(part["image_url"]) if "image_url" in part else None


def _parse_image(url: Any) -> Block:
    uri = url.get("url", "") if isinstance(url, dict) else url
    decoded = decode_data_uri(uri) if isinstance(uri, str) else None
    data = decoded[1] if decoded else b""
    return {"image": {"format": image_format(data) or "png", "source": {"bytes": data}}}


def parse_tools(tools: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the function tools as tools of Converse; other types of tools are left out."""
    functions = (tool.get("function") for tool in tools if isinstance(tool, dict))
    return [_tool_spec(function) for function in functions if isinstance(function, dict)]


def _tool_spec(function: Mapping[str, Any]) -> dict[str, Any]:
    schema = function.get("parameters") or {"type": "object", "properties": {}}
    spec = {"name": str(function.get("name", "")), "inputSchema": {"json": schema}}
    if function.get("description"):
        spec["description"] = function["description"]
    return {"toolSpec": spec}


def parse_tool_choice(choice: Any) -> dict[str, Any] | None:
    """Return the tool choice of Converse, or None if there is no equivalent."""
    if isinstance(choice, dict):
        function = choice.get("function")
        name = function.get("name") if isinstance(function, dict) else choice.get("name")
        return {"tool": {"name": name}} if name else None
    kinds: dict[Any, dict[str, Any]] = {"auto": {"auto": {}}, "any": {"any": {}}}
    return kinds.get("any" if choice == "required" else choice)
