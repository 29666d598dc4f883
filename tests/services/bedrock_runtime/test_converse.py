"""Converse: responses, limits and streams that are returned whole."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlmock import MockML, json_output, message, mock_ml, raw, reasoning, stream, tool_use
from tests.services.bedrock_runtime.converse_helpers import (
    CLAUDE,
    LLAMA,
    NEW_CLAUDE,
    NOVA,
    WEATHER,
    bedrock_client,
    converse,
    converse_text,
    user,
)


@mock_ml
def test_text_response(ml: MockML) -> None:
    ml.bedrock.model("anthropic.claude-3-haiku*").reply("Hello")
    found = converse("Hi")
    assert found["output"] == {"message": {"role": "assistant", "content": [{"text": "Hello"}]}}
    assert found["stopReason"] == "end_turn"
    assert found["usage"] == {"inputTokens": 4, "outputTokens": 2, "totalTokens": 6}
    assert found["metrics"] == {"latencyMs": 224}
    assert not {"trace", "performanceConfig", "serviceTier"} & set(found)


@pytest.mark.newer_botocore
@mock_ml
def test_response_keys_are_in_alphabetical_order(ml: MockML) -> None:
    ml.bedrock.model("*").reply("Hello")
    converse("Hi", performanceConfig={"latency": "optimized"}, serviceTier={"type": "flex"})
    answer: Any = ml.calls.last.answer
    keys = list(json.loads(answer.body))
    assert keys == sorted(keys)
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.newer_botocore
@mock_ml
def test_performance_config_and_service_tier_are_echoed() -> None:
    found = converse(
        "Hi", performanceConfig={"latency": "optimized"}, serviceTier={"type": "priority"}
    )
    assert found["performanceConfig"] == {"latency": "optimized"}
    assert found["serviceTier"] == {"type": "priority"}


@mock_ml
def test_tool_use_response(ml: MockML) -> None:
    ml.bedrock.model("*").reply(tool_use("get_weather", {"city": "Rome"}))
    found = converse("Weather?", toolConfig=WEATHER)
    (block,) = found["output"]["message"]["content"]
    assert block["toolUse"]["name"] == "get_weather"
    assert block["toolUse"]["input"] == {"city": "Rome"}
    assert block["toolUse"]["toolUseId"].startswith("tooluse_")
    assert len(block["toolUse"]["toolUseId"]) == 30
    assert found["stopReason"] == "tool_use"


@mock_ml
def test_tool_use_ids_differ_between_calls() -> None:
    def tool_use_ids() -> list[str]:
        with mock_ml(seed=3) as inner:
            inner.bedrock.model("*").reply(message(tool_use("a"), tool_use("b")))
            blocks = [b for _ in "12" for b in converse("?")["output"]["message"]["content"]]
            return [block["toolUse"]["toolUseId"] for block in blocks]

    first = tool_use_ids()
    assert len(set(first)) == 4


def test_the_same_seed_gives_the_same_tool_use_ids() -> None:
    found = []
    for _ in range(2):
        with mock_ml(seed=3) as ml:
            ml.bedrock.model("*").reply(tool_use("a"))
            (block,) = converse("?")["output"]["message"]["content"]
            found.append(block["toolUse"]["toolUseId"])
    assert found[0] == found[1]


@pytest.mark.newer_botocore
@mock_ml
def test_newer_models_return_the_type_of_a_tool_use(ml: MockML) -> None:
    ml.bedrock.model("*").reply(message("Let me see.", tool_use("f", id="x")))
    found = converse("?", model=NEW_CLAUDE)["output"]["message"]["content"]
    assert found == [
        {"text": "Let me see."},
        {"toolUse": {"toolUseId": "x", "name": "f", "input": {}, "type": "tool_use"}},
    ]


@pytest.mark.newer_botocore
@mock_ml
def test_reasoning_has_a_signature(ml: MockML) -> None:
    ml.bedrock.model("*").reply(message(reasoning("Hm."), "Yes."))
    thinking, text = converse("?")["output"]["message"]["content"]
    inner = thinking["reasoningContent"]["reasoningText"]
    assert inner["text"] == "Hm."
    assert len(inner["signature"]) == 96
    assert text == {"text": "Yes."}


@pytest.mark.newer_botocore
@mock_ml
def test_every_kind_of_content_block_can_be_an_answer(ml: MockML) -> None:
    citations = {
        "citationsContent": {
            "content": [{"text": "20 days"}],
            "citations": [
                {
                    "title": "policy",
                    "sourceContent": [{"text": "20 days"}],
                    "location": {"documentChar": {"documentIndex": 0, "start": 0, "end": 7}},
                }
            ],
        }
    }
    redacted = {"reasoningContent": {"redactedContent": b"xyz"}}
    image = {"image": {"format": "png", "source": {"bytes": b"png"}}}
    ml.bedrock.model("*").reply([redacted, citations, image, reasoning("a", signature="b")])
    found = converse("?")["output"]["message"]["content"]
    assert found == [redacted, citations, image, reasoning("a", signature="b")]


@mock_ml
def test_json_output(ml: MockML) -> None:
    ml.bedrock.model("*").reply(json_output({"city": "Zürich", "day": 3}))
    assert json.loads(converse_text("?")) == {"city": "Zürich", "day": 3}


@pytest.mark.newer_botocore
@mock_ml
def test_a_message_can_set_stop_reason_usage_latency_and_fields(ml: MockML) -> None:
    ml.bedrock.model("amazon.nova-*").reply(
        message(
            "Let me see.",
            tool_use("f", {}),
            stop_reason="malformed_tool_use",
            usage={"inputTokens": 5, "outputTokens": 7, "cacheReadInputTokens": 100},
            latency_ms=12,
            fields={"deep": {"list": [1, 2]}, "a/b": 1},
        )
    )
    found = converse(
        "?",
        model=NOVA,
        additionalModelResponseFieldPaths=["/deep/list/1", "/a~1b", "/nothing", "/stop_reason"],
    )
    assert found["stopReason"] == "malformed_tool_use"
    assert found["metrics"] == {"latencyMs": 12}
    assert found["usage"]["totalTokens"] == 112
    assert found["usage"]["cacheReadInputTokens"] == 100
    assert found["additionalModelResponseFields"] == {
        "deep": {"list": {"1": 2}},
        "a/b": 1,
        "stop_reason": "malformed_tool_use",
    }


@pytest.mark.newer_botocore
@mock_ml
def test_a_message_can_set_the_whole_usage(ml: MockML) -> None:
    usage = {
        "inputTokens": 1,
        "outputTokens": 2,
        "totalTokens": 13,
        "cacheReadInputTokens": 4,
        "cacheWriteInputTokens": 6,
        "cacheDetails": [{"ttl": "5m", "inputTokens": 6}],
    }
    ml.bedrock.model("*").reply(message("x", usage=usage))
    assert converse("?")["usage"] == usage


@pytest.mark.newer_botocore
@mock_ml
def test_models_with_prompt_caching_always_report_cache_tokens(ml: MockML) -> None:
    usage = converse("Hi", model=NEW_CLAUDE)["usage"]
    assert usage["cacheReadInputTokens"] == usage["cacheWriteInputTokens"] == 0
    assert "cacheReadInputTokens" not in converse("Hi", model=LLAMA)["usage"]


# -- limits -----------------------------------------------------------------------------------


@mock_ml
def test_max_tokens_truncates_the_answer(ml: MockML) -> None:
    ml.bedrock.model("*").reply("Twelve chars and more")
    found = converse("?", inferenceConfig={"maxTokens": 3})
    assert found["output"]["message"]["content"] == [{"text": "Twelve chars"}]
    assert found["stopReason"] == "max_tokens"
    assert found["usage"]["outputTokens"] == 3


@mock_ml
def test_an_answer_of_exactly_max_tokens_is_not_truncated(ml: MockML) -> None:
    ml.bedrock.model("*").reply("Twelve chars")
    found = converse("?", inferenceConfig={"maxTokens": 3})
    assert found["stopReason"] == "end_turn"


@pytest.mark.newer_botocore
@mock_ml
def test_max_tokens_truncates_reasoning_and_drops_a_tool_use_that_does_not_fit(ml: MockML) -> None:
    ml.bedrock.model("*").reply(message(reasoning("Eight ch"), "four", tool_use("get_weather")))
    truncated = converse("?", inferenceConfig={"maxTokens": 1})["output"]["message"]["content"]
    assert truncated == [{"reasoningContent": {"reasoningText": {"text": "Eigh"}}}]
    found = converse("?", inferenceConfig={"maxTokens": 4})
    assert [list(block) for block in found["output"]["message"]["content"]] == [
        ["reasoningContent"],
        ["text"],
    ]
    assert found["stopReason"] == "max_tokens"


@mock_ml
@pytest.mark.parametrize(("model", "text", "reason"), [(CLAUDE, "one ", "stop_sequence")])
def test_stop_sequences_end_the_answer(ml: MockML, model: str, text: str, reason: str) -> None:
    ml.bedrock.model("*").reply(message("one END two STOP three", "four"))
    found = converse(
        "?",
        model=model,
        inferenceConfig={"stopSequences": ["STOP", "END"]},
        additionalModelResponseFieldPaths=["/stop_sequence"],
    )
    assert found["output"]["message"]["content"] == [{"text": text}]
    assert found["stopReason"] == reason
    assert found["additionalModelResponseFields"] == {"stop_sequence": "END"}


@mock_ml
def test_response_field_paths_are_resolved_in_the_provider_body(ml: MockML) -> None:
    ml.bedrock.model("*").reply("Hello")
    paths = ["/usage/output_tokens", "/model", "/role"]
    options: dict[str, Any] = {"additionalModelResponseFieldPaths": paths}
    found = converse("?", additionalModelRequestFields={"top_k": 5}, **options)
    assert found["additionalModelResponseFields"] == {
        "model": "claude-3-haiku-20240307",
        "role": "assistant",
        "usage": {"output_tokens": 2},
    }
    options = {"additionalModelResponseFieldPaths": ["/stop_reason", "/generation"]}
    found = converse("?", model=LLAMA, **options)
    assert found["additionalModelResponseFields"] == {"stop_reason": "stop", "generation": "Hello"}


@mock_ml
def test_nova_keeps_the_stop_sequence_in_the_text(ml: MockML) -> None:
    ml.bedrock.model("*").reply("The city of Paris is large")
    found = converse("?", model=NOVA, inferenceConfig={"stopSequences": ["Paris"]})
    assert found["output"]["message"]["content"] == [{"text": "The city of Paris"}]
    assert found["stopReason"] == "end_turn"


@mock_ml
def test_a_stop_sequence_at_the_start_leaves_no_content(ml: MockML) -> None:
    ml.bedrock.model("*").reply(message("STOP now", "later"))
    found = converse("?", inferenceConfig={"stopSequences": ["STOP"]})
    assert found["output"]["message"]["content"] == []
    assert found["stopReason"] == "stop_sequence"


# -- streams returned whole -------------------------------------------------------------------


@mock_ml(now=None)
def test_a_stream_is_returned_whole_after_the_same_time(ml: MockML) -> None:
    ml.bedrock.model("*").reply(stream("It is ", "sunny").pause(2).then("."))
    before = ml.clock.now()
    found = converse("?")
    assert found["output"]["message"]["content"] == [{"text": "It is sunny."}]
    assert (ml.clock.now() - before).total_seconds() >= 2
    assert found["metrics"]["latencyMs"] == 200 + 12 * 3 + 2000


@mock_ml
def test_a_stream_error_fails_the_call(ml: MockML) -> None:
    client = bedrock_client()
    broken_stream = stream("It is").then_error(
        "modelStreamErrorException", "boom", originalStatusCode=500, originalMessage="x"
    )
    ml.bedrock.model("*").reply(broken_stream)
    with pytest.raises(client.exceptions.ModelErrorException, match="boom"):
        client.converse(modelId=CLAUDE, messages=[user("?")])


@mock_ml
def test_a_delay_is_added_to_the_latency(ml: MockML) -> None:
    ml.bedrock.model("*").delay(1.5).reply("x")
    assert converse("?")["metrics"]["latencyMs"] == 200 + 12 + 1500


@mock_ml
def test_a_delay_without_a_reply_returns_the_default_answer(ml: MockML) -> None:
    ml.bedrock.model("*").delay(1)
    found = converse("?")
    assert "mock answer" in found["output"]["message"]["content"][0]["text"]
    assert found["metrics"]["latencyMs"] >= 1200


@mock_ml
def test_converse_ignores_raw_bodies(ml: MockML) -> None:
    ml.bedrock.model("*").reply(raw({"generation": "hi"})).optional()
    assert "mock answer" in converse_text("?")


@mock_ml
def test_a_bearer_token_works(monkeypatch: pytest.MonkeyPatch, ml: MockML) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "secret-token")
    ml.bedrock.model("*").reply("Hello")
    assert converse_text("Hi") == "Hello"


@mock_ml
def test_boto3_has_no_bidirectional_stream_operation() -> None:
    assert not hasattr(bedrock_client(), "invoke_model_with_bidirectional_stream")


@mock_ml
def test_a_long_conversation_is_answered(ml: MockML) -> None:
    ml.bedrock.model("*").reply("ok")
    turns = [
        m for n in range(200) for m in (user(f"turn {n}"), {**user("ok"), "role": "assistant"})
    ]
    assert converse(*turns, user("end"))["usage"]["inputTokens"] > 1000
