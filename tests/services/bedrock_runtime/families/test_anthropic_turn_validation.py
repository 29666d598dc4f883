"""Validation of Claude turns, system texts, tools and tool choices."""

from __future__ import annotations

from typing import Any

import pytest

from mlmock import mock_ml
from tests.services.bedrock_runtime.families.anthropic_helpers import (
    HAIKU,
    OLD,
    TOOLS,
    USE,
    body,
    image,
)
from tests.services.bedrock_runtime.invoke_helpers import error_message, invoke

NEW = "anthropic.claude-opus-4-6-v1"


def user(*content: Any) -> dict[str, Any]:
    """Return a user turn."""
    return {"role": "user", "content": list(content)}


SYSTEM_ROLE = (
    'messages: Unexpected role "system". The Messages API accepts a top-level `system` '
    'parameter, not "system" as an input message role.'
)
TURNS: list[tuple[Any, str]] = [
    (5, "messages.0: Input should be an object"),
    ({"content": "Hi"}, "messages.0.role: Field required"),
    ({"role": "user"}, "messages.0.content: Field required"),
    ({"role": "system", "content": "Hi"}, SYSTEM_ROLE),
    ({"role": "bot", "content": "Hi"}, "messages.0.role: Input should be 'user' or 'assistant'"),
    ({"role": "user", "content": 5}, "messages.0.content: Input should be a valid list"),
    ({"role": "user", "content": "x", "name": "y"}, "messages.0.name: Extra inputs are not"),
    (user(), "messages.0: all messages must have non-empty content except for the optional final"),
    (user(5), "messages.0.content.0: Input should be an object"),
    (user({"text": "x"}), "messages.0.content.0.type: Field required"),
    (user({"type": "note"}), "messages.0.content.0: Input tag 'note' found using 'type' does not"),
    (user({"type": "text"}), "messages.0.content.0.text.text: Field required"),
    (
        user({"type": "text", "text": 5}),
        "messages.0.content.0.text.text: Input should be a valid string",
    ),
    (user({"type": "text", "text": ""}), "messages: text content blocks must be non-empty"),
    (
        user({"type": "text", "text": "\n"}),
        "messages: text content blocks must contain non-whitespace text",
    ),
    (user({"type": "image"}), "messages.0.content.0.image.source: Field required"),
    (
        user({"type": "image", "source": {}}),
        "messages.0.content.0.image.source.type: Field required",
    ),
    (
        user({"type": "image", "source": {"type": "url", "url": "https://x"}}),
        "messages.0.content.0.image.source: Input tag 'url' found using 'type' does not match",
    ),
    (
        user(image("AAAA", "image/bmp")),
        "messages.0.content.0.image.source.base64.media_type: Input should be 'image/jpeg', ",
    ),
    (user(image("!")), "messages.0.content.0.image.source.base64.data: invalid base64 data"),
    (user(image("")), "messages.0.content.0.image.source.base64.data: image cannot be empty"),
    (user(*[image("AAAA")] * 21), "messages: too many images: image_count > 20"),
    (
        user({"type": "tool_result", "tool_use_id": "x", "content": 5}),
        "messages.0.content.0.tool_result.content: Input should be a valid list",
    ),
    (
        user({"type": "tool_result", "tool_use_id": "x"}),
        "messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: x. ",
    ),
]


@pytest.mark.parametrize(("turn", "text"), TURNS)
@mock_ml
def test_invalid_turns(turn: Any, text: str) -> None:
    assert error_message(HAIKU, **body(turn)).startswith(text)


@mock_ml
def test_at_least_one_turn_is_required() -> None:
    assert error_message(HAIKU, **body()) == "messages: at least one message is required"


@mock_ml
def test_a_tool_use_without_its_result() -> None:
    text = (
        "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: "
        "toolu_1. Each `tool_use` block must have a corresponding `tool_result` block in the next "
        "message."
    )
    assert (
        error_message(HAIKU, **body("Hi", {"role": "assistant", "content": [USE]}, "Well?")) == text
    )


