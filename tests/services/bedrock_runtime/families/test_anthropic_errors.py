"""What Claude refuses, and how: Bedrock's schema for the top of a body, Anthropic's words below."""

from __future__ import annotations

from typing import Any

import pytest

from mlmock import mock_ml
from tests.services.bedrock_runtime.families.test_anthropic import HAIKU, OLD, TOOLS, body, image
from tests.services.bedrock_runtime.invoke_helpers import invoke, malformed, refusal

NEW = "anthropic.claude-opus-4-6-v1"
USE = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}}


NO_PROMPT = '#: subject must not be valid against schema {"required":["messages"]}'


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"max_tokens": None}, "#: required key [max_tokens] not found"),
        ({"anthropic_version": None}, "#: required key [anthropic_version] not found"),
        ({"stream": True}, "#: extraneous key [stream] is not permitted"),
        ({"stop_sequences": "x"}, "#/stop_sequences: expected type: JSONArray, found: String"),
        (
            {"anthropic_version": "2023-06-01"},
            "#/anthropic_version: 2023-06-01 is not a valid enum value",
        ),
    ],
)
@mock_ml
def test_keys_of_the_body(changes: dict[str, Any], faults: str) -> None:
    made = body("Hi") | changes
    sent = {name: value for name, value in made.items() if value is not None}
    assert malformed(OLD, **sent) == NO_PROMPT + faults


@mock_ml
def test_neither_messages_nor_a_prompt() -> None:
    asked = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 5}
    assert malformed(OLD, **asked) == "#: required key [messages] not found"
    assert refusal(HAIKU, **asked) == "messages: Field required"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"max_tokens": None}, "max_tokens: Field required"),
        ({"anthropic_version": None}, "anthropic_version: Field required"),
        ({"max_tokens_to_sample": 5}, "max_tokens_to_sample: Extra inputs are not permitted"),
        ({"max_tokens": None, "temperature": "x", "n": 1}, "max_tokens: Field required"),
        ({"temperature": "x", "n": 1}, "temperature: Input should be a valid number"),
        ({"stop_sequences": [1]}, "stop_sequences.0: Input should be a valid string"),
        ({"system": 1}, "system: Input should be a valid string"),
        ({"tool_choice": {}}, "tool_choice.type: Field required"),
        (
            {"anthropic_version": "2023-06-01"},
            "anthropic_version: Input should be 'bedrock-2023-05-31'",
        ),
    ],
)
@mock_ml
def test_keys_of_the_body_of_newer_models(changes: dict[str, Any], text: str) -> None:
    made = body("Hi") | changes
    sent = {name: value for name, value in made.items() if value is not None}
    assert refusal(HAIKU, **sent) == text


@pytest.mark.parametrize(
    ("block", "text"),
    [
        ({"type": "text", "text": "x", "cache_control": 1}, "cache_control: Input should be an"),
        (
            {"type": "text", "text": "x", "cache_control": {"type": "forever"}},
            "messages.0.content.0.text.cache_control.type: Input should be 'ephemeral'",
        ),
        (
            {"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "ttl": "2h"}},
            "messages.0.content.0.text.cache_control.ephemeral.ttl: Input should be '5m' or '1h'",
        ),
        (
            {
                "type": "document",
                "source": {"type": "base64", "media_type": "text/html", "data": "AAE="},
            },
            "messages.0.content.0.document.source.base64.media_type: Input should be "
            "'application/pdf'",
        ),
        (
            {"type": "document", "title": 5, "source": {"type": "text", "data": "x"}},
            "messages.0.content.0.document.title: Input should be a valid string",
        ),
        (
            {"type": "document", "source": {"type": "content", "content": [5]}},
            "messages.0.content.0.document.source.content.content.0: Input should be an object",
        ),
        (
            {"type": "document", "source": {"type": "content", "content": [{"type": "text"}]}},
            "messages.0.content.0.document.source.content.content.0.text.text: Field required",
        ),
    ],
)
@mock_ml
def test_members_of_blocks(block: dict[str, Any], text: str) -> None:
    asked = body("Hi") | {"messages": [{"role": "user", "content": [block]}]}
    assert text in refusal(HAIKU, **asked)


@mock_ml
def test_whether_a_result_is_an_error_is_yes_or_no() -> None:
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "is_error": "yes"}
    turns = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": [USE]},
        {"role": "user", "content": [result]},
    ]
    assert refusal(HAIKU, **body("Hi") | {"messages": turns, "tools": TOOLS}) == (
        "messages.2.content.0.tool_result.is_error: Input should be a valid boolean"
    )


@mock_ml
def test_formats_and_thinking_have_kinds() -> None:
    for form, text in (
        ({"type": "xml"}, "output_config.format.type: Input should be 'json_schema'"),
        ({"type": "json_schema"}, "output_config.format.schema: Input should be a valid"),
        (5, "output_config.format: Input should be a valid dictionary"),
    ):
        assert text in refusal(HAIKU, **body("Hi") | {"output_config": {"format": form}})
    flat = {"output_format": {"type": "json_schema", "schema": []}}
    assert "output_format.schema: Input should" in refusal(HAIKU, **body("Hi") | flat)
    assert "thinking: Input tag 'deep' found" in refusal(
        HAIKU, **body("Hi") | {"thinking": {"type": "deep"}}
    )


