"""Provider-specific validation of conversations, as Converse reports it."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlmock import MockML, mock_ml
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

PREFIX = "The model returned the following errors: "


@mock_ml
def test_the_newest_claude_models_reject_prefill() -> None:
    assert error_message("Hi", assistant("{"), model="anthropic.claude-opus-4-6-v1") == (
        f"{PREFIX}This model does not support assistant message prefill. The conversation must "
        "end with a user message."
    )


@mock_ml
def test_newer_claude_models_reject_temperature_with_top_p() -> None:
    both = {"temperature": 0.5, "topP": 0.5}
    assert error_message("Hi", model=NEW_CLAUDE, inferenceConfig=both) == (
        f"{PREFIX}`temperature` and `top_p` cannot both be specified for this model. Please use "
        "only one."
    )
    mixed = {"inferenceConfig": {"temperature": 0.5}, "additionalModelRequestFields": {"top_p": 0}}
    assert "cannot both be specified" in error_message("Hi", model=NEW_CLAUDE, **mixed)
    for model in (CLAUDE, NOVA):
        assert converse("Hi", model=model, inferenceConfig=both)["stopReason"] == "end_turn"


@mock_ml
def test_thinking_budgets_are_validated() -> None:
    def thinking(budget: int, **options: Any) -> dict[str, Any]:
        config = {"type": "enabled", "budget_tokens": budget}
        return {"additionalModelRequestFields": {"thinking": config}, **options}

    options: dict[str, Any] = {"model": NEW_CLAUDE}
    assert error_message("Hi", **options, **thinking(100)) == (
        f"{PREFIX}thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"
    )
    small = {"inferenceConfig": {"maxTokens": 1024}}
    assert "must be greater than `thinking.budget_tokens`" in error_message(
        "Hi", **options, **thinking(2000, **small)
    )
    cold = {"inferenceConfig": {"temperature": 0.2}}
    assert "only be set to 1" in error_message("Hi", **options, **thinking(2000, **cold))
    forced = {"toolConfig": {**WEATHER, "toolChoice": {"any": {}}}}
    assert "forces tool use" in error_message("Hi", **options, **thinking(2000, **forced))
    assert converse("Hi", **options, **thinking(2000))["stopReason"] == "end_turn"


@mock_ml
def test_reasoning_config_is_validated_as_thinking() -> None:
    def configured(budget: int) -> dict[str, Any]:
        config = {"type": "enabled", "budget_tokens": budget}
        return {"additionalModelRequestFields": {"reasoning_config": config}}

    assert converse("Hi", model=NEW_CLAUDE, **configured(2000))["stopReason"] == "end_turn"
    assert "greater than or equal to 1024" in error_message("Hi", model=NEW_CLAUDE, **configured(9))


@mock_ml
@pytest.mark.parametrize(
    ("model", "text"),
    [
        (NEW_CLAUDE, "reasoning: Extra inputs are not permitted"),
        (
            CLAUDE,
            "Malformed input request: #: extraneous key [reasoning] is not permitted, please "
            "reformat your input and try again.",
        ),
        (
            NOVA,
            "Malformed input request: #: extraneous key [reasoning] is not permitted, please "
            "reformat your input and try again.",
        ),
    ],
)
def test_additional_fields_unknown_to_the_provider_are_rejected(model: str, text: str) -> None:
    extra: dict[str, Any] = {"additionalModelRequestFields": {"reasoning": {}}}
    assert error_message("Hi", model=model, **extra) == PREFIX + text


@mock_ml
def test_additional_fields_known_to_the_provider_are_accepted() -> None:
    top_k = {"additionalModelRequestFields": {"top_k": 5}}
    assert converse("Hi", model=NEW_CLAUDE, **top_k)["stopReason"] == "end_turn"
    inner = {"additionalModelRequestFields": {"inferenceConfig": {"topK": 20}}}
    assert converse("Hi", model=NOVA, **inner)["stopReason"] == "end_turn"
    inner["additionalModelRequestFields"]["inferenceConfig"]["topK"] = 200
    assert "#/inferenceConfig/topK: 200 is not less or equal to 128" in error_message(
        "Hi", model=NOVA, **inner
    )
    assert converse("Hi", model=LLAMA, **top_k)["stopReason"] == "end_turn"


@mock_ml
def test_claude_tools_need_a_type_and_unique_names() -> None:
    untyped = {"toolSpec": {"name": "f", "inputSchema": {"json": {"properties": {}}}}}
    assert error_message("Hi", toolConfig={"tools": [*WEATHER["tools"], untyped]}) == (
        f"{PREFIX}tools.1.custom.input_schema.type: Field required"
    )
    twice = {"tools": WEATHER["tools"] * 2}
    assert error_message("Hi", toolConfig=twice) == f"{PREFIX}tools: Tool names must be unique."
    assert converse("Hi", model=NOVA, toolConfig={"tools": [untyped]})["stopReason"] == "end_turn"


# -- features that not every provider supports ------------------------------------------------


@pytest.mark.newer_botocore
@mock_ml
def test_only_nova_accepts_media_in_s3() -> None:
    document = {
        "name": "a",
        "format": "pdf",
        "source": {"s3Location": {"uri": "s3://bucket/a.pdf"}},
    }
    turn = user("What is it?", {"document": document})
    assert converse(turn, model=NOVA)["stopReason"] == "end_turn"
    assert error_message(turn) == (
        f"{PREFIX}messages.0.content.1.document.source.type: Field required"
    )
    assert error_message(turn, model=LLAMA) == (
        "This model doesn't support the s3Uri field. Remove s3Uri and try again."
    )
    image = {"image": {"format": "png", "source": {"s3Location": {"uri": "s3://bucket/a.png"}}}}
    turns = ["Draw.", assistant(tool_use_block("a")), user(tool_result_block("a", image))]
    assert error_message(*turns, toolConfig=WEATHER) == (
        f"{PREFIX}messages.2.content.0.toolResult.content.0.image.source.type: Field required"
    )


@mock_ml
def test_images_are_at_most_8000_pixels_wide_and_high() -> None:
    def turn_with_image(width: int, height: int) -> dict[str, Any]:
        head = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", width, height)
        return user("?", {"image": {"format": "png", "source": {"bytes": head}}})

    assert error_message("Hi", turn_with_image(10, 8001)) == (
        f"{PREFIX}messages.1.content.1.image.source.base64.data: At least one of the image "
        "dimensions exceed max allowed size: 8000 pixels"
    )
    assert converse(turn_with_image(8000, 8000))["stopReason"] == "end_turn"


@pytest.mark.newer_botocore
@mock_ml
def test_only_audio_models_accept_audio(ml: MockML) -> None:
    audio = {"audio": {"format": "mp3", "source": {"bytes": b"ID3"}}}
    assert error_message(user("What is it?", audio)) == (
        "This model doesn't support the audio content block that you provided. Update the content "
        "block and try again."
    )
    response = converse(user("What is it?", audio), model="mistral.voxtral-small-24b-2507")
    assert response["stopReason"] == "end_turn"
    ml.bedrock.model(CLAUDE, audios=True)
    assert converse(user("What is it?", audio))["stopReason"] == "end_turn"


@mock_ml
def test_palmyra_rejects_result_status_and_streamed_tools() -> None:
    turns = [
        "Hi",
        assistant(tool_use_block("a")),
        user(tool_result_block("a", "sunny", status="success")),
    ]
    palmyra: dict[str, Any] = {"model": "us.writer.palmyra-x5-v1:0", "toolConfig": WEATHER}
    assert error_message(*turns, **palmyra) == (
        "This model doesn't support the status field. Remove status and try again."
    )
    with pytest.raises(ClientError, match="doesn't support tool use in streaming mode"):
        stream_events("Hi", **palmyra)


@pytest.mark.newer_botocore
@mock_ml
def test_an_opaque_identifier_accepts_everything() -> None:
    arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123def456"
    video = {"video": {"format": "mp4", "source": {"s3Location": {"uri": "s3://bucket/a.mp4"}}}}
    point = {"cachePoint": {"type": "default"}}
    assert converse(user("What?", video, point), model=arn)["stopReason"] == "end_turn"