@mock_ml
def test_prefill_in_the_last_turn() -> None:
    assert error_message(NEW, **body("Hi", {"role": "assistant", "content": "Of"})) == (
        "This model does not support assistant message prefill. "
        "The conversation must end with a user message."
    )
    assert error_message(OLD, **body("Hi", {"role": "assistant", "content": "Of "})) == (
        "messages: final assistant content cannot end with trailing whitespace"
    )
    assert invoke(OLD, **body("Hi", {"role": "assistant", "content": "Of"}))["content"]


@pytest.mark.parametrize(
    ("system", "text"),
    [
        ([{"text": "x"}], "system.0.type: Field required"),
        ([{"type": "image"}], "system.0.type: Input should be 'text'"),
        ([{"type": "text"}], "system.0.text: Field required"),
        ([{"type": "text", "text": ""}], "system: text content blocks must be non-empty"),
    ],
)
@mock_ml
def test_invalid_system(system: Any, text: str) -> None:
    assert error_message(HAIKU, **body("Hi", system=system)) == text


def tool(**changes: Any) -> dict[str, Any]:
    """Return a tool with changes; a value of None removes the member."""
    changed = TOOLS[0] | changes
    return {name: value for name, value in changed.items() if value is not None}


@pytest.mark.parametrize(
    ("tools", "text"),
    [
        ([5], "tools.0: Input should be an object"),
        ([tool(name=None)], "tools.0.custom.name: Field required"),
        ([tool(input_schema=None)], "tools.0.custom.input_schema: Field required"),
        ([tool(input_schema=5)], "tools.0.custom.input_schema: Input should be an object"),
        ([tool(input_schema={})], "tools.0.custom.input_schema.type: Field required"),
        (
            [tool(input_schema={"type": "string"})],
            "tools.0.custom.input_schema.type: Input should be 'object'",
        ),
        (
            [tool(name="a b")],
            "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
        ),
        ([tool(), tool(description="again")], "tools: Tool names must be unique."),
        (
            [{"type": "web_search_20250305", "name": "x"}],
            "tools.0: Input tag 'web_search_20250305'",
        ),
        ([{"type": "bash_20250124"}], "tools.0.bash_20250124.name: Field required"),
    ],
)
@mock_ml
def test_invalid_tools(tools: Any, text: str) -> None:
    assert error_message(HAIKU, **body("Hi", tools=tools)).startswith(text)


@pytest.mark.parametrize(
    ("choice", "tools", "text"),
    [
        ({"type": "some"}, TOOLS, "tool_choice: Input tag 'some' found using 'type' does not"),
        ({"type": "any"}, [], "tool_choice may only be specified while providing tools."),
        ({"type": "tool"}, TOOLS, "tool_choice.tool.name: Field required"),
        ({"type": "tool", "name": "x"}, TOOLS, "Tool 'x' not found in provided tools"),
    ],
)
@mock_ml
def test_invalid_tool_choices(choice: Any, tools: Any, text: str) -> None:
    assert error_message(HAIKU, **body("Hi", tools=tools, tool_choice=choice)).startswith(text)


@mock_ml
def test_tool_uses_and_results_in_the_wrong_role() -> None:
    hi = {"role": "user", "content": "Hi"}
    result = {"type": "tool_result", "tool_use_id": "toolu_1"}

    def error_for(*turns: Any) -> str:
        return error_message(HAIKU, **body("Hi") | {"messages": list(turns), "tools": TOOLS})

    assert error_for({"role": "user", "content": [USE]}) == (
        "messages.0: `tool_use` blocks can only be in `assistant` messages"
    )
    assert error_for(hi, {"role": "assistant", "content": [result]}, hi) == (
        "messages.1: `tool_result` blocks can only be in `user` messages"
    )
    assert "messages.1: `tool_use` ids were found without `tool_result`" in error_for(
        hi, {"role": "assistant", "content": [USE]}
    )
