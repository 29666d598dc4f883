"""The chunks of a stream add up to the response without a stream, for random answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlmock import message, mock_ml, reasoning, stream, tool_use
from tests.services.bedrock_runtime.converse_helpers import bedrock_client

TEXT = st.text(min_size=1, max_size=20).filter(str.strip)
USE = st.builds(tool_use, st.just("f"), st.dictionaries(st.text(max_size=5), st.integers()))
BLOCKS = st.lists(st.one_of(TEXT, USE, st.builds(reasoning, TEXT)), min_size=1, max_size=5)
Content = tuple[str, list[tuple[str, Any]]]


def chat_answer(body: dict[str, Any]) -> Content:
    """Return text and tool calls of a chat completion."""
    found = body["choices"][0]["message"]
    calls = [call["function"] for call in found.get("tool_calls", ())]
    return found["content"] or "", [(c["name"], json.loads(c["arguments"])) for c in calls]


def chat_stream(chunks: list[dict[str, Any]]) -> Content:
    """Return text and tool calls of the chunks of a chat completion."""
    text, names = "", []
    arguments: dict[int, str] = {}
    for chunk in chunks:
        delta = chunk["choices"][0]["delta"]
        text += delta.get("content") or ""
        for call in delta.get("tool_calls", ()):
            names += [call["function"]["name"]] if "name" in call["function"] else []
            index = call["index"]
            arguments[index] = arguments.get(index, "") + call["function"]["arguments"]
    return text, [(name, json.loads(arguments[index] or "{}")) for index, name in enumerate(names)]


def claude_answer(body: dict[str, Any]) -> Content:
    """Return reasoning with text, and tool uses of a message."""
    content = body["content"]
    text = "".join(block.get("text", block.get("thinking", "")) for block in content)
    return text, [(b["name"], b["input"]) for b in content if b["type"] == "tool_use"]


def claude_stream(chunks: list[dict[str, Any]]) -> Content:
    """Return reasoning with text, and tool uses of the events of a message."""
    text, uses = "", []
    for chunk in chunks:
        if chunk["type"] == "content_block_start" and chunk["content_block"]["type"] == "tool_use":
            uses.append([chunk["content_block"]["name"], ""])
        delta = chunk.get("delta", {})
        text += delta.get("text", delta.get("thinking", ""))
        if "partial_json" in delta:
            uses[-1][1] += delta["partial_json"]
    return text, [(name, json.loads(arguments or "{}")) for name, arguments in uses]


def text_answer(body: dict[str, Any]) -> Content:
    """Return the text of a model that returns only text."""
    return body["choices"][0]["text"] if "choices" in body else body["generation"], []


def text_stream(chunks: list[dict[str, Any]]) -> Content:
    """Return the text of the chunks of a model that returns only text."""
    return "".join(text_answer(chunk)[0] for chunk in chunks), []


SHAPES: list[tuple[str, dict[str, Any], Callable[[Any], Content], Callable[[Any], Content]]] = [
    (
        "anthropic.claude-3-5-haiku-20241022-v1:0",
        {
            "anthropic_version": "bedrock-2023-05-31",
            "max_tokens": 4000,
            "messages": [{"role": "user", "content": "Hi"}],
        },
        claude_answer,
        claude_stream,
    ),
    (
        "openai.gpt-oss-20b-1:0",
        {"messages": [{"role": "user", "content": "Hi"}]},
        chat_answer,
        chat_stream,
    ),
    ("deepseek.r1-v1:0", {"prompt": "Hi"}, text_answer, text_stream),
    ("meta.llama3-1-8b-instruct-v1:0", {"prompt": "Hi"}, text_answer, text_stream),
]


@pytest.mark.newer_botocore
@settings(max_examples=40, deadline=None)
@given(blocks=BLOCKS)
def test_streams_equal_responses(blocks: list[Any]) -> None:
    with mock_ml(sign=False) as ml:
        ml.bedrock.model("*").reply(message(*blocks))
        client = bedrock_client()
        for model_id, body, read_response, read_stream in SHAPES:
            sent = {"modelId": model_id, "body": json.dumps(body)}
            whole = json.loads(client.invoke_model(**sent)["body"].read())
            events = client.invoke_model_with_response_stream(**sent)["body"]
            chunks = [json.loads(event["chunk"]["bytes"]) for event in events]
            assert read_stream(chunks) == read_response(whole)


@settings(max_examples=20, deadline=None)
@given(text=TEXT, size=st.integers(1, 7))
def test_chunks_are_the_texts_of_the_stream_rule(text: str, size: int) -> None:
    expected = [text[start : start + size] for start in range(0, len(text), size)]
    with mock_ml(sign=False) as ml:
        ml.bedrock.model("*").reply(stream(text, size=size))
        sent = {"modelId": "meta.llama3-8b-instruct-v1:0", "body": '{"prompt":"Hi"}'}
        events = bedrock_client().invoke_model_with_response_stream(**sent)["body"]
        texts = [json.loads(event["chunk"]["bytes"])["generation"] for event in events]
    assert texts == [*expected, ""]
