"""InvokeModel, its stream and CountTokens: what doesn't depend on the provider."""

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
    bedrock_client,
)

ARN_PREFIX = "arn:aws:bedrock:us-east-1:123456789012"
CLAUDE_BODY = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Hi"}],
}
LLAMA_BODY = {"prompt": "Hi", "max_gen_len": 100}
EMBED = "amazon.titan-embed-text-v2:0"


def invoke(model: str, body: Any, **options: Any) -> Any:
    data = body if isinstance(body, (bytes, str)) else json.dumps(body)
    return bedrock_client().invoke_model(modelId=model, body=data, **options)


def invoke_json(model: str, body: Any, **options: Any) -> Any:
    return json.loads(invoke(model, body, **options)["body"].read())


def stream_chunks(model: str, body: Any, **options: Any) -> list[Any]:
    answer = bedrock_client().invoke_model_with_response_stream(
        modelId=model, body=json.dumps(body), **options
    )
    return [json.loads(event["chunk"]["bytes"]) for event in answer["body"]]


@mock_ml
def test_a_text_reply_answers_invoke_model_and_its_stream(ml: MockML) -> None:
    ml.bedrock.model("meta.*").reply("Hello there")
    assert invoke_json(LLAMA, LLAMA_BODY)["generation"] == "Hello there"
    assert "".join(c["generation"] for c in stream_chunks(LLAMA, LLAMA_BODY)) == "Hello there"


@mock_ml
def test_headers_report_token_counts_and_latency(ml: MockML) -> None:
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
def test_performance_config_and_service_tier_are_echoed() -> None:
    options = {"performanceConfigLatency": "optimized", "serviceTier": "priority"}
    found = invoke(LLAMA, LLAMA_BODY, **options)
    assert found["contentType"] == "application/json"
    assert {name: found[name] for name in options} == options


@mock_ml
def test_the_last_chunk_has_the_metrics(ml: MockML) -> None:
    ml.bedrock.model("*").reply("one two")
    found = stream_chunks(LLAMA, LLAMA_BODY)
    metrics = found[-1]["amazon-bedrock-invocationMetrics"]
    assert metrics == {
        "inputTokenCount": 4,
        "outputTokenCount": 2,
        "invocationLatency": 224,
        "firstByteLatency": 200,
    }
    assert not any("amazon-bedrock-invocationMetrics" in chunk for chunk in found[:-1])
    cached = stream_chunks(NEW_CLAUDE, CLAUDE_BODY)[-1]["amazon-bedrock-invocationMetrics"]
    assert cached["cacheReadInputTokenCount"] == cached["cacheWriteInputTokenCount"] == 0


@mock_ml
def test_chunks_arrive_after_their_pauses(ml: MockML) -> None:
    ml.bedrock.model("*").reply(stream("one").pause(10).then(" two"))
    answer = bedrock_client().invoke_model_with_response_stream(
        modelId=LLAMA, body=json.dumps(LLAMA_BODY)
    )
    started, times = ml.clock.seconds(), []
    for event in answer["body"]:
        if json.loads(event["chunk"]["bytes"])["generation"]:
            times.append(round(ml.clock.seconds() - started))
    assert times == [0, 10]
    assert answer["contentType"] == "application/json"


@mock_ml
def test_a_stream_error(ml: MockML) -> None:
    ml.bedrock.model("*").reply(stream("one").then_error("modelTimeoutException", "too slow"))
    answer = bedrock_client().invoke_model_with_response_stream(
        modelId=LLAMA, body=json.dumps(LLAMA_BODY)
    )
    events = iter(answer["body"])
    assert b"one" in next(events)["chunk"]["bytes"]
    with pytest.raises(EventStreamError, match="too slow"):
        next(events)


# -- raw bodies -------------------------------------------------------------------------------


@mock_ml
def test_raw_body(ml: MockML) -> None:
    ml.bedrock.model("meta.*").reply(raw({"generation": "hi", "stop_reason": "stop"}))
    assert invoke_json(LLAMA, LLAMA_BODY) == {"generation": "hi", "stop_reason": "stop"}
    assert stream_chunks(LLAMA, LLAMA_BODY) == [{"generation": "hi", "stop_reason": "stop"}]


