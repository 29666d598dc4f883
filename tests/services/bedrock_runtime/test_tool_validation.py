"""Validation of tools, tool uses and tool results, with the exact messages of AWS."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlmock import MockML, mock_ml, tool_use
from tests.services.bedrock_runtime.converse_helpers import (
    CLAUDE,
    LLAMA,
    NEW_CLAUDE,
    NOVA,
    WEATHER,
    assistant,
    converse,
    error_message,
    stream_events,
    tool_result_block,
    tool_use_block,
    user,
)

TOOL_USES = ("Hi", assistant(tool_use_block("t1"), tool_use_block("t2")))


@mock_ml
def test_tool_uses_and_results_are_accepted() -> None:
    found = converse(
        *TOOL_USES,
        user(tool_result_block("t2", "b"), tool_result_block("t1", "a")),
        toolConfig=WEATHER,
    )
    assert found["stopReason"] == "end_turn"
    continued = converse(
        *TOOL_USES,
        user(tool_result_block("t2", "b"), tool_result_block("t1")),
        "And now?",
        toolConfig=WEATHER,
    )
    assert continued["stopReason"] == "end_turn"


@mock_ml
def test_all_results_must_be_in_the_next_message() -> None:
    options = {"toolConfig": WEATHER, "model": NOVA}
    one, two = user(tool_result_block("t1", "a")), user(tool_result_block("t2", "b"))
    assert error_message(*TOOL_USES, one, two, **options) == (
        "Expected toolResult blocks at messages.2.content for the following Ids: t2"
    )
    both = user(tool_result_block("t1", "a"), tool_result_block("t2", "b"))
    assert error_message(*TOOL_USES, both, two, **options) == (
        "The number of toolResult blocks at messages.3.content exceeds the number of toolUse "
        "blocks of previous turn."
    )


@mock_ml
def test_tool_uses_and_results_in_the_wrong_role_are_rejected() -> None:
    options = {"toolConfig": WEATHER}
    prefix = "The model returned the following errors: "
    assert error_message(user("Hi", tool_use_block("t1")), **options) == (
        f"{prefix}messages.0: `tool_use` blocks can only be in `assistant` messages"
    )
    misplaced = assistant(tool_result_block("t1", "a"))
    assert error_message("Hi", misplaced, "So?", **options) == (
        f"{prefix}messages.1: `tool_result` blocks can only be in `user` messages"
    )
    assert "support the toolResult content block" in error_message(
        "Hi", misplaced, "So?", model=NOVA, **options
    )
    assert error_message("Hi", assistant("So.", tool_use_block("t1")), **options) == (
        f"{prefix}messages.1: `tool_use` ids were found without `tool_result` blocks immediately "
        "after: t1. Each `tool_use` block must have a corresponding `tool_result` block in the "
        "next message."
    )


@mock_ml
def test_json_documents_must_be_objects() -> None:
    def invalid(path: str) -> str:
        return (
            f"The format of the value at {path} is invalid. Provide a json object for the field "
            "and try again."
        )

    options = {"toolConfig": WEATHER}
    text_input = {"toolUse": {"toolUseId": "t1", "name": "f", "input": "x"}}
    assert error_message(
        "Hi", assistant("So.", text_input), user(tool_result_block("t1", "a")), **options
    ) == invalid("messages.1.content.1.toolUse.input")
    list_result = user(tool_result_block("t1", "a", {"json": [1]}))
    assert error_message("Hi", assistant(tool_use_block("t1")), list_result, **options) == invalid(
        "messages.2.content.0.toolResult.content.1.json"
    )
    text_schema = {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": "{}"}}}]}
    assert error_message("Hi", toolConfig=text_schema) == invalid(
        "toolConfig.tools.0.toolSpec.inputSchema.json"
    )
    assert error_message("Hi", additionalModelRequestFields=[1]) == invalid(
        "additionalModelRequestFields"
    )


@mock_ml
def test_tool_blocks_require_a_tool_config() -> None:
    text = "The toolConfig field must be defined when using toolUse and toolResult content blocks."
    assert error_message(*TOOL_USES, user(tool_result_block("t1", "a"))) == text


@mock_ml
def test_results_must_match_tool_uses() -> None:
    options = {"toolConfig": WEATHER}
    one = user(tool_result_block("t1", "a"))
    assert error_message(*TOOL_USES, one, **options) == (
        "Expected toolResult blocks at messages.2.content for the following Ids: t2"
    )
    assert error_message(*TOOL_USES, "no", **options) == (
        "Expected toolResult blocks at messages.2.content for the following Ids: t1, t2"
    )
    assert error_message("Hi", assistant("ok"), one, **options) == (
        "The number of toolResult blocks at messages.2.content exceeds the number of toolUse "
        "blocks of previous turn."
    )
    assert error_message(
        "Hi", assistant(tool_use_block("a"), tool_use_block("a")), "x", **options
    ) == ("The toolUse blocks at messages.1.content contain duplicate Ids: a")
    assert error_message(
        *TOOL_USES, user(tool_result_block("t1", "a"), tool_result_block("t1", "b")), **options
    ) == ("The toolResult blocks at messages.2.content contain duplicate Ids: t1")
    assert error_message(
        "Hi",
        assistant(tool_use_block("a")),
        user(tool_result_block("a", status="error")),
        **options,
    ) == (
        "The content field at messages.2.content.0.toolResult cannot be empty when status value is "
        "error."
    )


@pytest.mark.newer_botocore
@mock_ml
def test_server_tool_uses_need_no_result() -> None:
    own = {"toolUse": {"toolUseId": "s", "name": "c", "input": {}, "type": "server_tool_use"}}
    assert converse("Hi", assistant(own, "x"), "ok", toolConfig=WEATHER)["stopReason"]


@pytest.mark.newer_botocore
@mock_ml
def test_an_answer_can_be_sent_back_unchanged(ml: MockML) -> None:
    ml.bedrock.model("*").on(has_tool_result=False).reply(tool_use("get_weather", id="t1"))
    ml.bedrock.model("*").on(has_tool_result=True).reply("Sunny.")
    first = converse("Hi", model=NEW_CLAUDE, toolConfig=WEATHER)["output"]["message"]
    assert first["content"][0]["toolUse"]["type"] == "tool_use"
    again = converse(
        "Hi", first, user(tool_result_block("t1", "x")), model=NEW_CLAUDE, toolConfig=WEATHER
    )
    assert again["stopReason"] == "end_turn"


@mock_ml
def test_some_models_reject_text_next_to_tool_blocks() -> None:
    options: dict[str, Any] = {"toolConfig": WEATHER, "model": LLAMA}
    assert error_message(
        "Hi", assistant(tool_use_block("a")), user(tool_result_block("a", "x"), "y"), **options
    ) == (
        "messages.2.content: Conversation blocks and tool result blocks cannot be provided in the "
        "same turn."
    )
    assert error_message(
        "Hi", assistant("y", tool_use_block("a")), user(tool_result_block("a", "x")), **options
    ) == (
        "messages.1.content: Conversation blocks and tool use blocks cannot be provided in the "
        "same turn."
    )


@mock_ml
def test_models_without_tools_reject_them(ml: MockML) -> None:
    ml.bedrock.model(CLAUDE, tools=False)
    assert error_message("Hi", toolConfig=WEATHER) == "This model doesn't support tool use."
    ml.bedrock.model(NOVA, streaming_tools=False)
    with pytest.raises(ClientError, match="doesn't support tool use in streaming mode"):
        stream_events("Hi", model=NOVA, toolConfig=WEATHER)


@mock_ml
def test_invalid_tool_choices_are_rejected() -> None:
    config: dict[str, Any] = {**WEATHER, "toolChoice": {"tool": {"name": "other"}}}
    assert "The tool other at toolConfig.toolChoice.tool" in error_message("Hi", toolConfig=config)
    config = {**WEATHER, "toolChoice": {"any": {}}}
    assert error_message("Hi", model=LLAMA, toolConfig=config) == (
        "This model doesn't support the toolConfig.toolChoice.any field. Remove "
        "toolConfig.toolChoice.any and try again."
    )


@mock_ml
def test_tool_input_schemas_must_be_objects() -> None:
    tool = {"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "string"}}}}
    assert error_message("Hi", toolConfig={"tools": [tool]}) == (
        "The value at toolConfig.tools.0.toolSpec.inputSchema.json.type must be one of the "
        "following: object."
    )


@pytest.mark.newer_botocore
@mock_ml
def test_service_model_constraints_are_enforced() -> None:
    tool = {"toolSpec": {"name": "a tool", "inputSchema": {"json": {"type": "object"}}}}
    assert error_message("Hi", toolConfig={"tools": [tool]}) == (
        "1 validation error detected: Value 'a tool' at 'toolConfig.tools.1.member.toolSpec.name' "
        "failed to satisfy constraint: Member must satisfy regular expression pattern: "
        "[a-zA-Z0-9_-]+"
    )
