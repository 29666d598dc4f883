"""The providers' own SDK types validate bodies and stream chunks received by boto3."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from anthropic.types import Message, RawMessageStreamEvent
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import TypeAdapter

from mlmock import message, mock_ml, reasoning, tool_use

CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
CHATS = ["openai.gpt-oss-20b-1:0", "qwen.qwen3-32b-v1:0", "deepseek.v3-v1:0"]
LOCATION = {"documentIndex": 0, "start": 5, "end": 27}
CITED = {
    "citationsContent": {
        "content": [{"text": "Twenty days."}],
        "citations": [
            {"title": "policy", "sourceContent": [{"text": "20"}], "location": {kind: LOCATION}}
            for kind in ("documentChar", "documentPage", "documentChunk")
        ],
    }
}


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_ml() as ml:
        hidden = {"reasoningContent": {"redactedContent": b"\x00\x01"}}
        use = tool_use("f", {"a": [1, {"b": None}]})
        ml.bedrock.model("*").reply(message(reasoning("Hm."), hidden, "So.", CITED, use))
        yield boto3.client("bedrock-runtime", region_name="us-east-1")


def request_of(model_id: str, **body: Any) -> dict[str, Any]:
    return {"modelId": model_id, "body": json.dumps(body)}


def body_of(client: Any, request: dict[str, Any]) -> Any:
    return json.loads(client.invoke_model(**request)["body"].read())


def chunks(client: Any, request: dict[str, Any]) -> list[Any]:
    events = client.invoke_model_with_response_stream(**request)["body"]
    return [json.loads(event["chunk"]["bytes"]) for event in events]


def test_messages(client: Any) -> None:
    tools = [{"name": "f", "input_schema": {"type": "object"}}]
    turns = [{"role": "user", "content": "Hi"}]
    version = "bedrock-2023-05-31"
    request = request_of(
        CLAUDE, anthropic_version=version, max_tokens=999, messages=turns, tools=tools
    )
    found = Message.model_validate(body_of(client, request), strict=True)
    kinds = [block.type for block in found.content]
    assert kinds == ["thinking", "redacted_thinking", "text", "text", "tool_use"]
    assert found.stop_reason == "tool_use"
    assert [c.type for c in found.content[3].citations] == [
        *("char_location", "page_location", "content_block_location")
    ]
    event = TypeAdapter(RawMessageStreamEvent)
    events = [event.validate_python(chunk) for chunk in chunks(client, request)]
    assert (events[0].type, events[-1].type) == ("message_start", "message_stop")


@pytest.mark.parametrize("model_id", CHATS)
def test_chat_completions(client: Any, model_id: str) -> None:
    request = request_of(model_id, messages=[{"role": "user", "content": "Hi"}])
    found = ChatCompletion.model_validate(body_of(client, request))
    assert found.choices[0].finish_reason == "tool_calls"
    assert found.choices[0].message.tool_calls[0].function.name == "f"
    parsed = [ChatCompletionChunk.model_validate(chunk) for chunk in chunks(client, request)]
    assert parsed[-1].choices[0].finish_reason == "tool_calls"
