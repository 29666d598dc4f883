"""What Bedrock adds to a provider's answer says the same as the answer: tokens, in every shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mlmock import MockML, message, mock_ml
from tests.services.bedrock_runtime.invoke_helpers import METRICS, answer
from tests.services.bedrock_runtime.invoke_helpers import stream as chunks_of
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
SPEAKING = (
    *("anthropic.", "amazon.nova-lite", "amazon.titan-text", "meta.", "mistral.", "openai."),
    *("writer.", "ai21.jamba", "deepseek.", "cohere.command", "twelvelabs.pegasus"),
)
STREAMED = [(model_id, body) for model_id, body in BODIES if model_id.startswith(SPEAKING)]
SAID = message("one two three", usage={"inputTokens": 17, "outputTokens": 4})


@pytest.mark.parametrize(("model_id", "body", "counts"), COUNTED)
@mock_ml
def test_headers_and_bodies(
    model_id: str, body: dict[str, Any], counts: Counts, ml: MockML
) -> None:
    ml.bedrock.model("*").reply(SAID)
    found = answer(model_id, body)
    headers = found["ResponseMetadata"]["HTTPHeaders"]
    assert counts(found["body"]) == (17, 4)
    assert headers["x-amzn-bedrock-input-token-count"] == "17"
    assert headers["x-amzn-bedrock-output-token-count"] == "4"
    assert int(headers["x-amzn-bedrock-invocation-latency"]) > 0


@pytest.mark.parametrize(("model_id", "body"), STREAMED)
@mock_ml
def test_the_last_chunk_alone_has_metrics(model_id: str, body: dict[str, Any], ml: MockML) -> None:
    ml.bedrock.model("*").reply(SAID)
    *before, last = chunks_of(model_id, **body)
    assert not any(METRICS in chunk for chunk in before)
    metrics = last[METRICS]
    assert (metrics["inputTokenCount"], metrics["outputTokenCount"]) == (17, 4)
    assert metrics["firstByteLatency"] <= metrics["invocationLatency"]
