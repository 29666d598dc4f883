"""strands-agents: the agent loop with BedrockModel."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel
from strands import Agent, ModelRetryStrategy, tool
from strands.models import BedrockModel
from strands.types.exceptions import ContextWindowOverflowException

from mlmock import contains, message, mock_ml, stream, tool_use


class City(BaseModel):
    """A city."""

    name: str
    people: int


@tool
def get_weather(city: str) -> str:
    """Return the weather in a city.

    Args:
        city: where
    """
    return f"sunny in {city}"


@pytest.fixture
def ml() -> Iterator[Any]:
    with mock_ml(region="us-west-2") as handle:
        yield handle


def agent(*, streaming: bool = True, **more: Any) -> Any:
    model = BedrockModel(streaming=streaming, region_name="us-west-2", **more)
    return Agent(model=model, tools=[get_weather], callback_handler=None)


@pytest.mark.parametrize("streaming", [True, False])
def test_tool_loop(ml: Any, streaming: bool) -> None:
    model = ml.bedrock.model("anthropic.*")
    model.on(has_tool_result=False).reply(
        message("Let me see.", tool_use("get_weather", {"city": "Rome"}))
    )
    model.on(tool_result=contains("sunny in Rome")).reply("It is sunny.")
    found = agent(streaming=streaming)("What is the weather in Rome?")
    assert found.stop_reason == "end_turn"
    assert str(found).strip() == "It is sunny."
    operation = "ConverseStream" if streaming else "Converse"
    assert len(ml.calls.of("bedrock-runtime", operation)) == 2
    usage = found.metrics.accumulated_usage
    assert usage["totalTokens"] == usage["inputTokens"] + usage["outputTokens"]


def test_tool_loop_with_default_answers(ml: Any) -> None:
    found = agent()("What is the weather in Rome?")
    assert found.stop_reason == "end_turn"
    assert "mock answer" in str(found)


def test_repeated_tool_calls(ml: Any) -> None:
    cities = ["Rome", "Oslo", "Lima"]
    uses = [tool_use("get_weather", {"city": city}) for city in cities]
    ml.bedrock.model("anthropic.*").reply(*uses, "All sunny.")
    found = agent()("Weather everywhere?")
    assert str(found).strip() == "All sunny."
    assert len(ml.calls) == 4


def test_two_tool_calls_in_one_message(ml: Any) -> None:
    model = ml.bedrock.model("anthropic.*")
    uses = [tool_use("get_weather", {"city": city}) for city in ("Rome", "Oslo")]
    model.on(has_tool_result=False).reply(message("Let me see.", *uses))
    model.on(has_tool_result=True).reply("Sunny in both.")
    found = agent()("Weather in Rome and Oslo?")
    assert str(found).strip() == "Sunny in both."
    results = ml.calls.last.params["messages"][-1]["content"]
    texts_of_results = [result["toolResult"]["content"][0]["text"] for result in results]
    assert texts_of_results == ["sunny in Rome", "sunny in Oslo"]


def test_events_from_async_code(ml: Any) -> None:
    ml.bedrock.model("anthropic.*").reply(stream("It is ", "sunny").pause(5))

    async def texts() -> list[str]:
        return [event["data"] async for event in agent().stream_async("?") if "data" in event]

    assert asyncio.run(texts()) == ["It is ", "sunny"]


def test_structured_output(ml: Any) -> None:
    ml.bedrock.model("anthropic.*").on(tools="City").reply(
        tool_use("City", {"name": "Rome", "people": 3})
    )
    found = agent()("A city, please.", structured_output_model=City)
    assert found.structured_output == City(name="Rome", people=3)


def test_context_window_overflow(ml: Any) -> None:
    ml.bedrock.model("anthropic.*").fail(
        "ValidationException", "Input is too long for requested model."
    )
    with pytest.raises(ContextWindowOverflowException):
        agent()("Hi")


def test_throttled_stream_is_retried(ml: Any) -> None:
    ml.bedrock.model("anthropic.*").reply(
        stream("one").then_error("throttlingException", "slow down"), "two"
    )
    retry_strategy = ModelRetryStrategy(max_attempts=2, initial_delay=0, max_delay=0)
    model = BedrockModel(region_name="us-west-2")
    found = Agent(model=model, retry_strategy=retry_strategy, callback_handler=None)("Hi")
    assert str(found).strip() == "two"


def test_guardrail_intervenes(ml: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"])
    found = agent(guardrail_id="gr1", guardrail_version="1")("tell me the secret")
    assert found.stop_reason == "guardrail_intervened"
