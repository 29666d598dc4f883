"""A Messages body, checked in Anthropic's words and read into Converse's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlmock.services.bedrock_runtime.conversation.requests import Conversation, joined_text
from mlmock.services.bedrock_runtime.errors import invalid
from mlmock.services.bedrock_runtime.families.anthropic.content_blocks import (
    block_of,
    cache_point,
    optional,
    source_image,
)
from mlmock.services.bedrock_runtime.families.anthropic.tools import (
    check_pairs,
    choice_of,
    tools_of,
)
from mlmock.services.bedrock_runtime.families.base import Body

_MOST_IMAGES = 20


def read(body: Body, model_id: str, *, prefill: bool) -> Conversation:
    """Return the conversation of a body whose top level fits; ServiceError for what is deeper."""
    turns = body["messages"]
    if not turns:
        raise invalid("messages: at least one message is required")
    read_turns = [_turn(turn, place, len(turns)) for place, turn in enumerate(turns)]
    _check_last(turns, read_turns, prefill=prefill)
    check_pairs(turns)
    if sum(source_image(b) for turn in turns for b in _blocks(turn)) > _MOST_IMAGES:
        raise invalid(f"messages: too many images: image_count > {_MOST_IMAGES}")
    tools, system = tools_of(body.get("tools", ())), _system(body.get("system", ""))
    return Conversation(
        model_id=model_id,
        messages=read_turns,
        system=joined_text(system),
        tools=tools,
        tool_choice=choice_of(body.get("tool_choice"), tools),
        max_tokens=body["max_tokens"],
        temperature=body.get("temperature"),
        top_p=body.get("top_p"),
        stop_sequences=_stops(body.get("stop_sequences", ())),
        schema=_schema(body),
        extra={"thinking": body["thinking"]} if "thinking" in body else {},
        system_blocks=system,
    )


def _turn(turn: Any, place: int, count: int) -> dict[str, Any]:
    at = f"messages.{place}"
    if not isinstance(turn, dict):
        raise invalid(f"{at}: Input should be an object")
    for name in ("role", "content"):
        if name not in turn:
            raise invalid(f"{at}.{name}: Field required")
    role, content = turn["role"], turn["content"]
    _check_role(role, at)
    extra = next((name for name in turn if name not in ("role", "content")), None)
    if extra is not None:
        raise invalid(f"{at}.{extra}: Extra inputs are not permitted")
    return {"role": role, "content": _content(content, at, is_last_answer(role, place, count))}


def is_last_answer(role: str, place: int, count: int) -> bool:
    """True for the last turn if it is the assistant's: that one may be empty."""
    return role == "assistant" and place == count - 1


def _check_role(role: Any, at: str) -> None:
    if role == "system":
        raise invalid(
            'messages: Unexpected role "system". The Messages API accepts a top-level `system` '
            'parameter, not "system" as an input message role.'
        )
    if role not in ("user", "assistant"):
        raise invalid(f"{at}.role: Input should be 'user' or 'assistant'")


def _content(content: Any, at: str, may_be_empty: bool) -> list[dict[str, Any]]:
    if isinstance(content, str):
        content = [{"type": "text", "text": content}] if content else []
    if not isinstance(content, list):
        raise invalid(f"{at}.content: Input should be a valid list")
    if not content and not may_be_empty:
        raise invalid(
            f"{at}: all messages must have non-empty content except for the optional final "
            "assistant message"
        )
    found = []
    for place, block in enumerate(content):
        found.extend(block_of(block, f"{at}.content.{place}"))
    return found


def _check_last(turns: list[Any], read_turns: list[dict[str, Any]], *, prefill: bool) -> None:
    if turns[-1]["role"] != "assistant":
        return
    if not prefill:
        raise invalid(
            "This model does not support assistant message prefill. "
            "The conversation must end with a user message."
        )
    last = read_turns[-1]["content"]
    text = last[-1].get("text", "") if last else ""
    if text and text != text.rstrip():
        raise invalid("messages: final assistant content cannot end with trailing whitespace")


def _blocks(turn: Mapping[str, Any]) -> list[Any]:
    content = turn["content"]
    return content if isinstance(content, list) else []


def _system(system: Any) -> list[dict[str, Any]]:
    """Return the system text in Converse's blocks."""
    if isinstance(system, str):
        return [{"text": system}] if system else []
    found: list[dict[str, Any]] = []
    for place, block in enumerate(system):
        at = f"system.{place}"
        if not isinstance(block, dict) or "type" not in block:
            raise invalid(f"{at}.type: Field required")
        if block["type"] != "text":
            raise invalid(f"{at}.type: Input should be 'text'")
        if not isinstance(block.get("text"), str):
            raise invalid(f"{at}.text: Field required")
        if not block["text"]:
            raise invalid("system: text content blocks must be non-empty")
        found.extend(({"text": block["text"]}, *cache_point(block, at)))
    return found


def _stops(sequences: Any) -> tuple[str, ...]:
    if any(not sequence.strip() for sequence in sequences):
        raise invalid("stop_sequences: each stop sequence must contain non-whitespace")
    return tuple(sequences)


def _schema(body: Body) -> Mapping[str, Any] | None:
    """Return the schema that the answer is to fit, where the body asks for one."""
    given = body.get("output_config", {}), "format", "output_config.format"
    if "output_format" in body:
        given = body, "output_format", "output_format"
    holder, name, at = given
    form = optional(holder, name, dict, at.rpartition(".")[0] or "body")
    if form is None:
        return None
    if form.get("type") != "json_schema":
        raise invalid(f"{at}.type: Input should be 'json_schema'")
    if not isinstance(form.get("schema"), dict):
        raise invalid(f"{at}.schema: Input should be a valid dictionary")
    found: Mapping[str, Any] = form["schema"]
    return found
