"""Cohere Command R and the rerank models."""

from __future__ import annotations

from typing import Any

import pytest

from mlmock import MockML, message, mock_ml, tool_use
from tests.services.bedrock_runtime.invoke_helpers import (
    METRICS,
    invoke,
    invoke_model,
    schema_violations,
    stream_chunks,
)

COMMAND_R = "cohere.command-r-v1:0"
TOOL = {"name": "f", "description": "F", "parameter_definitions": {"n": {"type": "int"}}}
HISTORY = [
    {"role": "USER", "message": "Hi"},
    {"role": "CHATBOT", "message": "Hello"},
    {"role": "SYSTEM", "message": "Be brief."},
]


@mock_ml
def test_an_answer_continues_the_history(ml: MockML) -> None:
    ml.bedrock.model(COMMAND_R).on(last_user="And now?", system="Be kind.", turn=2).reply("Go on")
    found = invoke(
        COMMAND_R, message="And now?", chat_history=HISTORY, preamble="Be kind.", p=0.5, k=5
    )
    assert list(found) == ["response_id", "text", "generation_id", "chat_history", "finish_reason"]
    assert (found["text"], found["finish_reason"]) == ("Go on", "COMPLETE")
    assert found["chat_history"] == [
        *HISTORY,
        {"role": "USER", "message": "And now?"},
        {"role": "CHATBOT", "message": "Go on"},
    ]
    assert found["response_id"] != found["generation_id"]


@mock_ml
def test_a_stream(ml: MockML) -> None:
    ml.bedrock.model(COMMAND_R).reply("Hello you")
    found = stream_chunks(COMMAND_R, message="Hi")
    assert [chunk["event_type"] for chunk in found] == [
        *("stream-start", "text-generation", "text-generation", "stream-end")
    ]
    assert [chunk["is_finished"] for chunk in found] == [False, False, False, True]
    assert found[1] == {"is_finished": False, "event_type": "text-generation", "text": "Hello"}
    assert found[-1]["response"]["text"] == "Hello you"
    assert found[-1]["response"]["generation_id"] == found[0]["generation_id"]
    assert METRICS in found[-1]


@mock_ml
def test_tools(ml: MockML) -> None:
    model = ml.bedrock.model(COMMAND_R)
    model.on(has_tool_result=False, tools=["f"]).reply(message("So.", tool_use("f", {"n": 1})))
    model.on(tool_result=[{"sky": "blue"}]).reply("Sunny.")
    calls = [{"name": "f", "parameters": {"n": 1}}]
    assert invoke(COMMAND_R, message="Weather?", tools=[TOOL])["tool_calls"] == calls
    kinds = {
        c["event_type"]: c
        for c in stream_chunks(COMMAND_R, message="Weather?", tools=[{"name": "f"}])
    }
    assert kinds["tool-calls-generation"]["tool_calls"] == calls
    results = [{"call": calls[0], "outputs": [{"sky": "blue"}]}]
    found = invoke(COMMAND_R, message="", tools=[TOOL], tool_results=results)
    assert found["text"] == "Sunny."


@pytest.mark.parametrize(
    ("body", "violations"),
    [
        ({}, "#: required key [message] not found"),
        ({"message": "x", "prompt": "y"}, "#: extraneous key [prompt] is not permitted"),
        (
            {"message": "x", "chat_history": [{"role": "user"}]},
            "#/chat_history/0/role: user is not a valid enum value",
        ),
        ({"message": "x", "p": 1}, "#/p: 1 is not less or equal to 0.99"),
    ],
)
@mock_ml
def test_invalid_command_r_bodies(body: dict[str, Any], violations: str) -> None:
    assert schema_violations(COMMAND_R, **body) == violations


# -- rerank -----------------------------------------------------------------------------------

DOCUMENTS = ["a dog barks", "cats and dogs", "the cat sat on the mat"]


@pytest.mark.parametrize(
    ("model_id", "options"),
    [("cohere.rerank-v3-5:0", {"api_version": 2}), ("amazon.rerank-v1:0", {})],
)
@mock_ml
def test_ranking(model_id: str, options: dict[str, Any]) -> None:
    found = invoke(model_id, query="the cat", documents=DOCUMENTS, **options)["results"]
    assert found[0]["index"] == 2
    scores = [result["relevance_score"] for result in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    first = invoke(model_id, query="the cat", documents=DOCUMENTS, top_n=1, **options)["results"]
    assert first == found[:1]


@mock_ml
def test_rankings_have_no_token_headers() -> None:
    body = {"query": "x", "documents": [{"text": "y"}], "api_version": 2}
    headers = invoke_model("cohere.rerank-v3-5:0", body)["ResponseMetadata"]["HTTPHeaders"]
    assert not [name for name in headers if name.endswith("token-count")]
    assert "x-amzn-bedrock-invocation-latency" in headers


@pytest.mark.parametrize(
    ("model_id", "body", "violations"),
    [
        (
            "cohere.rerank-v3-5:0",
            {"query": "x", "documents": ["y"]},
            "#: required key [api_version] not found",
        ),
        (
            "amazon.rerank-v1:0",
            {"query": "x", "documents": [], "api_version": 2},
            "#: extraneous key [api_version] is not permitted"
            "#/documents: expected minimum item count: 1, found: 0",
        ),
    ],
)
@mock_ml
def test_invalid_rerank_bodies(model_id: str, body: dict[str, Any], violations: str) -> None:
    assert schema_violations(model_id, **body) == violations
