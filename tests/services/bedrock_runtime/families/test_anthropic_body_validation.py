"""Validation of Claude bodies: Bedrock checks older models, Anthropic newer ones."""

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
)
from tests.services.bedrock_runtime.invoke_helpers import error_message, schema_violations

NO_PROMPT = '#: subject must not be valid against schema {"required":["messages"]}'


@pytest.mark.parametrize(
    ("changes", "violations"),
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
def test_top_level_keys_of_older_models(changes: dict[str, Any], violations: str) -> None:
    request = body("Hi") | changes
    given = {name: value for name, value in request.items() if value is not None}
    assert schema_violations(OLD, **given) == NO_PROMPT + violations


@mock_ml
def test_neither_messages_nor_a_prompt() -> None:
    request = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 5}
    assert schema_violations(OLD, **request) == "#: required key [messages] not found"
    assert error_message(HAIKU, **request) == "messages: Field required"


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
def test_top_level_keys_of_newer_models(changes: dict[str, Any], text: str) -> None:
    request = body("Hi") | changes
    given = {name: value for name, value in request.items() if value is not None}
    assert error_message(HAIKU, **given) == text


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
def test_members_of_content_blocks(block: dict[str, Any], text: str) -> None:
    request = body("Hi") | {"messages": [{"role": "user", "content": [block]}]}
    assert text in error_message(HAIKU, **request)


@mock_ml
def test_is_error_must_be_a_boolean() -> None:
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "is_error": "yes"}
    turns = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": [USE]},
        {"role": "user", "content": [result]},
    ]
    assert error_message(HAIKU, **body("Hi") | {"messages": turns, "tools": TOOLS}) == (
        "messages.2.content.0.tool_result.is_error: Input should be a valid boolean"
    )


@mock_ml
def test_types_of_formats_and_thinking() -> None:
    for form, text in (
        ({"type": "xml"}, "output_config.format.type: Input should be 'json_schema'"),
        ({"type": "json_schema"}, "output_config.format.schema: Input should be a valid"),
        (5, "output_config.format: Input should be a valid dictionary"),
    ):
        assert text in error_message(HAIKU, **body("Hi") | {"output_config": {"format": form}})
    flat = {"output_format": {"type": "json_schema", "schema": []}}
    assert "output_format.schema: Input should" in error_message(HAIKU, **body("Hi") | flat)
    assert "thinking: Input tag 'deep' found" in error_message(
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
def test_parameter_limits(model_id: str, more: dict[str, Any], text: str) -> None:
    assert error_message(model_id, **body("Hi", **more)) == text


@mock_ml
def test_invalid_completions() -> None:
    assert error_message(OLD, prompt="\n\nHuman: Hi\n\nAssistant:", max_tokens_to_sample=5) == (
        '"claude-3-haiku-20240307" is not supported on this API. '
        "Please use the Messages API instead."
    )
    old = "anthropic.claude-v2"
    missing = schema_violations(old, prompt="Hi")
    assert missing == "#: required key [max_tokens_to_sample] not found"
    assert "must start with" in error_message(old, prompt="Hi", max_tokens_to_sample=5)
    assert "must end with" in error_message(old, prompt="\n\nHuman: Hi", max_tokens_to_sample=5)
