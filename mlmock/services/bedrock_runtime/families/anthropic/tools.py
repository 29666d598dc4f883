"""Parsers and checks for the tools, the tool choice and the tool results of a Messages body."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from mlmock.services.bedrock_runtime.errors import invalid
from mlmock.services.bedrock_runtime.families.anthropic.content_blocks import (
    optional,
    parse_cache_point,
)

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_CHOICE_TYPES = ("auto", "any", "tool", "none")
_PREDEFINED = re.compile(r"(bash|code_execution|computer|memory|text_editor|tool_search\w*)_\d{8}")
_EXPECTED_TAGS = (
    "'bash_20250124', 'custom', 'memory_20250818', 'text_editor_20250124', "
    "'text_editor_20250429', 'text_editor_20250728'"
)


def parse_tools(tools: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the tools of a body as tools of Converse.

    Raises:
        ServiceError: If Anthropic rejects a tool.
    """
    specs: list[dict[str, Any]] = []
    for index, tool in enumerate(tools):
        specs.extend((_parse_tool(tool, index), *parse_cache_point(tool, f"tools.{index}")))
    names = _names(specs)
    if len(set(names)) < len(names):
        raise invalid("tools: Tool names must be unique.")
    return specs


def _names(tools: Sequence[Mapping[str, Any]]) -> list[str]:
    return [tool["toolSpec"]["name"] for tool in tools if "toolSpec" in tool]


def _parse_tool(tool: Any, index: int) -> dict[str, Any]:
    if not isinstance(tool, dict):
        raise invalid(f"tools.{index}: Input should be an object")
    kind = tool.get("type", "custom")
    if kind != "custom":
        return _predefined_tool(tool, kind, index)
    path = f"tools.{index}.custom"
    _check_tool(tool, path)
    spec = {"name": tool["name"], "inputSchema": {"json": tool["input_schema"]}}
    if optional(tool, "description", str, path) is not None:
        spec["description"] = tool["description"]
    return {"toolSpec": spec}


def _predefined_tool(tool: Mapping[str, Any], kind: Any, index: int) -> dict[str, Any]:
    if not isinstance(kind, str) or not _PREDEFINED.fullmatch(kind):
        raise invalid(
            f"tools.{index}: Input tag '{kind}' found using 'type' does not match any of the "
            f"expected tags: {_EXPECTED_TAGS}"
        )
    if not isinstance(tool.get("name"), str):
        raise invalid(f"tools.{index}.{kind}.name: Field required")
    return {"toolSpec": {"name": tool["name"], "inputSchema": {"json": {"type": "object"}}}}


def _check_tool(tool: Mapping[str, Any], path: str) -> None:
    for name in ("name", "input_schema"):
        if name not in tool:
            raise invalid(f"{path}.{name}: Field required")
    if not isinstance(tool["name"], str) or not _NAME.fullmatch(tool["name"]):
        raise invalid(f"{path}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
    schema = tool["input_schema"]
    if not isinstance(schema, dict):
        raise invalid(f"{path}.input_schema: Input should be an object")
    if "type" not in schema:
        raise invalid(f"{path}.input_schema.type: Field required")
    if schema["type"] != "object":
        raise invalid(f"{path}.input_schema.type: Input should be 'object'")


def parse_tool_choice(
    choice: Mapping[str, Any] | None, tools: Sequence[Mapping[str, Any]]
) -> dict[str, Any] | None:
    """Return the tool choice of Converse, or None for no choice and for the choice ``none``.

    Args:
        choice: The tool choice of the body, or None.
        tools: The tools of Converse.

    Raises:
        ServiceError: If Anthropic rejects the choice.
    """
    if choice is None:
        return None
    kind = choice["type"]
    if kind not in _CHOICE_TYPES:
        tags = ", ".join(f"'{tag}'" for tag in _CHOICE_TYPES)
        raise invalid(
            f"tool_choice: Input tag '{kind}' found using 'type' does not match any of the "
            f"expected tags: {tags}"
        )
    if not tools and kind != "none":
        raise invalid("tool_choice may only be specified while providing tools.")
    if kind == "tool":
        return {"tool": {"name": _chosen_name(choice, tools)}}
    return None if kind == "none" else {kind: {}}


def _chosen_name(choice: Mapping[str, Any], tools: Sequence[Mapping[str, Any]]) -> str:
    if not isinstance(choice.get("name"), str):
        raise invalid("tool_choice.tool.name: Field required")
    name: str = choice["name"]
    if name not in _names(tools):
        raise invalid(f"Tool '{name}' not found in provided tools")
    return name


def check_tool_results(turns: Sequence[Mapping[str, Any]]) -> None:
    """Raise a ServiceError unless each turn has exactly the results of the previous tool uses."""
    pending: list[str] = []
    for index, turn in enumerate(turns):
        results = _ids(turn, "tool_result", "tool_use_id")
        _check_role(turn, results, index)
        if index:
            _check_missing_results(pending, results, index)
        _check_unexpected_results(pending, results, index, turn)
        pending = _ids(turn, "tool_use", "id")
    _check_missing_results(pending, (), len(turns))


def _check_role(turn: Mapping[str, Any], results: Sequence[str], index: int) -> None:
    if turn["role"] == "assistant" and results:
        raise invalid(f"messages.{index}: `tool_result` blocks can only be in `user` messages")
    if turn["role"] == "user" and _ids(turn, "tool_use", "id"):
        raise invalid(f"messages.{index}: `tool_use` blocks can only be in `assistant` messages")


def _ids(turn: Mapping[str, Any], kind: str, name: str) -> list[str]:
    content = turn["content"]
    if not isinstance(content, list):
        return []
    return [block[name] for block in content if block.get("type") == kind]


def _check_missing_results(uses: Sequence[str], results: Sequence[str], index: int) -> None:
    missing = [use for use in uses if use not in results]
    if missing:
        raise invalid(
            f"messages.{index - 1}: `tool_use` ids were found without `tool_result` blocks "
            f"immediately after: {', '.join(missing)}. Each `tool_use` block must have a "
            "corresponding `tool_result` block in the next message."
        )


def _check_unexpected_results(
    uses: Sequence[str], results: Sequence[str], index: int, turn: Mapping[str, Any]
) -> None:
    for position, block in enumerate(turn["content"] if results else ()):
        if block.get("type") == "tool_result" and block["tool_use_id"] not in uses:
            raise invalid(
                f"messages.{index}.content.{position}: unexpected `tool_use_id` found in "
                f"`tool_result` blocks: {block['tool_use_id']}. Each `tool_result` block must have "
                "a corresponding `tool_use` block in the previous message."
            )
