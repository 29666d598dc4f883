"""Features that Converse supports or rejects for the models of each family."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlmock import mock_ml
from mlmock.services.bedrock_runtime.models.identifiers import parse_model_id
from tests.services.bedrock_runtime.converse_helpers import bedrock_client

HI = {"role": "user", "content": [{"text": "Hi"}]}
SYSTEM = {"system": [{"text": "Be kind."}]}
TOOLS: dict[str, Any] = {
    "toolConfig": {
        "tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}}}]
    }
}
IMAGE = {"image": {"format": "png", "source": {"bytes": b"\x89PNG\r\n\x1a\n"}}}
WITH_IMAGE = {"messages": [{"role": "user", "content": [{"text": "What?"}, IMAGE]}]}
NO_SYSTEM = "This model doesn't support system messages"
NO_TOOLS = "This model doesn't support tool use."
NO_IMAGES = "This model doesn't support the image content block"
NO_CONVERSE = "This action doesn't support the model that you provided"

UNSUPPORTED: list[tuple[str, dict[str, Any], str]] = [
    ("amazon.titan-text-express-v1", SYSTEM, NO_SYSTEM),
    ("amazon.titan-text-lite-v1", TOOLS, NO_TOOLS),
    ("amazon.nova-micro-v1:0", WITH_IMAGE, NO_IMAGES),
    ("mistral.mistral-7b-instruct-v0:2", SYSTEM, NO_SYSTEM),
    ("mistral.mixtral-8x7b-instruct-v0:1", TOOLS, NO_TOOLS),
    ("mistral.mistral-large-2407-v1:0", WITH_IMAGE, NO_IMAGES),
    ("cohere.command-text-v14", SYSTEM, NO_SYSTEM),
    ("ai21.j2-ultra-v1", TOOLS, NO_TOOLS),
    ("ai21.jamba-instruct-v1:0", TOOLS, NO_TOOLS),
    ("meta.llama3-70b-instruct-v1:0", TOOLS, NO_TOOLS),
    ("us.meta.llama3-2-3b-instruct-v1:0", TOOLS, NO_TOOLS),
    ("us.meta.llama3-1-70b-instruct-v1:0", WITH_IMAGE, NO_IMAGES),
    ("us.deepseek.r1-v1:0", TOOLS, NO_TOOLS),
    ("openai.gpt-oss-120b-1:0", WITH_IMAGE, NO_IMAGES),
    ("qwen.qwen3-32b-v1:0", WITH_IMAGE, NO_IMAGES),
    ("anthropic.claude-v2:1", TOOLS, NO_TOOLS),
    ("amazon.titan-embed-text-v2:0", {}, NO_CONVERSE),
    ("amazon.nova-canvas-v1:0", {}, NO_CONVERSE),
    ("amazon.nova-sonic-v1:0", {}, NO_CONVERSE),
    ("cohere.rerank-v3-5:0", {}, NO_CONVERSE),
    ("stability.sd3-5-large-v1:0", {}, NO_CONVERSE),
    ("us.twelvelabs.pegasus-1-2-v1:0", {}, NO_CONVERSE),
]


@pytest.mark.parametrize(("model_id", "params", "text"), UNSUPPORTED)
@mock_ml
def test_unsupported_features_are_rejected(
    model_id: str, params: dict[str, Any], text: str
) -> None:
    with pytest.raises(ClientError) as caught:
        bedrock_client().converse(modelId=model_id, **{"messages": [HI]} | params)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert caught.value.response["Error"]["Message"].startswith(text)


@pytest.mark.parametrize(
    ("model_id", "params"),
    [
        ("us.meta.llama3-3-70b-instruct-v1:0", TOOLS | SYSTEM),
        ("us.meta.llama4-maverick-17b-instruct-v1:0", WITH_IMAGE),
        ("us.mistral.pixtral-large-2502-v1:0", WITH_IMAGE | TOOLS),
        ("amazon.nova-pro-v1:0", WITH_IMAGE | SYSTEM | TOOLS),
        ("ai21.jamba-1-5-large-v1:0", TOOLS | SYSTEM),
        ("cohere.command-r-plus-v1:0", TOOLS | SYSTEM),
        ("us.writer.palmyra-x5-v1:0", TOOLS | SYSTEM),
        ("qwen.qwen3-vl-235b-a22b", WITH_IMAGE),
        ("google.gemma-3-27b-it", WITH_IMAGE),
        ("moonshotai.kimi-k2.5", WITH_IMAGE | TOOLS),
        ("deepseek.v3.2", TOOLS | SYSTEM),
        ("mistral.mistral-large-3-675b-instruct", WITH_IMAGE),
    ],
)
@mock_ml
def test_supported_features_are_accepted(model_id: str, params: dict[str, Any]) -> None:
    found = bedrock_client().converse(modelId=model_id, **{"messages": [HI]} | params)
    assert "mock answer" in found["output"]["message"]["content"][0]["text"]


@pytest.mark.parametrize(
    "model_id",
    [
        "amazon.nova-reel-v1:1",
        "luma.ray-v2:0",
        "us.twelvelabs.marengo-embed-3-0-v1:0",
        "amazon.nova-2-multimodal-embeddings-v1:0",
    ],
)
def test_models_that_support_async_invokes(model_id: str) -> None:
    assert parse_model_id(model_id).traits.async_invoke