@mock_ml
def test_raw_bytes_text_and_chunks(ml: MockML) -> None:
    ml.bedrock.model("meta.*").reply(raw(b"\x00\x01"), raw("text"), raw([{"a": 1}, {"b": 2}]))
    assert invoke(LLAMA, LLAMA_BODY)["body"].read() == b"\x00\x01"
    assert invoke(LLAMA, LLAMA_BODY)["body"].read() == b"text"
    assert stream_chunks(LLAMA, LLAMA_BODY) == [{"a": 1}, {"b": 2}]


@mock_ml
def test_raw_chunks_are_rejected_without_a_stream(ml: MockML) -> None:
    ml.bedrock.model("meta.*").reply(lambda call: raw([{"a": 1}]))
    with pytest.raises(InvalidRule, match="chunks of a stream"):
        invoke(LLAMA, LLAMA_BODY)
    ml.unmatched.clear()


# -- embeddings and rankings ------------------------------------------------------------------


@mock_ml
def test_embeddings_from_functions_dicts_and_numbers(ml: MockML) -> None:
    async def embed_async(text: str) -> Any:
        return (float(len(text)), 1)

    model = ml.bedrock.model(EMBED)
    model.embed(lambda text: [len(text), 0.5], embed_async, {"abc": [7]}, [0.25])
    found = [invoke_json(EMBED, {"inputText": "abc"})["embedding"] for _ in range(4)]
    assert found == [[3.0, 0.5], [3.0, 1.0], [7.0], [0.25]]


@mock_ml
def test_missing_and_invalid_vectors_are_rejected(ml: MockML) -> None:
    ml.bedrock.model(EMBED).embed({"abc": [7]}, lambda text: 5)
    with pytest.raises(InvalidRule, match="no vector for the input 'x'"):
        invoke_json(EMBED, {"inputText": "x"})
    with pytest.raises(InvalidRule, match="lists of numbers"):
        invoke_json(EMBED, {"inputText": "x"})
    ml.unmatched.clear()


@mock_ml
def test_default_vectors_are_normalized_and_repeatable() -> None:
    first = invoke_json(EMBED, {"inputText": "abc"})["embedding"]
    assert len(first) == 1024
    assert abs(sum(number * number for number in first) - 1) < 1e-4
    assert first == invoke_json(EMBED, {"inputText": "abc"})["embedding"]


@mock_ml
def test_embedding_headers_have_no_output_tokens() -> None:
    headers = invoke(EMBED, {"inputText": "abcdefgh"})["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amzn-bedrock-input-token-count"] == "2"
    assert "x-amzn-bedrock-output-token-count" not in headers


@mock_ml
def test_embedding_models_accept_raw_bodies_failures_and_delays(ml: MockML) -> None:
    model = ml.bedrock.model(EMBED)
    model.reply(raw('{"embedding": [1]}'), raw({"embedding": [2]}))
    model.fail("ThrottlingException", times=1)
    model.delay(1).times(1)
    assert len(invoke_json(EMBED, {"inputText": "x"})["embedding"]) == 1024
    assert invoke_json(EMBED, {"inputText": "x"}) == {"embedding": [1]}
    assert invoke_json(EMBED, {"inputText": "x"}) == {"embedding": [2]}
    model.reply(lambda call: "words")
    with pytest.raises(InvalidRule, match="an embedding"):
        invoke_json(EMBED, {"inputText": "x"})
    ml.unmatched.clear()


@mock_ml
def test_rankings_depend_on_the_words_of_the_query() -> None:
    body = {"query": "red cars", "documents": ["blue sky", "red cars go"], "api_version": 2}
    found = invoke_json("cohere.rerank-v3-5:0", body)["results"]
    assert [each["index"] for each in found] == [1, 0]
    empty = invoke_json("cohere.rerank-v3-5:0", {**body, "query": " "})["results"]
    assert all(each["relevance_score"] == 0 for each in empty)


# -- rejected requests ------------------------------------------------------------------------


@mock_ml
@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"5", b"[" * 5000, b'{"prompt": "x", "top_p": NaN}']
)
def test_bodies_that_are_not_objects_are_rejected(body: bytes) -> None:
    with pytest.raises(ClientError) as caught:
        invoke(LLAMA, body)
    assert caught.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": "Malformed input request, please reformat your input and try again.",
    }


@mock_ml
def test_embeddings_cannot_be_streamed() -> None:
    with pytest.raises(ClientError, match="unsupported for streaming"):
        stream_chunks(EMBED, {"inputText": "x"})


