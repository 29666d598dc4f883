"""llama-index: BedrockConverse, agents over it, and BedrockEmbedding, unchanged."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import DocumentBlock, TextBlock, ThinkingBlock
from llama_index.core.llms import ChatMessage
from llama_index.embeddings.bedrock import BedrockEmbedding
from llama_index.llms.bedrock_converse import BedrockConverse
from pydantic import BaseModel

from mlmock import message, mock_ml, reasoning, stream, tool_use

CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
WIDTHS = [("amazon.titan-embed-text-v2:0", 1024), ("cohere.embed-multilingual-v3", 1024)]


class City(BaseModel):
    """A city."""

    name: str
    people: int


def multiply(a: int, b: int) -> int:
    """Multiply two numbers."""
    return a * b


@pytest.fixture
def ml() -> Iterator[Any]:
    with mock_ml() as handle:
        yield handle


def llm(**more: Any) -> Any:
    return BedrockConverse(model=CLAUDE, region_name="us-east-1", **more)


def asked(*blocks: Any) -> list[ChatMessage]:
    return [ChatMessage(role="system", content="Be brief."), ChatMessage(blocks=list(blocks))]


def test_chat_and_complete(ml: Any) -> None:
    model = ml.bedrock.model("anthropic.*")
    model.on(last_user="Hi").reply("Hello")
    found = llm().chat(asked(TextBlock(text="Hi")))
    assert found.message.content == "Hello"
    assert found.raw["usage"]["totalTokens"] == 7 + 2
    assert llm().complete("Hi").text == "Hello"


def test_streams_in_both_manners(ml: Any) -> None:
    ml.bedrock.model("anthropic.*").reply(stream("It is ", "sunny").pause(5))
    assert [part.delta for part in llm().stream_complete("?") if part.delta] == ["It is ", "sunny"]

    async def texts() -> list[str]:
        parts = await llm().astream_chat(asked(TextBlock(text="?")))
        return [part.delta async for part in parts if part.delta]

    assert asyncio.run(texts()) == ["It is ", "sunny"]


def test_the_loop_ends(ml: Any) -> None:
    model = ml.bedrock.model("anthropic.*")
    model.on(has_tool_result=False).reply(message("Hm.", tool_use("multiply", {"a": 3, "b": 4})))
    model.on(tool_result="12").reply("It is 12.")

    async def talk() -> str:
        return str(await FunctionAgent(tools=[multiply], llm=llm()).run("3 times 4?"))

    assert asyncio.run(talk()) == "It is 12."


def test_structured_output(ml: Any) -> None:
    ml.bedrock.model("anthropic.*").on(tools="City").reply(
        tool_use("City", {"name": "Rome", "people": 3})
    )
    assert llm().as_structured_llm(City).complete("?").raw == City(name="Rome", people=3)


def test_structured_output_by_default(ml: Any) -> None:
    assert isinstance(llm().as_structured_llm(City).complete("?").raw, City)


def test_reasoning_goes_back_to_the_model(ml: Any) -> None:
    ml.bedrock.model("anthropic.*").reply(message(reasoning("Hm."), "Yes."))
    thinking = llm(
        max_tokens=4096, temperature=1, thinking={"type": "enabled", "budget_tokens": 1024}
    )
    first = thinking.chat(asked(TextBlock(text="?"))).message
    assert isinstance(first.blocks[0], ThinkingBlock)
    again = [*asked(TextBlock(text="?")), first, ChatMessage(content="And now?")]
    assert thinking.chat(again).message.content == "Yes."


def test_a_document(ml: Any) -> None:
    ml.bedrock.model("anthropic.*").on(last_user="What is it?").reply("A page.")
    page = DocumentBlock(data=b"%PDF-1.4", title="page", document_mimetype="application/pdf")
    assert llm().chat(asked(TextBlock(text="What is it?"), page)).message.content == "A page."


def test_throttling_is_tried_again(ml: Any) -> None:
    ml.bedrock.model("anthropic.*").fail("ThrottlingException", times=1)
    assert "mock answer" in llm(max_retries=2).complete("?").text


@pytest.mark.parametrize(("model", "width"), WIDTHS)
def test_embeddings(ml: Any, model: str, width: int) -> None:
    embedding = BedrockEmbedding(model_name=model, region_name="us-east-1")
    first, second = embedding.get_text_embedding_batch(["one", "two"])
    assert len(first) == len(second) == width
    assert embedding.get_text_embedding("one") == first != second
