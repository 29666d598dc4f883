"""Nova through InvokeModel: bodies similar to Converse, one stream block per text."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from mlmock import MockML, message, mock_ml, reasoning, stream, tool_use
from tests.services.bedrock_runtime.invoke_helpers import (
    METRICS,
    error_message,
    invoke,
    schema_violations,
    stream_chunks,
)

LITE = "amazon.nova-lite-v1:0"
TOOLS = {"tools": [{"toolSpec": {"name": "get_weather", "inputSchema": {"json": {}}}}]}


def user(*content: dict[str, Any]) -> dict[str, Any]:
    """Return a user turn."""
    return {"role": "user", "content": list(content)}


HI = [user({"text": "Hi"})]


@mock_ml
def test_a_message(ml: MockML) -> None:
    ml.bedrock.model("amazon.nova-*").on(last_user="Hi", system="Be kind.").reply("Hello")
    config = {"max_new_tokens": 50, "temperature": 0.1, "topP": 0.9, "topK": 20}
    system = [{"text": "Be kind."}]
    found = invoke(
        LITE, schemaVersion="messages-v1", messages=HI, system=system, inferenceConfig=config
    )
    assert list(found) == ["output", "stopReason", "usage"]
    assert found["output"] == {"message": {"content": [{"text": "Hello"}], "role": "assistant"}}
    assert found["stopReason"] == "end_turn"
    assert list(found["usage"]) == [
        *("inputTokens", "outputTokens", "totalTokens"),
        *("cacheReadInputTokenCount", "cacheWriteInputTokenCount"),
    ]


@mock_ml
def test_an_empty_system_text_is_ignored(ml: MockML) -> None:
    ml.bedrock.model("amazon.nova-*").on(system="").reply("Hello")
    found = invoke(LITE, messages=HI, system=[{"text": ""}])
    assert found["output"]["message"]["content"] == [{"text": "Hello"}]


@mock_ml
def test_every_text_of_a_stream_has_its_own_block(ml: MockML) -> None:
    ml.bedrock.model("amazon.nova-*").reply(stream("Hel", "lo"))
    found = stream_chunks(LITE, messages=HI)
    assert found[:-1] == [
        {"messageStart": {"role": "assistant"}},
        {"contentBlockDelta": {"delta": {"text": "Hel"}, "contentBlockIndex": 0}},
        {"contentBlockStop": {"contentBlockIndex": 0}},
        {"contentBlockDelta": {"delta": {"text": "lo"}, "contentBlockIndex": 1}},
        {"contentBlockStop": {"contentBlockIndex": 1}},
        {"messageStop": {"stopReason": "end_turn"}},
    ]
    assert found[-1]["metadata"]["usage"]["outputTokens"] == 2
    assert (found[-1]["metadata"]["metrics"], found[-1]["metadata"]["trace"]) == ({}, {})
    assert found[-1][METRICS]["outputTokenCount"] == 2


@mock_ml
def test_a_tool_use_has_a_uuid(ml: MockML) -> None:
    ml.bedrock.model("amazon.nova-*").reply(message("So.", tool_use("get_weather", {"c": "Rome"})))
    found = invoke(LITE, messages=HI, toolConfig=TOOLS)
    use = found["output"]["message"]["content"][1]["toolUse"]
    assert uuid.UUID(use["toolUseId"]).version == 4
    assert (use["name"], use["input"], found["stopReason"]) == (
        *("get_weather", {"c": "Rome"}),
        "tool_use",
    )


@mock_ml
def test_a_stream_of_a_tool_use(ml: MockML) -> None:
    model = ml.bedrock.model("amazon.nova-*")
    model.reply(message("So.", tool_use("get_weather", {"c": "Rome"}, id="mine")))
    found = stream_chunks(LITE, messages=HI, toolConfig=TOOLS)
    start = {"toolUse": {"toolUseId": "mine", "name": "get_weather"}}
    delta = {"toolUse": {"input": '{"c": "Rome"}'}}
    assert found[3:6] == [
        {"contentBlockStart": {"start": start, "contentBlockIndex": 1}},
        {"contentBlockDelta": {"delta": delta, "contentBlockIndex": 1}},
        {"contentBlockStop": {"contentBlockIndex": 1}},
    ]


@pytest.mark.newer_botocore
@mock_ml
def test_reasoning(ml: MockML) -> None:
    hidden = {"reasoningContent": {"redactedContent": b"\x00\x01"}}
    ml.bedrock.model("amazon.nova-*").reply(message(reasoning("Hm.", signature="s"), hidden, "Go"))
    blocks = invoke("amazon.nova-2-lite-v1:0", messages=HI)["output"]["message"]["content"]
    text = {"reasoningText": {"signature": "s", "text": "Hm."}}
    assert blocks[0] == {"reasoningContent": text}
    assert blocks[1] == {"reasoningContent": {"redactedContent": "AAE="}}
    assert blocks[2] == {"text": "Go"}
    found = stream_chunks(LITE, messages=HI)
    assert found[1]["contentBlockDelta"]["delta"] == {"reasoningContent": {"text": "Hm."}}


@mock_ml
def test_an_image_in_the_answer(ml: MockML) -> None:
    image = {"image": {"format": "png", "source": {"bytes": b"\x00\x01"}}}
    ml.bedrock.model("amazon.nova-*").reply(message(image))
    written = {"format": "png", "source": {"bytes": "AAE="}}
    assert invoke(LITE, messages=HI)["output"]["message"]["content"] == [{"image": written}]
    kinds = [next(iter(chunk)) for chunk in stream_chunks(LITE, messages=HI)]
    assert kinds[1:4] == ["contentBlockStart", "contentBlockDelta", "contentBlockStop"]


@mock_ml
def test_tool_results_and_media_are_accepted(ml: MockML) -> None:
    ml.bedrock.model("amazon.nova-*").on(tool_result={"sky": "blue"}).reply("Sunny.")
    use = {"toolUse": {"toolUseId": "u", "name": "get_weather", "input": {}}}
    result = {"toolUseId": "u", "content": [{"json": {"sky": "blue"}}], "status": "success"}
    image = {"image": {"format": "png", "source": {"bytes": "AAE="}}}
    video = {"video": {"format": "mp4", "source": {"s3Location": {"uri": "s3://b/k"}}}}
    turns = [
        user({"text": "Weather?"}, image, video),
        {"role": "assistant", "content": [use]},
        user({"toolResult": result}),
    ]
    found = invoke(LITE, messages=turns, toolConfig=TOOLS)
    assert found["output"]["message"]["content"] == [{"text": "Sunny."}]


@mock_ml
def test_a_stop_sequence_stays_in_the_text(ml: MockML) -> None:
    ml.bedrock.model("amazon.nova-*").reply("The city of Paris is large.")
    found = invoke(LITE, messages=HI, inferenceConfig={"stopSequences": ["Paris"]})
    assert found["output"]["message"]["content"] == [{"text": "The city of Paris"}]
    assert found["stopReason"] == "end_turn"


INVALID: list[tuple[dict[str, Any], str]] = [
    ({}, "#: required key [messages] not found"),
    (
        {"messages": HI, "max_tokens": 5},
        "#: extraneous key [max_tokens] is not permitted",
    ),
    ({"messages": []}, "#/messages: expected minimum item count: 1, found: 0"),
    (
        {"messages": [{"role": "bot", "content": [{"text": "x"}]}]},
        "#/messages/0/role: bot is not a valid enum value",
    ),
    (
        {"messages": [{"role": "user", "content": "x"}]},
        "#/messages/0/content: expected type: JSONArray, found: String",
    ),
    (
        {"messages": [user({"type": "text", "text": "x"})]},
        "#/messages/0/content/0: extraneous key [type] is not permitted",
    ),
    (
        {"messages": [user({"text": "x", "cachePoint": {}})]},
        "#/messages/0/content/0: 2 subschemas matched instead of one",
    ),
    (
        {"messages": [user({"image": {"format": "png", "source": {"bytes": "!"}}})]},
        "#/messages/0/content/0/image/source/bytes: invalid base64",
    ),
    ({"messages": [user({})]}, "#/messages/0/content/0: 0 subschemas matched instead of one"),
    (
        {"messages": [user({"text": ""})]},
        "#/messages/0/content/0/text: expected minLength: 1, actual: 0",
    ),
    (
        {"messages": [user({"image": {"format": "bmp", "source": {"bytes": "AAE="}}})]},
        "#/messages/0/content/0/image/format: bmp is not a valid enum value",
    ),
    (
        {"messages": HI, "toolConfig": {"tools": [{"toolSpec": {"name": "f"}}]}},
        "#/toolConfig/tools/0/toolSpec: required key [inputSchema] not found",
    ),
    (
        {"messages": HI, "inferenceConfig": {"temperature": 1.5, "topK": True}},
        "#/inferenceConfig/temperature: 1.5 is not less or equal to 1"
        "#/inferenceConfig/topK: expected type: Integer, found: Boolean",
    ),
]


@pytest.mark.parametrize(("body", "violations"), INVALID)
@mock_ml
def test_invalid_bodies(body: dict[str, Any], violations: str) -> None:
    assert schema_violations(LITE, **body) == violations


@pytest.mark.parametrize(
    "model_id", ["amazon.nova-reel-v1:1", "amazon.nova-sonic-v1:0", "luma.ray-v2:0"]
)
@mock_ml
def test_models_that_invoke_model_does_not_support(model_id: str) -> None:
    assert error_message(model_id, prompt="Hi") == "The provided request is not valid"
