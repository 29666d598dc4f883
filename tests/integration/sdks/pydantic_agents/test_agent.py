"""pydantic-ai: agents, streams, tools, structured output and embeddings."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic_ai import Agent, BinaryContent, Embedder, NativeOutput
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.messages import ThinkingPart

from mlmock import contains, message, mock_ml, reasoning, stream, tool_use

CLAUDE = "bedrock:us.anthropic.claude-sonnet-4-5-20250929-v1:0"
WIDTHS = [("amazon.titan-embed-text-v2:0", 1024), ("cohere.embed-v4:0", 1536)]


class City(BaseModel):
    """A city."""

    name: str
    people: int


@pytest.fixture
def ml(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_ml() as handle:
        yield handle


def test_answer(ml: Any) -> None:
    ml.bedrock.model("anthropic.*").on(system="Be brief.", last_user="Hi").reply("Hello")
    found = Agent(CLAUDE, instructions="Be brief.").run_sync("Hi")
    assert found.output == "Hello"
    assert (found.usage.input_tokens, found.usage.output_tokens) == (3 + 3 + 1, 2)


def test_stream(ml: Any) -> None:
    ml.bedrock.model("anthropic.*").reply(stream("It is ", "sunny").pause(5))

    async def texts() -> list[str]:
        async with Agent(CLAUDE).run_stream("?") as answer:
            return [text async for text in answer.stream_text(delta=True, debounce_by=None)]

    assert asyncio.run(texts()) == ["It is ", "sunny"]


def test_tool_loop(ml: Any) -> None:
    model = ml.bedrock.model("anthropic.*")
    model.on(has_tool_result=False).reply(
        message("Let me see.", tool_use("get_weather", {"city": "Rome"}))
    )
    model.on(tool_result=contains("sunny in Rome")).reply("It is sunny.")
    agent = Agent(CLAUDE)

    @agent.tool_plain
    def get_weather(city: str) -> str:
        return f"sunny in {city}"

    assert agent.run_sync("What is the weather in Rome?").output == "It is sunny."
    assert len(ml.calls) == 2


def test_structured_output(ml: Any) -> None:
    ml.bedrock.model("anthropic.*").on(tools="final_result").reply(
        tool_use("final_result", {"name": "Rome", "people": 3})
    )
    found = Agent(CLAUDE, output_type=City).run_sync("A city, please.")
    assert found.output == City(name="Rome", people=3)


@pytest.mark.parametrize("kind", [City, NativeOutput(City)], ids=["by a tool", "by a schema"])
def test_structured_output_by_default(ml: Any, kind: Any) -> None:
    assert isinstance(Agent(CLAUDE, output_type=kind).run_sync("A city, please.").output, City)


def test_reasoning_is_sent_back_to_the_model(ml: Any) -> None:
    ml.bedrock.model("anthropic.*").reply(message(reasoning("Hm.", signature="sig"), "Yes."))
    agent = Agent(CLAUDE)
    first = agent.run_sync("?").all_messages()
    (thought,) = [part for part in first[-1].parts if isinstance(part, ThinkingPart)]
    assert (thought.content, thought.signature) == ("Hm.", "sig")
    assert agent.run_sync("And now?", message_history=first).output == "Yes."


def test_document(ml: Any) -> None:
    ml.bedrock.model("anthropic.*").on(last_user="What is it?").reply("A page.")
    page = BinaryContent(data=b"%PDF-1.4\n%%EOF", media_type="application/pdf")
    assert Agent(CLAUDE).run_sync(["What is it?", page]).output == "A page."


def test_throttling_error(ml: Any) -> None:
    ml.bedrock.model("anthropic.*").fail("ThrottlingException", "slow down")
    with pytest.raises(ModelHTTPError) as caught:
        Agent(CLAUDE).run_sync("?")
    assert caught.value.status_code == 429


@pytest.mark.parametrize(("model", "width"), WIDTHS)
def test_embeddings(ml: Any, model: str, width: int) -> None:
    embedder = Embedder(f"bedrock:{model}")
    first, second = embedder.embed_documents_sync(["one", "two"]).embeddings
    assert len(first) == len(second) == width
    assert embedder.embed_query_sync("one").embeddings[0] == first != second