@mock_ml
def test_only_json_is_an_accepted_content_type() -> None:
    assert invoke(LLAMA, LLAMA_BODY, accept="*/*")["contentType"] == "application/json"
    assert invoke(LLAMA, LLAMA_BODY, accept="text/csv, application/json;q=0.5")["body"]
    with pytest.raises(ClientError, match="accept type image/png"):
        invoke(LLAMA, LLAMA_BODY, accept="image/png")


@mock_ml
def test_declared_input_limits_are_enforced(ml: MockML) -> None:
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
def test_the_body_decides_the_family_of_an_imported_model(body: Any, key: str) -> None:
    assert key in invoke_json(f"{ARN_PREFIX}:imported-model/abc123def456", body)


@mock_ml
def test_an_unrecognized_body_is_validated_as_chat() -> None:
    with pytest.raises(ClientError, match="Malformed input request"):
        invoke_json(f"{ARN_PREFIX}:imported-model/abc123def456", {})


# -- tokens -----------------------------------------------------------------------------------


def count_tokens(model: str, model_input: Any) -> int:
    return int(bedrock_client().count_tokens(modelId=model, input=model_input)["inputTokens"])


def converse_input(text: str, **options: Any) -> dict[str, Any]:
    return {"converse": {"messages": [{"role": "user", "content": [{"text": text}]}], **options}}


@pytest.mark.newer_botocore
@mock_ml
def test_count_tokens_agrees_with_usage() -> None:
    used = bedrock_client().converse(
        modelId=NEW_CLAUDE, messages=converse_input("Hello, world!")["converse"]["messages"]
    )
    assert (
        count_tokens(NEW_CLAUDE, converse_input("Hello, world!"))
        == used["usage"]["inputTokens"]
        == 7
    )
    body = json.dumps({**CLAUDE_BODY, "max_tokens": 1})
    assert count_tokens(NEW_CLAUDE, {"invokeModel": {"body": body}}) == 4


@pytest.mark.newer_botocore
@mock_ml
def test_a_longer_text_never_has_fewer_tokens() -> None:
    counts = [count_tokens(NEW_CLAUDE, converse_input("x" * size)) for size in range(1, 40)]
    assert counts == sorted(counts)
    tool = {"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}}}
    assert count_tokens(NEW_CLAUDE, converse_input("x", toolConfig={"tools": [tool]})) > counts[0]


@pytest.mark.newer_botocore
@mock_ml
@pytest.mark.parametrize("model", [f"us.{NEW_CLAUDE}", NOVA, CLAUDE, EMBED])
def test_models_without_count_tokens_refuse_it(model: str) -> None:
    with pytest.raises(ClientError) as caught:
        count_tokens(model, converse_input("x"))
    assert caught.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": "The provided model doesn't support counting tokens.",
    }


@pytest.mark.newer_botocore
@mock_ml
def test_count_tokens_validates_the_conversation() -> None:
    with pytest.raises(ClientError, match="Tool names must be unique"):
        count_tokens(NEW_CLAUDE, converse_input("x", toolConfig={"tools": WEATHER["tools"] * 2}))
    with pytest.raises(ClientError, match="missing a user message"):
        count_tokens(NEW_CLAUDE, {"converse": {}})


@pytest.mark.newer_botocore
@mock_ml
def test_count_tokens_can_be_declared_and_overridden(ml: MockML) -> None:
    ml.bedrock.model(EMBED, counts_tokens=True)
    with pytest.raises(ClientError, match="support counting tokens"):
        count_tokens(EMBED, {"invokeModel": {"body": '{"inputText": "x"}'}})
    ml.on("bedrock-runtime", "CountTokens").reply({"inputTokens": 11})
    assert count_tokens(NEW_CLAUDE, converse_input("x")) == 11


@pytest.mark.newer_botocore
@mock_ml
def test_every_kind_of_block_is_counted() -> None:
    blocks: list[dict[str, Any]] = [
        {"text": "Look."},
        {"cachePoint": {"type": "default"}},
        {"guardContent": {"text": {"text": "1234"}}},
        {"guardContent": {"image": {"format": "png", "source": {"bytes": b"x"}}}},
        {"searchResult": {"source": "a", "title": "b", "content": [{"text": "12345678"}]}},
        {"document": {"name": "a", "format": "pdf", "source": {"bytes": b"%PDF"}}},
    ]
    found = count_tokens(
        NEW_CLAUDE, {"converse": {"messages": [{"role": "user", "content": blocks}]}}
    )
    assert found == 3 + 2 + 1 + 1600 + 2 + 1600
