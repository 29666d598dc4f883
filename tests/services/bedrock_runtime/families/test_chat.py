"""Providers of the chat completion format: OpenAI, Qwen, Writer, Mistral, Jamba, DeepSeek."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from mlmock import MockML, message, mock_ml, reasoning, stream, tool_use
from mlmock.services.bedrock_runtime.media.images import generate_png
from tests.services.bedrock_runtime.invoke_helpers import (
    METRICS,
    invoke,
    schema_violations,
    stream_chunks,
)

GPT = "openai.gpt-oss-20b-1:0"
HI = [{"role": "user", "content": "Hi"}]
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
TOOLS = [
    {
        "type": "function",
        "function": {"name": "get_weather", "description": "Weather", "parameters": SCHEMA},
    },
    {"type": "other"},
]
MODELS = [
    *(GPT, "qwen.qwen3-32b-v1:0", "writer.palmyra-x5-v1:0", "moonshot.kimi-k2-thinking"),
    *("mistral.ministral-3-8b-instruct", "deepseek.v3-v1:0", "google.gemma-3-12b-it"),
]


@pytest.mark.parametrize("model_id", MODELS)
@mock_ml
def test_a_completion(model_id: str, ml: MockML) -> None:
    ml.bedrock.model("*").on(last_user="Hi", system="Be kind.").reply("Hello")
    found = invoke(model_id, messages=[{"role": "system", "content": "Be kind."}, *HI])
    assert list(found) == ["id", "object", "created", "model", "choices", "usage"]
    assert (found["object"], found["model"]) == ("chat.completion", model_id)
    assert found["choices"] == [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Hello"},
            "finish_reason": "stop",
        }
    ]
    usage = found["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


@mock_ml
def test_a_stream(ml: MockML) -> None:
    ml.bedrock.model("openai.*").reply(stream("Hel", "lo"))
    found = stream_chunks(GPT, messages=HI)
    assert {chunk["object"] for chunk in found} == {"chat.completion.chunk"}
    assert [chunk["choices"][0]["delta"] for chunk in found] == [
        {"role": "assistant", "content": ""},
        {"content": "Hel"},
        {"content": "lo"},
        {},
    ]
    assert [c["choices"][0]["finish_reason"] for c in found] == [None, None, None, "stop"]
    assert [METRICS in chunk for chunk in found] == [False, False, False, True]


@mock_ml
def test_tools(ml: MockML) -> None:
    model = ml.bedrock.model("openai.*")
    model.on(tools=["get_weather"], has_tool_result=False).reply(tool_use("get_weather", {"n": 1}))
    model.on(tool_result="sunny", turn=2).reply("It is sunny.")
    first = invoke(GPT, messages=HI, tools=TOOLS)["choices"][0]
    assert first["finish_reason"] == "tool_calls"
    assert first["message"]["content"] is None
    call = first["message"]["tool_calls"][0]
    assert call["id"].startswith("call_")
    assert call["type"] == "function"
    assert call["function"] == {"name": "get_weather", "arguments": '{"n": 1}'}
    result = {"role": "tool", "tool_call_id": call["id"], "content": "sunny"}
    found = invoke(GPT, messages=[*HI, first["message"], result], tools=TOOLS)
    assert found["choices"][0]["message"]["content"] == "It is sunny."


@mock_ml
def test_several_results_are_one_turn(ml: MockML) -> None:
    ml.bedrock.model("openai.*").on(tool_result="two", turn=2).reply("Both.")
    calls = [
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}},
        {"id": "b", "type": "function", "function": {"name": "f", "arguments": "no JSON"}},
        {"id": "c", "type": "function", "function": {"name": "f", "arguments": {"x": 1}}},
    ]
    turns = [
        *HI,
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "tool", "tool_call_id": "a", "content": "one"},
        {"role": "tool", "tool_call_id": "b", "content": "two"},
    ]
    assert invoke(GPT, messages=turns)["choices"][0]["message"]["content"] == "Both."


@mock_ml
def test_a_stream_of_tool_uses(ml: MockML) -> None:
    reply = message("So.", tool_use("f", {"n": 1}, id="one"), tool_use("g", id="two"))
    ml.bedrock.model("openai.*").reply(reply)
    deltas = [chunk["choices"][0]["delta"] for chunk in stream_chunks(GPT, messages=HI)]
    calls = [part for delta in deltas for part in delta.get("tool_calls", ())]
    first = {"name": "f", "arguments": ""}
    assert calls[0] == {"index": 0, "id": "one", "type": "function", "function": first}
    assert calls[1] == {"index": 0, "function": {"arguments": '{"n": 1}'}}
    assert {call["index"] for call in calls[2:]} == {1}


@pytest.mark.newer_botocore
@mock_ml
def test_open_weight_models_return_reasoning_in_the_text(ml: MockML) -> None:
    ml.bedrock.model("*").reply(message(reasoning("Hm. So."), "Yes."))
    found = invoke(GPT, messages=HI)["choices"][0]["message"]["content"]
    assert found == "<reasoning>Hm. So.</reasoning>Yes."
    chunks = stream_chunks(GPT, messages=HI)
    texts = [chunk["choices"][0]["delta"].get("content", "") for chunk in chunks]
    assert "".join(texts) == found
    others = stream_chunks(MODELS[1], messages=HI)
    assert [c["choices"][0]["delta"].get("content") for c in others] == ["", "Yes.", None]


@mock_ml
def test_limits_truncate_an_answer(ml: MockML) -> None:
    ml.bedrock.model("*").reply("one two three")
    truncated = invoke(GPT, messages=HI, max_completion_tokens=1)["choices"][0]
    assert truncated["finish_reason"] == "length"
    stopped = invoke(GPT, messages=HI, max_tokens=50, stop="two")["choices"][0]
    assert (stopped["message"]["content"], stopped["finish_reason"]) == ("one ", "stop")
    both = invoke(GPT, messages=HI, stop=["three", "two"])["choices"][0]
    assert both["message"]["content"] == "one "


@mock_ml
def test_a_required_tool_is_used() -> None:
    forced = {"type": "function", "function": {"name": "get_weather"}}
    for choice in (forced, "required"):
        found = invoke(GPT, messages=HI, tools=TOOLS, tool_choice=choice)
        call = found["choices"][0]["message"]["tool_calls"][0]
        assert call["function"] == {"name": "get_weather", "arguments": '{"n": 0}'}
    for free in ("auto", "none", {"type": "function"}):
        found = invoke(GPT, messages=HI, tools=TOOLS, tool_choice=free)
        assert found["choices"][0]["finish_reason"] == "stop"


@mock_ml
def test_the_answer_follows_an_output_schema() -> None:
    response_format = {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}
    found = invoke(GPT, messages=HI, response_format=response_format)
    assert found["choices"][0]["message"]["content"] == '{"n": 0}'
    loose = invoke(GPT, messages=HI, response_format={"type": "json_object"})
    assert "mock answer" in loose["choices"][0]["message"]["content"]


@mock_ml
def test_content_parts(ml: MockML) -> None:
    ml.bedrock.model("*").on(last_user="a\nb\nc").reply("Yes.")
    uri = f"data:image/png;base64,{base64.b64encode(generate_png('a cat', 8, 8)).decode()}"
    parts: list[Any] = [
        {"type": "text", "text": "a"},
        "b",
        {"type": "text", "text": "c"},
        {"type": "image_url", "image_url": {"url": uri}},
        {"type": "image_url", "image_url": "https://example.com/cat.png"},
        {"type": "audio"},
    ]
    found = invoke(GPT, messages=[{"role": "user", "content": parts}])
    assert found["choices"][0]["message"]["content"] == "Yes."


@mock_ml
def test_a_single_content_part_without_a_list(ml: MockML) -> None:
    ml.bedrock.model("writer.*").on(last_user="Hi").reply("Hello")
    turn = {"role": "user", "content": {"text": "Hi"}}
    found = invoke("writer.palmyra-x4-v1:0", messages=[turn])
    assert found["choices"][0]["message"]["content"] == "Hello"


@mock_ml
def test_an_unsupported_block_gives_an_empty_text(ml: MockML) -> None:
    image = {"image": {"format": "png", "source": {"bytes": b"x"}}}
    ml.bedrock.model("*").reply(message(image))
    assert invoke(GPT, messages=HI)["choices"][0]["message"]["content"] == ""


@mock_ml
def test_mistral_large_uses_stop_reason(ml: MockML) -> None:
    ml.bedrock.model("mistral.*").reply(stream("Hel", "lo"))
    model_id = "mistral.mistral-large-2407-v1:0"
    found = invoke(model_id, messages=HI)
    assert found["model"] == "mistral-large-2407"
    assert found["choices"][0]["stop_reason"] == "stop"
    chunks = stream_chunks(model_id, messages=HI)
    assert chunks[-1]["choices"] == [{"index": 0, "delta": {}, "stop_reason": "stop"}]


@mock_ml
def test_mistral_large_also_accepts_a_prompt(ml: MockML) -> None:
    ml.bedrock.model("mistral.*").on(last_user="Hi").reply("Hello")
    model_id = "mistral.mistral-large-2407-v1:0"
    found = invoke(model_id, prompt="<s>[INST] Hi [/INST]")
    assert found == {"outputs": [{"text": "Hello", "stop_reason": "stop"}]}
    chunks = stream_chunks(model_id, prompt="<s>[INST] Hi [/INST]")
    assert chunks[0] == {"outputs": [{"text": "Hello", "stop_reason": None}]}


@mock_ml
def test_palmyra_also_accepts_a_prompt(ml: MockML) -> None:
    ml.bedrock.model("writer.*").on(last_user="Hi").reply("Hello")
    model_id = "writer.palmyra-x5-v1:0"
    found = invoke(model_id, prompt="Hi", stop="x")
    assert found["object"] == "text_completion"
    assert found["choices"] == [{"index": 0, "text": "Hello", "finish_reason": "stop"}]
    choices = [chunk["choices"][0] for chunk in stream_chunks(model_id, prompt="Hi")]
    assert [(choice["text"], choice["finish_reason"]) for choice in choices] == [
        *(("Hello", None), ("", "stop"))
    ]
    assert stream_chunks(model_id, messages=HI)[1]["choices"][0]["delta"] == {"content": "Hello"}


@mock_ml
def test_jamba(ml: MockML) -> None:
    ml.bedrock.model("ai21.*").reply("Hello")
    model_id = "ai21.jamba-1-5-mini-v1:0"
    found = invoke(model_id, messages=HI, n=1)
    assert list(found) == ["id", "choices", "usage", "model"]
    assert found["model"] == "jamba-1-5-mini"
    chunks = stream_chunks(model_id, messages=HI)
    assert [list(chunk) for chunk in chunks[:-1]] == [["id", "choices"]] * 2
    assert list(chunks[-1]) == ["id", "choices", "usage", METRICS]
    assert schema_violations(model_id, messages=HI, maxTokens=5) == (
        "#: extraneous key [maxTokens] is not permitted"
    )


@pytest.mark.parametrize(
    ("body", "violations"),
    [
        ({}, "#: required key [messages] not found"),
        ({"messages": "Hi"}, "#/messages: expected type: JSONArray, found: String"),
        ({"messages": [{"content": "x"}]}, "#/messages/0: required key [role] not found"),
        (
            {"messages": [{"role": "bot", "content": "x"}]},
            "#/messages/0/role: bot is not a valid enum value",
        ),
        (
            {"messages": [{"role": "user", "content": 5}]},
            "#/messages/0/content: no subschema matched out of the total 4 subschemas",
        ),
        ({"messages": [{"role": "user"}]}, "#/messages/0: required key [content] not found"),
        (
            {"messages": [{"role": "assistant", "tool_calls": [{"id": "d"}]}]},
            "#/messages/0/tool_calls: no subschema matched out of the total 2 subschemas",
        ),
        (
            {"messages": HI, "tools": [{"type": "function"}]},
            "#/tools/0: required key [function] not found",
        ),
        (
            {"messages": HI, "tool_choice": "maybe"},
            "#/tool_choice: no subschema matched out of the total 3 subschemas",
        ),
        (
            {"messages": HI, "response_format": {}},
            "#/response_format: no subschema matched out of the total 2 subschemas",
        ),
        ({"messages": HI, "temperature": 3}, "#/temperature: 3 is not less or equal to 2"),
        ({"messages": HI, "max_tokens": 0}, "#/max_tokens: 0 is not greater or equal to 1"),
    ],
)
@mock_ml
def test_invalid_bodies(body: dict[str, Any], violations: str) -> None:
    assert schema_violations(GPT, **body) == violations
