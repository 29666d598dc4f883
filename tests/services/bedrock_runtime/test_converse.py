"""Converse: what a conversation is answered with."""

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
    bedrock,
    converse,
    said,
    user,
)


@mock_ml
def test_a_text(ml: MockML) -> None:
    ml.bedrock.model("anthropic.claude-3-haiku*").reply("Hello")
    found = converse("Hi")
    assert found["output"] == {"message": {"role": "assistant", "content": [{"text": "Hello"}]}}
    assert found["stopReason"] == "end_turn"
    assert found["usage"] == {"inputTokens": 4, "outputTokens": 2, "totalTokens": 6}
    assert found["metrics"] == {"latencyMs": 224}
    assert not {"trace", "performanceConfig", "serviceTier"} & set(found)


@pytest.mark.newer_botocore
@mock_ml
def test_the_keys_come_in_alphabetical_order(ml: MockML) -> None:
    ml.bedrock.model("*").reply("Hello")
    converse("Hi", performanceConfig={"latency": "optimized"}, serviceTier={"type": "flex"})
    answer: Any = ml.calls.last.answer
    keys = list(json.loads(answer.body))
    assert keys == sorted(keys)
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.newer_botocore
@mock_ml
def test_what_was_asked_for_is_echoed() -> None:
    found = converse(
        "Hi", performanceConfig={"latency": "optimized"}, serviceTier={"type": "priority"}
    )
    assert found["performanceConfig"] == {"latency": "optimized"}
    assert found["serviceTier"] == {"type": "priority"}


@mock_ml
def test_a_tool_use(ml: MockML) -> None:
    ml.bedrock.model("*").reply(tool_use("get_weather", {"city": "Rome"}))
    found = converse("Weather?", toolConfig=WEATHER)
    (block,) = found["output"]["message"]["content"]
    assert block["toolUse"]["name"] == "get_weather"
    assert block["toolUse"]["input"] == {"city": "Rome"}
    assert block["toolUse"]["toolUseId"].startswith("tooluse_")
    assert len(block["toolUse"]["toolUseId"]) == 30
    assert found["stopReason"] == "tool_use"


@mock_ml
def test_ids_differ_from_call_to_call_and_repeat_with_the_seed() -> None:
    def idents() -> list[str]:
        with mock_ml(seed=3) as inner:
            inner.bedrock.model("*").reply(message(tool_use("a"), tool_use("b")))
            blocks = [b for _ in "12" for b in converse("?")["output"]["message"]["content"]]
            return [block["toolUse"]["toolUseId"] for block in blocks]

    first = idents()
    assert len(set(first)) == 4


def test_the_seed_decides_the_ids() -> None:
    found = []
    for _ in range(2):
        with mock_ml(seed=3) as ml:
            ml.bedrock.model("*").reply(tool_use("a"))
            (block,) = converse("?")["output"]["message"]["content"]
            found.append(block["toolUse"]["toolUseId"])
    assert found[0] == found[1]


@pytest.mark.newer_botocore
@mock_ml
def test_newer_models_name_the_type_of_a_tool_use(ml: MockML) -> None:
    ml.bedrock.model("*").reply(message("Let me see.", tool_use("f", id="x")))
    found = converse("?", model=NEW_CLAUDE)["output"]["message"]["content"]
    assert found == [
        {"text": "Let me see."},
        {"toolUse": {"toolUseId": "x", "name": "f", "input": {}, "type": "tool_use"}},
    ]


@pytest.mark.newer_botocore
@mock_ml
def test_reasoning_is_signed(ml: MockML) -> None:
    ml.bedrock.model("*").reply(message(reasoning("Hm."), "Yes."))
    thought, text = converse("?")["output"]["message"]["content"]
    inner = thought["reasoningContent"]["reasoningText"]
    assert inner["text"] == "Hm."
    assert len(inner["signature"]) == 96
    assert text == {"text": "Yes."}