LIMITS: list[tuple[str, dict[str, Any], str]] = [
    (OLD, {"max_tokens": 0}, "max_tokens: Input should be greater than or equal to 1"),
    (
        OLD,
        {"max_tokens": 5000},
        "max_tokens: 5000 > 4096, which is the maximum allowed number of output tokens for "
        "claude-3-haiku-20240307",
    ),
    (OLD, {"temperature": 1.5}, "temperature: Input should be less than or equal to 1"),
    (OLD, {"top_p": -1}, "top_p: Input should be greater than or equal to 0"),
    (
        HAIKU,
        {"temperature": 0.5, "top_p": 0.5},
        "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
    ),
    (
        HAIKU,
        {"thinking": {"type": "enabled"}},
        "thinking.enabled.budget_tokens: Field required",
    ),
    (
        HAIKU,
        {"thinking": {"type": "enabled", "budget_tokens": "x"}},
        "thinking.enabled.budget_tokens: Input should be a valid integer",
    ),
    (
        HAIKU,
        {"thinking": {"type": "enabled", "budget_tokens": 10}},
        "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
    ),
    (
        HAIKU,
        {"thinking": {"type": "enabled", "budget_tokens": 1024}},
        "`max_tokens` must be greater than `thinking.budget_tokens`.",
    ),
    (
        HAIKU,
        {"thinking": {"type": "adaptive"}, "temperature": 0},
        "`temperature` may only be set to 1 when thinking is enabled.",
    ),
    (
        HAIKU,
        {"thinking": {"type": "adaptive"}, "tools": TOOLS, "tool_choice": {"type": "any"}},
        "Thinking may not be enabled when tool_choice forces tool use.",
    ),
    (
        HAIKU,
        {"stop_sequences": [" "]},
        "stop_sequences: each stop sequence must contain non-whitespace",
    ),
]


@pytest.mark.parametrize(("model_id", "more", "text"), LIMITS)
@mock_ml
def test_limits(model_id: str, more: dict[str, Any], text: str) -> None:
    assert refusal(model_id, **body("Hi", **more)) == text


def user(*content: Any) -> dict[str, Any]:
    """Return a turn of the user."""
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
    (user({"type": "film"}), "messages.0.content.0: Input tag 'film' found using 'type' does not"),
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
def test_turns(turn: Any, text: str) -> None:
    assert refusal(HAIKU, **body(turn)).startswith(text)


@mock_ml
def test_no_turns_at_all() -> None:
    assert refusal(HAIKU, **body()) == "messages: at least one message is required"


@mock_ml
def test_a_tool_use_without_its_result() -> None:
    text = (
        "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: "
        "toolu_1. Each `tool_use` block must have a corresponding `tool_result` block in the next "
        "message."
    )
    assert refusal(HAIKU, **body("Hi", {"role": "assistant", "content": [USE]}, "Well?")) == text


@mock_ml
def test_the_last_turn() -> None:
    assert refusal(NEW, **body("Hi", {"role": "assistant", "content": "Of"})) == (
        "This model does not support assistant message prefill. "
        "The conversation must end with a user message."
    )
    assert refusal(OLD, **body("Hi", {"role": "assistant", "content": "Of "})) == (
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
def test_system(system: Any, text: str) -> None:
    assert refusal(HAIKU, **body("Hi", system=system)) == text


def tool(**changes: Any) -> dict[str, Any]:
    """Return a tool with changes; a value of None takes the member away."""
    made = TOOLS[0] | changes
    return {name: value for name, value in made.items() if value is not None}


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
def test_tools(tools: Any, text: str) -> None:
    assert refusal(HAIKU, **body("Hi", tools=tools)).startswith(text)


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
def test_tool_choice(choice: Any, tools: Any, text: str) -> None:
    assert refusal(HAIKU, **body("Hi", tools=tools, tool_choice=choice)).startswith(text)


@mock_ml
def test_completions() -> None:
    assert refusal(OLD, prompt="\n\nHuman: Hi\n\nAssistant:", max_tokens_to_sample=5) == (
        '"claude-3-haiku-20240307" is not supported on this API. '
        "Please use the Messages API instead."
    )
    old = "anthropic.claude-v2"
    missing = malformed(old, prompt="Hi")
    assert missing == "#: required key [max_tokens_to_sample] not found"
    assert "must start with" in refusal(old, prompt="Hi", max_tokens_to_sample=5)
    assert "must end with" in refusal(old, prompt="\n\nHuman: Hi", max_tokens_to_sample=5)


@mock_ml
def test_tools_are_asked_by_one_side_and_answered_by_the_other() -> None:
    hi = {"role": "user", "content": "Hi"}
    result = {"type": "tool_result", "tool_use_id": "toolu_1"}

    def refused(*turns: Any) -> str:
        return refusal(HAIKU, **body("Hi") | {"messages": list(turns), "tools": TOOLS})

    assert refused({"role": "user", "content": [USE]}) == (
        "messages.0: `tool_use` blocks can only be in `assistant` messages"
    )
    assert refused(hi, {"role": "assistant", "content": [result]}, hi) == (
        "messages.1: `tool_result` blocks can only be in `user` messages"
    )
    assert "messages.1: `tool_use` ids were found without `tool_result`" in refused(
        hi, {"role": "assistant", "content": [USE]}
    )
