"""Anthropic's client for Bedrock, which signs with botocore and sends with httpx2."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from anthropic import AnthropicBedrock, AsyncAnthropicBedrock, RateLimitError
from pydantic import BaseModel

from mlmock import message, mock_ml, reasoning, tool_use

CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
HI = [{"role": "user", "content": "Hi"}]
REQUEST: Any = {"model": CLAUDE, "max_tokens": 2048, "messages": HI}
WEATHER = {"name": "get_weather", "input_schema": {"type": "object", "properties": {}}}
KEYS: Any = {"aws_access_key": "x", "aws_secret_key": "y", "aws_region": "us-east-1"}


class City(BaseModel):
    """A city."""

    name: str


@pytest.fixture
def ml() -> Iterator[Any]:
    with mock_ml() as handle:
        yield handle


def test_message(ml: Any) -> None:
    ml.bedrock.model("anthropic.*").on(last_user="Hi").reply("Hello")
    found = AnthropicBedrock(**KEYS).messages.create(**REQUEST)
    assert (found.content[0].text, found.usage.output_tokens) == ("Hello", 2)
    assert ml.calls.last.operation == "InvokeModel"


def test_stream(ml: Any) -> None:
    ml.bedrock.model("anthropic.*").reply(message(reasoning("Hm."), "Hello to you"))
    thinking: Any = {"type": "enabled", "budget_tokens": 1024}
    with AnthropicBedrock(**KEYS).messages.stream(**REQUEST, thinking=thinking) as found:
        assert "".join(found.text_stream) == "Hello to you"
        kinds = [block.type for block in found.get_final_message().content]
    assert kinds == ["thinking", "text"]


def test_async_stream(ml: Any) -> None:
    ml.bedrock.model("anthropic.*").reply("Hello to you")

    async def text() -> str:
        async with AsyncAnthropicBedrock(**KEYS).messages.stream(**REQUEST) as found:
            return "".join([text async for text in found.text_stream])

    assert asyncio.run(text()) == "Hello to you"


def test_tools(ml: Any) -> None:
    model = ml.bedrock.model("anthropic.*")
    model.on(has_tool_result=False).reply(message("Hm.", tool_use("get_weather", {"city": "Rome"})))
    model.on(tool_result="sunny").reply("It is sunny.")
    client = AnthropicBedrock(**KEYS)
    first = client.messages.create(**REQUEST, tools=[WEATHER])
    use = first.content[1]
    assert (first.stop_reason, use.input) == ("tool_use", {"city": "Rome"})
    result = {"type": "tool_result", "tool_use_id": use.id, "content": "sunny"}
    turns = [{"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    second = client.messages.create(**REQUEST | {"messages": HI + turns}, tools=[WEATHER])
    assert second.content[0].text == "It is sunny."


def test_structured_output(ml: Any) -> None:
    found = AnthropicBedrock(**KEYS).messages.parse(**REQUEST, output_format=City)
    assert found.parsed_output == City(name="mock")


def test_bearer_token(ml: Any) -> None:
    client = AnthropicBedrock(api_key="key", aws_region="us-east-1")
    assert "mock answer" in client.messages.create(**REQUEST).content[0].text


def test_rate_limit_error(ml: Any) -> None:
    ml.bedrock.model("anthropic.*").fail("ThrottlingException", "slow down")
    with pytest.raises(RateLimitError, match="slow down"):
        AnthropicBedrock(**KEYS, max_retries=0).messages.create(**REQUEST)
