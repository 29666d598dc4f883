"""langchain-aws with the bodies of every provider: chat, text and embedding models."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_aws import BedrockEmbeddings, ChatBedrock
from langchain_aws.llms import BedrockLLM
from langchain_core.messages import HumanMessage, SystemMessage

from mlmock import mock_ml

CHATS = [
    "anthropic.claude-3-haiku-20240307-v1:0",
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "meta.llama3-8b-instruct-v1:0",
    "meta.llama2-13b-chat-v1",
    "us.meta.llama4-scout-17b-instruct-v1:0",
    "mistral.mistral-7b-instruct-v0:2",
    "mistral.mistral-large-2407-v1:0",
    "us.deepseek.r1-v1:0",
    "openai.gpt-oss-20b-1:0",
    "qwen.qwen3-32b-v1:0",
]
WITH_USAGE = [model for model in CHATS if model != "us.meta.llama4-scout-17b-instruct-v1:0"]
TEXTS = [
    "amazon.titan-text-express-v1",
    "anthropic.claude-v2",
    "cohere.command-text-v14",
    "meta.llama3-8b-instruct-v1:0",
    "mistral.mistral-7b-instruct-v0:2",
]
EMBEDDINGS = [
    ("amazon.titan-embed-text-v1", 1536),
    ("amazon.titan-embed-text-v2:0", 1024),
    ("amazon.titan-embed-image-v1", 1024),
    ("amazon.nova-2-multimodal-embeddings-v1:0", 3072),
    ("cohere.embed-multilingual-v3", 1024),
    ("us.cohere.embed-v4:0", 1536),
]


@pytest.fixture
def ml() -> Iterator[Any]:
    with mock_ml() as handle:
        yield handle


def chat(model: str) -> Any:
    return ChatBedrock(model=model, region="us-east-1", beta_use_converse_api=False)


@pytest.mark.parametrize("model", CHATS)
def test_chats(model: str, ml: Any) -> None:
    ml.bedrock.model("*").on(last_user="Hi").reply("Hello to you")
    found = chat(model).invoke([SystemMessage("Be kind."), HumanMessage("Hi")])
    assert found.content == "Hello to you"
    assert found.usage_metadata["output_tokens"] == 3


@pytest.mark.parametrize("model", WITH_USAGE)
def test_chats_in_streams(model: str, ml: Any) -> None:
    ml.bedrock.model("*").reply("Hello to you")
    first, *rest = chat(model).stream([HumanMessage("Hi")])
    for chunk in rest:
        first = first + chunk
    assert first.content == "Hello to you"
    assert first.usage_metadata["output_tokens"] == 3


@pytest.mark.parametrize("model", TEXTS)
def test_texts(model: str, ml: Any) -> None:
    ml.bedrock.model("*").reply("Hello to you")
    writer = BedrockLLM(model=model, region_name="us-east-1")
    assert writer.invoke("Hi") == "Hello to you"
    assert "".join(writer.stream("Hi")) == "Hello to you"


def test_text_model_without_streaming(ml: Any) -> None:
    ml.bedrock.model("*").reply("Hello to you")
    assert (
        BedrockLLM(model="ai21.j2-mid-v1", region_name="us-east-1").invoke("Hi") == "Hello to you"
    )


@pytest.mark.parametrize(("model", "width"), EMBEDDINGS)
def test_embeddings(model: str, width: int, ml: Any) -> None:
    embeddings = BedrockEmbeddings(model_id=model, region_name="us-east-1")
    found = embeddings.embed_query("a cat")
    assert len(found) == width
    assert math.isclose(math.hypot(*found), 1, abs_tol=1e-5)
    assert embeddings.embed_documents(["a cat", "a dog"])[0] == found
