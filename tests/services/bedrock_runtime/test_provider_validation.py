"""What one provider refuses or doesn't take in a conversation, and Converse passes on."""

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
    refusal,
    result,
    streamed,
    user,
    uses,
)

RELAYED = "The model returned the following errors: "


@mock_ml
def test_the_newest_claudes_speak_last() -> None:
    assert refusal("Hi", assistant("{"), model="anthropic.claude-opus-4-6-v1") == (
        f"{RELAYED}This model does not support assistant message prefill. The conversation must "
        "end with a user message."
    )


@mock_ml
def test_one_of_temperature_and_top_p_for_newer_claudes() -> None:
    both = {"temperature": 0.5, "topP": 0.5}
    assert refusal("Hi", model=NEW_CLAUDE, inferenceConfig=both) == (
        f"{RELAYED}`temperature` and `top_p` cannot both be specified for this model. Please use "
        "only one."
    )
    mixed = {"inferenceConfig": {"temperature": 0.5}, "additionalModelRequestFields": {"top_p": 0}}
    assert "cannot both be specified" in refusal("Hi", model=NEW_CLAUDE, **mixed)
    for model in (CLAUDE, NOVA):
        assert converse("Hi", model=model, inferenceConfig=both)["stopReason"] == "end_turn"


@mock_ml
def test_thinking_has_a_budget_within_the_limit() -> None:
    def thinking(budget: int, **more: Any) -> dict[str, Any]:
        thought = {"type": "enabled", "budget_tokens": budget}
        return {"additionalModelRequestFields": {"thinking": thought}, **more}

    asked: dict[str, Any] = {"model": NEW_CLAUDE}
    assert refusal("Hi", **asked, **thinking(100)) == (
        f"{RELAYED}thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"
    )
    small = {"inferenceConfig": {"maxTokens": 1024}}
    assert "must be greater than `thinking.budget_tokens`" in refusal(
        "Hi", **asked, **thinking(2000, **small)
    )
    cold = {"inferenceConfig": {"temperature": 0.2}}
    assert "only be set to 1" in refusal("Hi", **asked, **thinking(2000, **cold))
    forced = {"toolConfig": {**WEATHER, "toolChoice": {"any": {}}}}
    assert "forces tool use" in refusal("Hi", **asked, **thinking(2000, **forced))
    assert converse("Hi", **asked, **thinking(2000))["stopReason"] == "end_turn"


@mock_ml
def test_reasoning_config_is_thinking() -> None:
    def configured(budget: int) -> dict[str, Any]:
        thought = {"type": "enabled", "budget_tokens": budget}
        return {"additionalModelRequestFields": {"reasoning_config": thought}}

    assert converse("Hi", model=NEW_CLAUDE, **configured(2000))["stopReason"] == "end_turn"
    assert "greater than or equal to 1024" in refusal("Hi", model=NEW_CLAUDE, **configured(9))


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
def test_members_that_no_body_of_the_provider_has(model: str, text: str) -> None:
    extra: dict[str, Any] = {"additionalModelRequestFields": {"reasoning": {}}}
    assert refusal("Hi", model=model, **extra) == RELAYED + text


@mock_ml
def test_members_that_a_body_of_the_provider_has() -> None:
    top_k = {"additionalModelRequestFields": {"top_k": 5}}
    assert converse("Hi", model=NEW_CLAUDE, **top_k)["stopReason"] == "end_turn"
    inner = {"additionalModelRequestFields": {"inferenceConfig": {"topK": 20}}}
    assert converse("Hi", model=NOVA, **inner)["stopReason"] == "end_turn"
    inner["additionalModelRequestFields"]["inferenceConfig"]["topK"] = 200
    assert "#/inferenceConfig/topK: 200 is not less or equal to 128" in refusal(
        "Hi", model=NOVA, **inner
    )
    assert converse("Hi", model=LLAMA, **top_k)["stopReason"] == "end_turn"


