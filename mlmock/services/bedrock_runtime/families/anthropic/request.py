"""Parsers that validate a body of the Messages API and convert it to a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlmock.services.bedrock_runtime.conversation.requests import Conversation, joined_text
from mlmock.services.bedrock_runtime.errors import invalid
from mlmock.services.bedrock_runtime.families.anthropic.content_blocks import (
    is_image,
    optional,
    parse_block,
    parse_cache_point,
)
from mlmock.services.bedrock_runtime.families.anthropic.tools import (
    check_tool_results,
    parse_tool_choice,
    parse_tools,
)
from mlmock.services.bedrock_runtime.families.base import Body

_MAX_IMAGES = 20


def parse_body(body: Body, model_id: str, *, prefill: bool) -> Conversation:
    """Return the conversation in a body whose top level is valid.

    Args:
        body: The parsed body.
        model_id: The foundation model id.
        prefill: Whether the model accepts a final assistant message.

    Raises:
        ServiceError: If Anthropic rejects the body below its top level.
    """
    turns = body["messages"]
    if not turns:
        raise invalid("messages: at least one message is required")
    messages = [_parse_turn(turn, index, len(turns)) for index, turn in enumerate(turns)]
    _check_last(turns, messages, prefill=prefill)
    check_tool_results(turns)
    if sum(is_image(b) for turn in turns for b in _content_list(turn)) > _MAX_IMAGES:
        raise invalid(f"messages: too many images: image_count > {_MAX_IMAGES}")
    tools, system = parse_tools(body.get("tools", ())), _parse_system(body.get("system", ""))
    return Conversation(
        model_id=model_id,
        messages=messages,
        system=joined_text(system),
        tools=tools,
        tool_choice=parse_tool_choice(body.get("tool_choice"), tools),
        max_tokens=body["max_tokens"],
        temperature=body.get("temperature"),
        top_p=body.get("top_p"),
        stop_sequences=_parse_stop_sequences(body.get("stop_sequences", ())),
        schema=_output_schema(body),
        extra={"thinking": body["thinking"]} if "thinking" in body else {},
        system_blocks=system,
    )


def _parse_turn(turn: Any, index: int, count: int) -> dict[str, Any]:
    path = f"messages.{index}"
    if not isinstance(turn, dict):
        raise invalid(f"{path}: Input should be an object")
    for name in ("role", "content"):
        if name not in turn:
            raise invalid(f"{path}.{name}: Field required")
    role, content = turn["role"], turn["content"]
    _check_role(role, path)
    extra = next((name for name in turn if name not in ("role", "content")), None)
    if extra is not None:
        raise invalid(f"{path}.{extra}: Extra inputs are not permitted")
    return {
        "role": role,
        "content": _parse_content(content, path, is_final_assistant(role, index, count)),
    }


def is_final_assistant(role: str, index: int, count: int) -> bool:
    """Return whether a turn is a final assistant turn, which may be empty.

    Args:
        role: The role of the turn.
        index: The index of the turn.
        count: The count of turns.
    """
    return role == "assistant" and index == count - 1


def _check_role(role: Any, path: str) -> None:
    if role == "system":
        raise invalid(
            'messages: Unexpected role "system". The Messages API accepts a top-level `system` '
            'parameter, not "system" as an input message role.'
        )
    if role not in ("user", "assistant"):
        raise invalid(f"{path}.role: Input should be 'user' or 'assistant'")


def _parse_content(content: Any, path: str, may_be_empty: bool) -> list[dict[str, Any]]:
    if isinstance(content, str):
        content = [{"type": "text", "text": content}] if content else []
    if not isinstance(content, list):
        raise invalid(f"{path}.content: Input should be a valid list")
    if not content and not may_be_empty:
        raise invalid(
            f"{path}: all messages must have non-empty content except for the optional final "
            "assistant message"
        )
    blocks = []
    for index, block in enumerate(content):
        blocks.extend(parse_block(block, f"{path}.content.{index}"))
    return blocks


def _check_last(turns: list[Any], messages: list[dict[str, Any]], *, prefill: bool) -> None:
    if turns[-1]["role"] != "assistant":
        return
    if not prefill:
        raise invalid(
            "This model does not support assistant message prefill. "
            "The conversation must end with a user message."
        )
    last = messages[-1]["content"]
    text = last[-1].get("text", "") if last else ""
    if text and text != text.rstrip():
        raise invalid("messages: final assistant content cannot end with trailing whitespace")


def _content_list(turn: Mapping[str, Any]) -> list[Any]:
    content = turn["content"]
    return content if isinstance(content, list) else []


def _parse_system(system: Any) -> list[dict[str, Any]]:
    """Return the system text as system blocks of Converse."""
    if isinstance(system, str):
        return [{"text": system}] if system else []
    blocks: list[dict[str, Any]] = []
    for index, block in enumerate(system):
        path = f"system.{index}"
        if not isinstance(block, dict) or "type" not in block:
            raise invalid(f"{path}.type: Field required")
        if block["type"] != "text":
            raise invalid(f"{path}.type: Input should be 'text'")
        if not isinstance(block.get("text"), str):
            raise invalid(f"{path}.text: Field required")
        if not block["text"]:
            raise invalid("system: text content blocks must be non-empty")
        blocks.extend(({"text": block["text"]}, *parse_cache_point(block, path)))
    return blocks


def _parse_stop_sequences(sequences: Any) -> tuple[str, ...]:
    if any(not sequence.strip() for sequence in sequences):
        raise invalid("stop_sequences: each stop sequence must contain non-whitespace")
    return tuple(sequences)


def _output_schema(body: Body) -> Mapping[str, Any] | None:
    """Return the JSON schema for the reply, or None if the body has none."""
    location = body.get("output_config", {}), "format", "output_config.format"
    if "output_format" in body:
        location = body, "output_format", "output_format"
    holder, name, path = location
    output_format = optional(holder, name, dict, path.rpartition(".")[0] or "body")
    if output_format is None:
        return None
    if output_format.get("type") != "json_schema":
        raise invalid(f"{path}.type: Input should be 'json_schema'")
    if not isinstance(output_format.get("schema"), dict):
        raise invalid(f"{path}.schema: Input should be a valid dictionary")
    output_schema: Mapping[str, Any] = output_format["schema"]
    return output_schema
