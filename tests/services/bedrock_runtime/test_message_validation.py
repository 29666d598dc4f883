"""Validation of messages and parameters, with the exact messages of AWS."""

from __future__ import annotations

import pytest

from mlmock import MockML, mock_ml
from tests.services.bedrock_runtime.converse_helpers import (
    CLAUDE,
    NEW_CLAUDE,
    NOVA,
    assistant,
    converse,
    error_message,
    user,
)

BLANK = (
    "The text field in the ContentBlock object at messages.{}.content.{} is blank. Add text to "
    "the text field, and try again."
)


@mock_ml
def test_a_conversation_needs_a_message() -> None:
    assert error_message() == "The input is missing a user message."


@mock_ml
def test_conversations_start_and_end_with_a_user_message() -> None:
    assert error_message(assistant("Hi"), "Hi", model=NOVA) == (
        "A conversation must start with a user message. Try again with a conversation that starts "
        "with a user message."
    )
    assert error_message("Hi", assistant("Hi"), model=NOVA) == (
        "The model that you are using requires the last turn in the conversation to be a user "
        "message. Add a user message to the conversation and try again."
    )
    assert converse(assistant("Hi"), "Hi", assistant("{"))["stopReason"] == "end_turn"


@mock_ml
def test_consecutive_turns_of_one_role_are_allowed_unless_declared_alternating(ml: MockML) -> None:
    assert converse("one", "two")["stopReason"] == "end_turn"
    ml.bedrock.model(CLAUDE, alternating=True)
    assert error_message("one", "two") == (
        "A conversation must alternate between user and assistant roles. Make sure the "
        "conversation alternates between user and assistant roles and try again."
    )


@mock_ml
def test_other_roles_are_rejected() -> None:
    assert error_message("Hi", {"role": "system", "content": [{"text": "x"}]}, "Hi") == (
        "1 validation error detected: Value 'system' at 'messages.2.member.role' failed to satisfy "
        "constraint: Member must satisfy enum value set: [user, assistant]"
    )


@mock_ml
def test_blank_texts_are_rejected() -> None:
    assert error_message("") == BLANK.format(0, 0)
    assert error_message("Hi", assistant("Hi"), user("x", " \n")) == BLANK.format(2, 1)
    assert error_message("", model=NEW_CLAUDE) == BLANK.format(0, 0)
    assert converse("\n", model=NEW_CLAUDE)["stopReason"] == "end_turn"


@mock_ml
def test_empty_messages_are_rejected() -> None:
    assert error_message("Hi", user()) == (
        "The content field in the Message object at messages.1 is empty. Add a ContentBlock object "
        "to the content field and try again."
    )


@mock_ml
def test_models_without_system_messages_reject_them() -> None:
    model = "amazon.titan-text-express-v1"
    assert error_message("Hi", model=model, system=[{"text": "Be brief."}]) == (
        "This model doesn't support system messages. Try again without a system message or use a "
        "model that supports system messages."
    )
    assert converse("Hi", model=model, system=[], inferenceConfig={})["stopReason"] == "end_turn"


@mock_ml
def test_max_tokens_above_the_model_limit_are_rejected(ml: MockML) -> None:
    assert error_message("Hi", inferenceConfig={"maxTokens": 4097}) == (
        "The maximum tokens you requested exceeds the model limit of 4096. Try again with a "
        "maximum tokens value that is lower than 4096."
    )
    assert converse("Hi", inferenceConfig={"maxTokens": 4096})["stopReason"] == "end_turn"
    ml.bedrock.model(CLAUDE, max_tokens=10)
    assert "limit of 10" in error_message("Hi", inferenceConfig={"maxTokens": 11})


@mock_ml
def test_input_that_is_too_long_is_rejected(ml: MockML) -> None:
    ml.bedrock.model(CLAUDE, input_tokens=100)
    assert error_message("x" * 400) == "Input is too long for requested model."


@mock_ml
def test_response_field_paths_must_be_json_pointers() -> None:
    paths = ["stop_sequence"]
    assert error_message("Hi", additionalModelResponseFieldPaths=paths) == (
        "The additionalModelResponseFieldPaths value stop_sequence isn't a valid JSON Pointer. "
        "Correct the value and try again."
    )


@pytest.mark.newer_botocore
@mock_ml
def test_output_schemas_must_be_json() -> None:
    for text in ("{", "[]"):
        structure = {"jsonSchema": {"schema": text}}
        config = {"textFormat": {"type": "json_schema", "structure": structure}}
        assert "isn't a JSON schema" in error_message("Hi", outputConfig=config)


@mock_ml
def test_inference_config_is_rejected_with_a_prompt() -> None:
    prompt = "arn:aws:bedrock:us-east-1:123456789012:prompt/ABCDEFGHIJ:1"
    assert converse(model=prompt, promptVariables={"city": {"text": "Rome"}})["stopReason"]
    assert error_message("Hi", model=prompt, inferenceConfig={"maxTokens": 1}) == (
        "The inferenceConfig field can't be used with a prompt. Remove inferenceConfig and try "
        "again."
    )