@mock_ml
def test_tools_of_claude_are_typed_and_told_apart() -> None:
    untyped = {"toolSpec": {"name": "f", "inputSchema": {"json": {"properties": {}}}}}
    assert refusal("Hi", toolConfig={"tools": [*WEATHER["tools"], untyped]}) == (
        f"{RELAYED}tools.1.custom.input_schema.type: Field required"
    )
    twice = {"tools": WEATHER["tools"] * 2}
    assert refusal("Hi", toolConfig=twice) == f"{RELAYED}tools: Tool names must be unique."
    assert converse("Hi", model=NOVA, toolConfig={"tools": [untyped]})["stopReason"] == "end_turn"


# -- what models of one provider don't take --------------------------------------------------


@pytest.mark.newer_botocore
@mock_ml
def test_media_in_s3_are_for_nova() -> None:
    document = {"name": "a", "format": "pdf", "source": {"s3Location": {"uri": "s3://box/a.pdf"}}}
    asked = user("What is it?", {"document": document})
    assert converse(asked, model=NOVA)["stopReason"] == "end_turn"
    assert refusal(asked) == (f"{RELAYED}messages.0.content.1.document.source.type: Field required")
    assert refusal(asked, model=LLAMA) == (
        "This model doesn't support the s3Uri field. Remove s3Uri and try again."
    )
    picture = {"image": {"format": "png", "source": {"s3Location": {"uri": "s3://box/a.png"}}}}
    turns = ["Draw.", assistant(uses("a")), user(result("a", picture))]
    assert refusal(*turns, toolConfig=WEATHER) == (
        f"{RELAYED}messages.2.content.0.toolResult.content.0.image.source.type: Field required"
    )


@mock_ml
def test_pictures_have_sides_of_8000_pixels_at_most() -> None:
    def shown(width: int, height: int) -> dict[str, Any]:
        head = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", width, height)
        return user("?", {"image": {"format": "png", "source": {"bytes": head}}})

    assert refusal("Hi", shown(10, 8001)) == (
        f"{RELAYED}messages.1.content.1.image.source.base64.data: At least one of the image "
        "dimensions exceed max allowed size: 8000 pixels"
    )
    assert converse(shown(8000, 8000))["stopReason"] == "end_turn"


@pytest.mark.newer_botocore
@mock_ml
def test_sounds_are_for_models_that_hear(ml: MockML) -> None:
    sound = {"audio": {"format": "mp3", "source": {"bytes": b"ID3"}}}
    assert refusal(user("What is it?", sound)) == (
        "This model doesn't support the audio content block that you provided. Update the content "
        "block and try again."
    )
    heard = converse(user("What is it?", sound), model="mistral.voxtral-small-24b-2507")
    assert heard["stopReason"] == "end_turn"
    ml.bedrock.model(CLAUDE, audios=True)
    assert converse(user("What is it?", sound))["stopReason"] == "end_turn"


@mock_ml
def test_palmyra_takes_no_status_and_streams_no_tools() -> None:
    turns = ["Hi", assistant(uses("a")), user(result("a", "sunny", status="success"))]
    palmyra: dict[str, Any] = {"model": "us.writer.palmyra-x5-v1:0", "toolConfig": WEATHER}
    assert refusal(*turns, **palmyra) == (
        "This model doesn't support the status field. Remove status and try again."
    )
    with pytest.raises(ClientError, match="doesn't support tool use in streaming mode"):
        streamed("Hi", **palmyra)


@pytest.mark.newer_botocore
@mock_ml
def test_an_identifier_that_tells_nothing_takes_everything() -> None:
    arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123def456"
    film = {"video": {"format": "mp4", "source": {"s3Location": {"uri": "s3://box/a.mp4"}}}}
    point = {"cachePoint": {"type": "default"}}
    assert converse(user("What?", film, point), model=arn)["stopReason"] == "end_turn"
