"""InvokeModel and its stream: what the frame around the providers' bodies does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, EventStreamError

from mlmock import InvalidRule, MockML, message, mock_ml, raw, stream
from tests.services.bedrock_runtime.converse_helpers import (
    CLAUDE,
    LLAMA,
    NEW_CLAUDE,
    NOVA,
    WEATHER,
    bedrock,
)

HERE = "arn:aws:bedrock:us-east-1:123456789012"
CLAUDE_BODY = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Hi"}],
}
LLAMA_BODY = {"prompt": "Hi", "max_gen_len": 100}
EMBED = "amazon.titan-embed-text-v2:0"


def invoke(model: str, body: Any, **more: Any) -> Any:
    data = body if isinstance(body, (bytes, str)) else json.dumps(body)
    return bedrock().invoke_model(modelId=model, body=data, **more)


def read(model: str, body: Any, **more: Any) -> Any:
    return json.loads(invoke(model, body, **more)["body"].read())


def chunks(model: str, body: Any, **more: Any) -> list[Any]:
    answer = bedrock().invoke_model_with_response_stream(
        modelId=model, body=json.dumps(body), **more
    )
    return [json.loads(event["chunk"]["bytes"]) for event in answer["body"]]


@mock_ml
def test_one_script_serves_all_four(ml: MockML) -> None:
    ml.bedrock.model("meta.*").reply("Hello there")
    assert read(LLAMA, LLAMA_BODY)["generation"] == "Hello there"
    assert "".join(c["generation"] for c in chunks(LLAMA, LLAMA_BODY)) == "Hello there"


@mock_ml
def test_headers_count_the_tokens(ml: MockML) -> None:
    ml.bedrock.model("*").reply(
        message("x", usage={"inputTokens": 5, "outputTokens": 7}, latency_ms=321)
    )
    headers = invoke(LLAMA, LLAMA_BODY)["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amzn-bedrock-input-token-count"] == "5"
    assert headers["x-amzn-bedrock-output-token-count"] == "7"
    assert headers["x-amzn-bedrock-invocation-latency"] == "321"
    assert "x-amzn-bedrock-cache-read-input-token-count" not in headers
    headers = invoke(NEW_CLAUDE, CLAUDE_BODY)["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amzn-bedrock-cache-read-input-token-count"] == "0"
    assert headers["x-amzn-bedrock-cache-write-input-token-count"] == "0"


@pytest.mark.newer_botocore
@mock_ml
def test_what_was_asked_for_is_echoed() -> None:
    more = {"performanceConfigLatency": "optimized", "serviceTier": "priority"}
    found = invoke(LLAMA, LLAMA_BODY, **more)
    assert found["contentType"] == "application/json"
    assert {name: found[name] for name in more} == more


@mock_ml
def test_the_last_chunk_has_the_metrics(ml: MockML) -> None:
    ml.bedrock.model("*").reply("one two")
    found = chunks(LLAMA, LLAMA_BODY)
    metrics = found[-1]["amazon-bedrock-invocationMetrics"]
    assert metrics == {
        "inputTokenCount": 4,
        "outputTokenCount": 2,
        "invocationLatency": 224,
        "firstByteLatency": 200,
    }
    assert not any("amazon-bedrock-invocationMetrics" in chunk for chunk in found[:-1])
    cached = chunks(NEW_CLAUDE, CLAUDE_BODY)[-1]["amazon-bedrock-invocationMetrics"]
    assert cached["cacheReadInputTokenCount"] == cached["cacheWriteInputTokenCount"] == 0


@mock_ml
def test_chunks_come_when_they_are_due(ml: MockML) -> None:
    ml.bedrock.model("*").reply(stream("one").pause(10).then(" two"))
    answer = bedrock().invoke_model_with_response_stream(modelId=LLAMA, body=json.dumps(LLAMA_BODY))
    started, times = ml.clock.seconds(), []
    for event in answer["body"]:
        if json.loads(event["chunk"]["bytes"])["generation"]:
            times.append(round(ml.clock.seconds() - started))
    assert times == [0, 10]
    assert answer["contentType"] == "application/json"


@mock_ml
def test_a_stream_breaks(ml: MockML) -> None:
    ml.bedrock.model("*").reply(stream("one").then_error("modelTimeoutException", "too slow"))
    answer = bedrock().invoke_model_with_response_stream(modelId=LLAMA, body=json.dumps(LLAMA_BODY))
    events = iter(answer["body"])
    assert b"one" in next(events)["chunk"]["bytes"]
    with pytest.raises(EventStreamError, match="too slow"):
        next(events)


# -- exact bodies ----------------------------------------------------------------------------


@mock_ml
def test_an_exact_body(ml: MockML) -> None:
    ml.bedrock.model("meta.*").reply(raw({"generation": "hi", "stop_reason": "stop"}))
    assert read(LLAMA, LLAMA_BODY) == {"generation": "hi", "stop_reason": "stop"}
    assert chunks(LLAMA, LLAMA_BODY) == [{"generation": "hi", "stop_reason": "stop"}]


@mock_ml
def test_exact_bytes_and_chunks(ml: MockML) -> None:
    ml.bedrock.model("meta.*").reply(raw(b"\x00\x01"), raw("text"), raw([{"a": 1}, {"b": 2}]))
    assert invoke(LLAMA, LLAMA_BODY)["body"].read() == b"\x00\x01"
    assert invoke(LLAMA, LLAMA_BODY)["body"].read() == b"text"
    assert chunks(LLAMA, LLAMA_BODY) == [{"a": 1}, {"b": 2}]


@mock_ml
def test_chunks_are_no_body(ml: MockML) -> None:
    ml.bedrock.model("meta.*").reply(lambda call: raw([{"a": 1}]))
    with pytest.raises(InvalidRule, match="chunks of a stream"):
        invoke(LLAMA, LLAMA_BODY)
    ml.unmatched.clear()


# -- what models make ------------------------------------------------------------------------


@mock_ml
def test_vectors_by_function_dict_and_number(ml: MockML) -> None:
    async def later(text: str) -> Any:
        return (float(len(text)), 1)

    model = ml.bedrock.model(EMBED)
    model.embed(lambda text: [len(text), 0.5], later, {"abc": [7]}, [0.25])
    found = [read(EMBED, {"inputText": "abc"})["embedding"] for _ in range(4)]
    assert found == [[3.0, 0.5], [3.0, 1.0], [7.0], [0.25]]


@mock_ml
def test_vectors_that_are_none(ml: MockML) -> None:
    ml.bedrock.model(EMBED).embed({"abc": [7]}, lambda text: 5)
    with pytest.raises(InvalidRule, match="no vector for 'x'"):
        read(EMBED, {"inputText": "x"})
    with pytest.raises(InvalidRule, match="lists of numbers"):
        read(EMBED, {"inputText": "x"})
    ml.unmatched.clear()


@mock_ml
def test_vectors_have_length_one_and_repeat() -> None:
    first = read(EMBED, {"inputText": "abc"})["embedding"]
    assert len(first) == 1024
    assert abs(sum(number * number for number in first) - 1) < 1e-4
    assert first == read(EMBED, {"inputText": "abc"})["embedding"]


@mock_ml
def test_headers_of_vectors() -> None:
    headers = invoke(EMBED, {"inputText": "abcdefgh"})["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amzn-bedrock-input-token-count"] == "2"
    assert "x-amzn-bedrock-output-token-count" not in headers


@mock_ml
def test_models_that_make_things_take_exact_bodies_faults_and_delays(ml: MockML) -> None:
    model = ml.bedrock.model(EMBED)
    model.reply(raw('{"embedding": [1]}'), raw({"embedding": [2]}))
    model.fail("ThrottlingException", times=1)
    model.delay(1).times(1)
    assert len(read(EMBED, {"inputText": "x"})["embedding"]) == 1024
    assert read(EMBED, {"inputText": "x"}) == {"embedding": [1]}
    assert read(EMBED, {"inputText": "x"}) == {"embedding": [2]}
    model.reply(lambda call: "words")
    with pytest.raises(InvalidRule, match="an embedding"):
        read(EMBED, {"inputText": "x"})
    ml.unmatched.clear()


@mock_ml
def test_rankings_follow_the_words_of_the_query() -> None:
    body = {"query": "red cars", "documents": ["blue sky", "red cars go"], "api_version": 2}
    found = read("cohere.rerank-v3-5:0", body)["results"]
    assert [each["index"] for each in found] == [1, 0]
    empty = read("cohere.rerank-v3-5:0", {**body, "query": " "})["results"]
    assert all(each["relevance_score"] == 0 for each in empty)


# -- refusals --------------------------------------------------------------------------------


@mock_ml
@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"5", b"[" * 5000, b'{"prompt": "x", "top_p": NaN}']
)
def test_bodies_that_are_no_object(body: bytes) -> None:
    with pytest.raises(ClientError) as caught:
        invoke(LLAMA, body)
    assert caught.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": "Malformed input request, please reformat your input and try again.",
    }


@mock_ml
def test_vectors_do_not_stream() -> None:
    with pytest.raises(ClientError, match="unsupported for streaming"):
        chunks(EMBED, {"inputText": "x"})


@mock_ml
def test_only_json_is_answered() -> None:
    assert invoke(LLAMA, LLAMA_BODY, accept="*/*")["contentType"] == "application/json"
    assert invoke(LLAMA, LLAMA_BODY, accept="text/csv, application/json;q=0.5")["body"]
    with pytest.raises(ClientError, match="accept type image/png"):
        invoke(LLAMA, LLAMA_BODY, accept="image/png")


@mock_ml
def test_declared_limits_hold_here_too(ml: MockML) -> None:
    ml.bedrock.model(LLAMA, input_tokens=5)
    with pytest.raises(ClientError, match=r"Input is too long for requested model\."):
        invoke(LLAMA, {"prompt": "x" * 1000})


@mock_ml
@pytest.mark.parametrize(
    ("body", "key"),
    [
        (CLAUDE_BODY, "content"),
        ({"messages": [{"role": "user", "content": "Hi"}]}, "choices"),
        ({"inputText": "Hi"}, "results"),
        (LLAMA_BODY, "generation"),
        ({"prompt": "Hi"}, "generation"),
        (
            {
                "messages": [{"role": "user", "content": [{"text": "Hi"}]}],
                "inferenceConfig": {"maxTokens": 5},
            },
            "output",
        ),
    ],
)
def test_where_the_identifier_does_not_tell_the_body_does(body: Any, key: str) -> None:
    assert key in read(f"{HERE}:imported-model/abc123def456", body)


@mock_ml
def test_a_body_that_tells_nothing_is_held_for_a_chat() -> None:
    with pytest.raises(ClientError, match="Malformed input request"):
        read(f"{HERE}:imported-model/abc123def456", {})


# -- tokens ----------------------------------------------------------------------------------


def count(model: str, given: Any) -> int:
    return int(bedrock().count_tokens(modelId=model, input=given)["inputTokens"])


def spoken(text: str, **more: Any) -> dict[str, Any]:
    return {"converse": {"messages": [{"role": "user", "content": [{"text": text}]}], **more}}


@pytest.mark.newer_botocore
@mock_ml
def test_tokens_are_counted_as_usage_counts_them() -> None:
    used = bedrock().converse(
        modelId=NEW_CLAUDE, messages=spoken("Hello, world!")["converse"]["messages"]
    )
    assert count(NEW_CLAUDE, spoken("Hello, world!")) == used["usage"]["inputTokens"] == 7
    body = json.dumps({**CLAUDE_BODY, "max_tokens": 1})
    assert count(NEW_CLAUDE, {"invokeModel": {"body": body}}) == 4


@pytest.mark.newer_botocore
@mock_ml
def test_more_text_never_counts_less() -> None:
    counts = [count(NEW_CLAUDE, spoken("x" * size)) for size in range(1, 40)]
    assert counts == sorted(counts)
    tool = {"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}}}
    assert count(NEW_CLAUDE, spoken("x", toolConfig={"tools": [tool]})) > counts[0]


@pytest.mark.newer_botocore
@mock_ml
@pytest.mark.parametrize("model", [f"us.{NEW_CLAUDE}", NOVA, CLAUDE, EMBED])
def test_who_cannot_count(model: str) -> None:
    with pytest.raises(ClientError) as caught:
        count(model, spoken("x"))
    assert caught.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": "The provided model doesn't support counting tokens.",
    }


@pytest.mark.newer_botocore
@mock_ml
def test_what_is_counted_is_a_conversation_that_the_model_takes() -> None:
    with pytest.raises(ClientError, match="Tool names must be unique"):
        count(NEW_CLAUDE, spoken("x", toolConfig={"tools": WEATHER["tools"] * 2}))
    with pytest.raises(ClientError, match="missing a user message"):
        count(NEW_CLAUDE, {"converse": {}})


@pytest.mark.newer_botocore
@mock_ml
def test_counting_can_be_declared_and_overridden(ml: MockML) -> None:
    ml.bedrock.model(EMBED, counts_tokens=True)
    with pytest.raises(ClientError, match="support counting tokens"):
        count(EMBED, {"invokeModel": {"body": '{"inputText": "x"}'}})
    ml.on("bedrock-runtime", "CountTokens").reply({"inputTokens": 11})
    assert count(NEW_CLAUDE, spoken("x")) == 11


@pytest.mark.newer_botocore
@mock_ml
def test_everything_counts() -> None:
    blocks: list[dict[str, Any]] = [
        {"text": "Look."},
        {"cachePoint": {"type": "default"}},
        {"guardContent": {"text": {"text": "1234"}}},
        {"guardContent": {"image": {"format": "png", "source": {"bytes": b"x"}}}},
        {"searchResult": {"source": "a", "title": "b", "content": [{"text": "12345678"}]}},
        {"document": {"name": "a", "format": "pdf", "source": {"bytes": b"%PDF"}}},
    ]
    found = count(NEW_CLAUDE, {"converse": {"messages": [{"role": "user", "content": blocks}]}})
    assert found == 3 + 2 + 1 + 1600 + 2 + 1600
