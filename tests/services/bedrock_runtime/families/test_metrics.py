"""Token counts agree between bodies, headers and stream metrics of every family."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mlmock import MockML, message, mock_ml
from tests.services.bedrock_runtime.invoke_helpers import METRICS, invoke_model, stream_chunks
from tests.services.bedrock_runtime.sample_bodies import BODIES

Counts = Callable[[dict[str, Any]], tuple[int, int]]
KINDS: dict[str, Counts] = {
    "anthropic.claude-sonnet": lambda b: (b["usage"]["input_tokens"], b["usage"]["output_tokens"]),
    "amazon.nova-lite": lambda b: (b["usage"]["inputTokens"], b["usage"]["outputTokens"]),
    "amazon.titan-text": lambda b: (b["inputTextTokenCount"], b["results"][0]["tokenCount"]),
    "meta.": lambda b: (b["prompt_token_count"], b["generation_token_count"]),
    "openai.": lambda b: (b["usage"]["prompt_tokens"], b["usage"]["completion_tokens"]),
    "ai21.jamba": lambda b: (b["usage"]["prompt_tokens"], b["usage"]["completion_tokens"]),
}
COUNTED = [
    (model_id, body, counts)
    for prefix, counts in KINDS.items()
    for model_id, body in BODIES
    if model_id.startswith(prefix)
]
TEXT_MODELS = (
    *("anthropic.", "amazon.nova-lite", "amazon.titan-text", "meta.", "mistral.", "openai."),
    *("writer.", "ai21.jamba", "deepseek.", "cohere.command", "twelvelabs.pegasus"),
)
STREAMED = [(model_id, body) for model_id, body in BODIES if model_id.startswith(TEXT_MODELS)]
REPLY = message("one two three", usage={"inputTokens": 17, "outputTokens": 4})


@pytest.mark.parametrize(("model_id", "body", "counts"), COUNTED)
@mock_ml
def test_headers_agree_with_bodies(
    model_id: str, body: dict[str, Any], counts: Counts, ml: MockML
) -> None:
    ml.bedrock.model("*").reply(REPLY)
    found = invoke_model(model_id, body)
    headers = found["ResponseMetadata"]["HTTPHeaders"]
    assert counts(found["body"]) == (17, 4)
    assert headers["x-amzn-bedrock-input-token-count"] == "17"
    assert headers["x-amzn-bedrock-output-token-count"] == "4"
    assert int(headers["x-amzn-bedrock-invocation-latency"]) > 0


@pytest.mark.parametrize(("model_id", "body"), STREAMED)
@mock_ml
def test_only_the_last_chunk_has_metrics(model_id: str, body: dict[str, Any], ml: MockML) -> None:
    ml.bedrock.model("*").reply(REPLY)
    *before, last = stream_chunks(model_id, **body)
    assert not any(METRICS in chunk for chunk in before)
    metrics = last[METRICS]
    assert (metrics["inputTokenCount"], metrics["outputTokenCount"]) == (17, 4)
    assert metrics["firstByteLatency"] <= metrics["invocationLatency"]
