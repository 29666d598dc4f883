"""Providers in the chat completion shape: OpenAI, Qwen, Writer, Mistral, Jamba, DeepSeek."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from mlmock import MockML, message, mock_ml, reasoning, stream, tool_use
from mlmock.services.bedrock_runtime.media.images import generate_png
from tests.services.bedrock_runtime.invoke_helpers import METRICS, invoke, malformed
from tests.services.bedrock_runtime.invoke_helpers import stream as chunks_of

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
    found = chunks_of(GPT, messages=HI)
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
    asked = invoke(GPT, messages=HI, tools=TOOLS)["choices"][0]
    assert asked["finish_reason"] == "tool_calls"
    assert asked["message"]["content"] is None
    call = asked["message"]["tool_calls"][0]
    assert call["id"].startswith("call_")
    assert call["type"] == "function"
    assert call["function"] == {"name": "get_weather", "arguments": '{"n": 1}'}
    result = {"role": "tool", "tool_call_id": call["id"], "content": "sunny"}
    found = invoke(GPT, messages=[*HI, asked["message"], result], tools=TOOLS)
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
    said = message("So.", tool_use("f", {"n": 1}, id="one"), tool_use("g", id="two"))
    ml.bedrock.model("openai.*").reply(said)
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks_of(GPT, messages=HI)]
    calls = [part for delta in deltas for part in delta.get("tool_calls", ())]
    first = {"name": "f", "arguments": ""}
    assert calls[0] == {"index": 0, "id": "one", "type": "function", "function": first}
    assert calls[1] == {"index": 0, "function": {"arguments": '{"n": 1}'}}
    assert {call["index"] for call in calls[2:]} == {1}


@pytest.mark.newer_botocore
@mock_ml
def test_reasoning_stands_in_the_text_of_the_open_weight_models(ml: MockML) -> None:
    ml.bedrock.model("*").reply(message(reasoning("Hm. So."), "Yes."))
    found = invoke(GPT, messages=HI)["choices"][0]["message"]["content"]
    assert found == "<reasoning>Hm. So.</reasoning>Yes."
    chunks = chunks_of(GPT, messages=HI)
    pieces = [chunk["choices"][0]["delta"].get("content", "") for chunk in chunks]
    assert "".join(pieces) == found
    others = chunks_of(MODELS[1], messages=HI)
    assert [c["choices"][0]["delta"].get("content") for c in others] == ["", "Yes.", None]


@mock_ml
def test_limits(ml: MockML) -> None:
    ml.bedrock.model("*").reply("one two three")
    cut = invoke(GPT, messages=HI, max_completion_tokens=1)["choices"][0]
    assert cut["finish_reason"] == "length"
    stopped = invoke(GPT, messages=HI, max_tokens=50, stop="two")["choices"][0]
    assert (stopped["message"]["content"], stopped["finish_reason"]) == ("one ", "stop")
    both = invoke(GPT, messages=HI, stop=["three", "two"])["choices"][0]
    assert both["message"]["content"] == "one "


@mock_ml
def test_a_tool_that_must_be_used() -> None:
    forced = {"type": "function", "function": {"name": "get_weather"}}
    for choice in (forced, "required"):
        found = invoke(GPT, messages=HI, tools=TOOLS, tool_choice=choice)
        call = found["choices"][0]["message"]["tool_calls"][0]
        assert call["function"] == {"name": "get_weather", "arguments": '{"n": 0}'}
    for free in ("auto", "none", {"type": "function"}):
        found = invoke(GPT, messages=HI, tools=TOOLS, tool_choice=free)
        assert found["choices"][0]["finish_reason"] == "stop"


@mock_ml
def test_a_schema_that_the_answer_is_to_fit() -> None:
    form = {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}
    found = invoke(GPT, messages=HI, response_format=form)
    assert found["choices"][0]["message"]["content"] == '{"n": 0}'
    loose = invoke(GPT, messages=HI, response_format={"type": "json_object"})
    assert "mock answer" in loose["choices"][0]["message"]["content"]


@mock_ml
def test_parts_of_a_message(ml: MockML) -> None:
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
def test_one_part_that_is_no_list(ml: MockML) -> None:
    ml.bedrock.model("writer.*").on(last_user="Hi").reply("Hello")
    turn = {"role": "user", "content": {"text": "Hi"}}
    found = invoke("writer.palmyra-x4-v1:0", messages=[turn])
    assert found["choices"][0]["message"]["content"] == "Hello"


@mock_ml
def test_nothing_but_an_unreadable_block(ml: MockML) -> None:
    picture = {"image": {"format": "png", "source": {"bytes": b"x"}}}
    ml.bedrock.model("*").reply(message(picture))
    assert invoke(GPT, messages=HI)["choices"][0]["message"]["content"] == ""


@mock_ml
def test_mistral_large_says_stop_reason(ml: MockML) -> None:
    ml.bedrock.model("mistral.*").reply(stream("Hel", "lo"))
    model_id = "mistral.mistral-large-2407-v1:0"
    found = invoke(model_id, messages=HI)
    assert found["model"] == "mistral-large-2407"
    assert found["choices"][0]["stop_reason"] == "stop"
    chunks = chunks_of(model_id, messages=HI)
    assert chunks[-1]["choices"] == [{"index": 0, "delta": {}, "stop_reason": "stop"}]


@mock_ml
def test_mistral_large_takes_a_prompt_too(ml: MockML) -> None:
    ml.bedrock.model("mistral.*").on(last_user="Hi").reply("Hello")
    model_id = "mistral.mistral-large-2407-v1:0"
    found = invoke(model_id, prompt="<s>[INST] Hi [/INST]")
    assert found == {"outputs": [{"text": "Hello", "stop_reason": "stop"}]}
    chunks = chunks_of(model_id, prompt="<s>[INST] Hi [/INST]")
    assert chunks[0] == {"outputs": [{"text": "Hello", "stop_reason": None}]}


@mock_ml
def test_palmyra_takes_a_prompt_too(ml: MockML) -> None:
    ml.bedrock.model("writer.*").on(last_user="Hi").reply("Hello")
    model_id = "writer.palmyra-x5-v1:0"
    found = invoke(model_id, prompt="Hi", stop="x")
    assert found["object"] == "text_completion"
    assert found["choices"] == [{"index": 0, "text": "Hello", "finish_reason": "stop"}]
    pieces = [chunk["choices"][0] for chunk in chunks_of(model_id, prompt="Hi")]
    assert [(piece["text"], piece["finish_reason"]) for piece in pieces] == [
        *(("Hello", None), ("", "stop"))
    ]
    assert chunks_of(model_id, messages=HI)[1]["choices"][0]["delta"] == {"content": "Hello"}


@mock_ml
def test_jamba(ml: MockML) -> None:
    ml.bedrock.model("ai21.*").reply("Hello")
    model_id = "ai21.jamba-1-5-mini-v1:0"
    found = invoke(model_id, messages=HI, n=1)
    assert list(found) == ["id", "choices", "usage", "model"]
    assert found["model"] == "jamba-1-5-mini"
    chunks = chunks_of(model_id, messages=HI)
    assert [list(chunk) for chunk in chunks[:-1]] == [["id", "choices"]] * 2
    assert list(chunks[-1]) == ["id", "choices", "usage", METRICS]
    assert malformed(model_id, messages=HI, maxTokens=5) == (
        "#: extraneous key [maxTokens] is not permitted"
    )


@pytest.mark.parametrize(
    ("body", "faults"),
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
def test_bodies_that_do_not_fit(body: dict[str, Any], faults: str) -> None:
    assert malformed(GPT, **body) == faults