@pytest.mark.newer_botocore
@mock_ml
def test_any_block_of_converse(ml: MockML) -> None:
    cited = {
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
    picture = {"image": {"format": "png", "source": {"bytes": b"png"}}}
    ml.bedrock.model("*").reply([redacted, cited, picture, reasoning("a", signature="b")])
    found = converse("?")["output"]["message"]["content"]
    assert found == [redacted, cited, picture, reasoning("a", signature="b")]


@mock_ml
def test_json_output(ml: MockML) -> None:
    ml.bedrock.model("*").reply(json_output({"city": "Zürich", "day": 3}))
    assert json.loads(said("?")) == {"city": "Zürich", "day": 3}


@pytest.mark.newer_botocore
@mock_ml
def test_a_script_may_say_counts_reason_latency_and_fields(ml: MockML) -> None:
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
def test_a_script_may_say_all_of_the_usage(ml: MockML) -> None:
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
def test_models_with_a_cache_always_say_what_it_did(ml: MockML) -> None:
    usage = converse("Hi", model=NEW_CLAUDE)["usage"]
    assert usage["cacheReadInputTokens"] == usage["cacheWriteInputTokens"] == 0
    assert "cacheReadInputTokens" not in converse("Hi", model=LLAMA)["usage"]


# -- limits ----------------------------------------------------------------------------------


@mock_ml
def test_max_tokens_cut(ml: MockML) -> None:
    ml.bedrock.model("*").reply("Twelve chars and more")
    found = converse("?", inferenceConfig={"maxTokens": 3})
    assert found["output"]["message"]["content"] == [{"text": "Twelve chars"}]
    assert found["stopReason"] == "max_tokens"
    assert found["usage"]["outputTokens"] == 3


@mock_ml
def test_what_just_fits_is_not_cut(ml: MockML) -> None:
    ml.bedrock.model("*").reply("Twelve chars")
    found = converse("?", inferenceConfig={"maxTokens": 3})
    assert found["stopReason"] == "end_turn"


@pytest.mark.newer_botocore
@mock_ml
def test_max_tokens_cut_thoughts_and_leave_out_a_tool_use_that_does_not_fit(ml: MockML) -> None:
    ml.bedrock.model("*").reply(message(reasoning("Eight ch"), "four", tool_use("get_weather")))
    cut = converse("?", inferenceConfig={"maxTokens": 1})["output"]["message"]["content"]
    assert cut == [{"reasoningContent": {"reasoningText": {"text": "Eigh"}}}]
    found = converse("?", inferenceConfig={"maxTokens": 4})
    assert [list(block) for block in found["output"]["message"]["content"]] == [
        ["reasoningContent"],
        ["text"],
    ]
    assert found["stopReason"] == "max_tokens"


@mock_ml
@pytest.mark.parametrize(("model", "text", "reason"), [(CLAUDE, "one ", "stop_sequence")])
def test_stop_sequences_stop(ml: MockML, model: str, text: str, reason: str) -> None:
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
def test_pointers_go_into_the_body_of_the_provider(ml: MockML) -> None:
    ml.bedrock.model("*").reply("Hello")
    paths = ["/usage/output_tokens", "/model", "/role"]
    asked: dict[str, Any] = {"additionalModelResponseFieldPaths": paths}
    found = converse("?", additionalModelRequestFields={"top_k": 5}, **asked)
    assert found["additionalModelResponseFields"] == {
        "model": "claude-3-haiku-20240307",
        "role": "assistant",
        "usage": {"output_tokens": 2},
    }
    asked = {"additionalModelResponseFieldPaths": ["/stop_reason", "/generation"]}
    found = converse("?", model=LLAMA, **asked)
    assert found["additionalModelResponseFields"] == {"stop_reason": "stop", "generation": "Hello"}


@mock_ml
def test_nova_ends_with_the_stop_sequence(ml: MockML) -> None:
    ml.bedrock.model("*").reply("The city of Paris is large")
    found = converse("?", model=NOVA, inferenceConfig={"stopSequences": ["Paris"]})
    assert found["output"]["message"]["content"] == [{"text": "The city of Paris"}]
    assert found["stopReason"] == "end_turn"


@mock_ml
def test_a_stop_sequence_at_the_start_leaves_nothing(ml: MockML) -> None:
    ml.bedrock.model("*").reply(message("STOP now", "later"))
    found = converse("?", inferenceConfig={"stopSequences": ["STOP"]})
    assert found["output"]["message"]["content"] == []
    assert found["stopReason"] == "stop_sequence"


# -- what isn't streamed ---------------------------------------------------------------------


@mock_ml(now=None)
def test_a_stream_is_answered_as_a_whole_and_takes_as_long(ml: MockML) -> None:
    ml.bedrock.model("*").reply(stream("It is ", "sunny").pause(2).then("."))
    before = ml.clock.now()
    found = converse("?")
    assert found["output"]["message"]["content"] == [{"text": "It is sunny."}]
    assert (ml.clock.now() - before).total_seconds() >= 2
    assert found["metrics"]["latencyMs"] == 200 + 12 * 3 + 2000


@mock_ml
def test_a_stream_that_breaks_fails_the_call(ml: MockML) -> None:
    client = bedrock()
    words = stream("It is").then_error(
        "modelStreamErrorException", "boom", originalStatusCode=500, originalMessage="x"
    )
    ml.bedrock.model("*").reply(words)
    with pytest.raises(client.exceptions.ModelErrorException, match="boom"):
        client.converse(modelId=CLAUDE, messages=[user("?")])


@mock_ml
def test_a_delay_shows_in_the_latency(ml: MockML) -> None:
    ml.bedrock.model("*").delay(1.5).reply("x")
    assert converse("?")["metrics"]["latencyMs"] == 200 + 12 + 1500


@mock_ml
def test_a_delay_alone_lets_the_default_answer(ml: MockML) -> None:
    ml.bedrock.model("*").delay(1)
    found = converse("?")
    assert "mock answer" in found["output"]["message"]["content"][0]["text"]
    assert found["metrics"]["latencyMs"] >= 1200


# -- defaults --------------------------------------------------------------------------------


@mock_ml
def test_a_default_answer_names_itself() -> None:
    assert said("Who are you?").startswith(f'This is a mock answer of {CLAUDE} to "Who are you?"')


def test_a_default_answer_depends_on_the_seed_alone() -> None:
    answers = []
    for seed in (1, 1, 2):
        with mock_ml(seed=seed):
            answers.append([said("Who are you?"), said("x" * 100)])
    assert answers[0] == answers[1] != answers[2]


@mock_ml
def test_a_tool_that_must_be_used_is_used() -> None:
    choices: list[dict[str, Any]] = [{"any": {}}, {"tool": {"name": "get_weather"}}]
    for choice in choices:
        found = converse("?", toolConfig={**WEATHER, "toolChoice": choice})
        (block,) = found["output"]["message"]["content"]
        assert block["toolUse"]["input"] == {"city": "mock"}
        assert found["stopReason"] == "tool_use"
    assert "mock answer" in said("?", toolConfig={**WEATHER, "toolChoice": {"auto": {}}})


@pytest.mark.newer_botocore
@mock_ml
def test_a_schema_that_must_be_followed_is_followed() -> None:
    schema = {
        "type": "object",
        "$defs": {"day": {"enum": ["Monday"]}},
        "properties": {
            "day": {"$ref": "#/$defs/day"},
            "count": {"type": "integer", "minimum": 3},
            "over": {"type": "number", "exclusiveMinimum": 3},
            "sure": {"type": ["boolean", "null"]},
            "none": {"type": "null"},
            "names": {"type": "array", "minItems": 2, "items": {"type": "string", "minLength": 6}},
            "either": {"anyOf": [{"const": 7}, {"type": "string"}]},
            "always": {"default": "d"},
            "open": {"properties": {}},
            "whatever": True,
        },
    }
    structure = {"jsonSchema": {"schema": json.dumps(schema), "name": "answer"}}
    config = {"textFormat": {"type": "json_schema", "structure": structure}}
    assert json.loads(said("?", outputConfig=config)) == {
        "day": "Monday",
        "count": 3,
        "over": 4,
        "sure": False,
        "none": None,
        "names": ["mockkk", "mockkk"],
        "either": 7,
        "always": "d",
        "open": {},
        "whatever": None,
    }


@pytest.mark.newer_botocore
@mock_ml
@pytest.mark.parametrize(
    ("schema", "answer"),
    [
        ({"$ref": "#/nowhere"}, None),
        ({"$ref": 5, "type": "array", "minItems": "x"}, []),
        ({"enum": 5, "anyOf": {}, "type": ["string"], "minLength": []}, "mock"),
        ({"type": "object", "properties": 5, "required": ["a", 5]}, {"a": "mock"}),
        ({"type": "object", "required": 5}, {}),
        ({"type": "number", "minimum": True}, 0),
    ],
)
def test_a_schema_that_makes_no_sense_is_answered_all_the_same(schema: Any, answer: Any) -> None:
    structure = {"jsonSchema": {"schema": json.dumps(schema)}}
    config = {"textFormat": {"type": "json_schema", "structure": structure}}
    assert json.loads(said("?", outputConfig=config)) == answer


@pytest.mark.newer_botocore
@mock_ml
def test_a_schema_without_end_ends() -> None:
    schema = {"type": "array", "minItems": 10**9, "items": {"$ref": "#"}}
    structure = {"jsonSchema": {"schema": json.dumps(schema)}}
    config = {"textFormat": {"type": "json_schema", "structure": structure}}
    assert len(json.loads(said("?", outputConfig=config))) == 256


@pytest.mark.newer_botocore
@mock_ml
def test_an_effort_alone_asks_for_no_schema() -> None:
    assert "mock answer" in said("?", outputConfig={"effort": "low"})


@mock_ml
def test_a_raw_body_serves_invoke_model_only(ml: MockML) -> None:
    ml.bedrock.model("*").reply(raw({"generation": "hi"})).optional()
    assert "mock answer" in said("?")


@mock_ml
def test_a_bearer_token_works(monkeypatch: pytest.MonkeyPatch, ml: MockML) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "secret-token")
    ml.bedrock.model("*").reply("Hello")
    assert said("Hi") == "Hello"


@mock_ml
def test_speech_to_speech_is_not_on_the_client() -> None:
    assert not hasattr(bedrock(), "invoke_model_with_bidirectional_stream")


@mock_ml
def test_a_long_conversation_costs_no_more_than_its_length(ml: MockML) -> None:
    ml.bedrock.model("*").reply("ok")
    turns = [
        m for n in range(200) for m in (user(f"turn {n}"), {**user("ok"), "role": "assistant"})
    ]
    assert converse(*turns, user("end"))["usage"]["inputTokens"] > 1000
