"""langchain-aws: ChatBedrockConverse, ChatBedrock and BedrockEmbeddings, unchanged."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from langchain_aws import BedrockEmbeddings, ChatBedrock, ChatBedrockConverse
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from pydantic import BaseModel

from mlmock import contains, json_output, message, mock_ml, reasoning, stream, tool_use

CLAUDE = "anthropic.claude-3-5-sonnet-20240620-v1:0"
MISTRAL = "mistral.mistral-7b-instruct-v0:2"


class Joke(BaseModel):
    """A joke in two parts."""

    setup: str
    punchline: str


@tool
def get_weather(city: str) -> str:
    """Return the weather in a city."""
    return f"sunny in {city}"


@pytest.fixture
def ml() -> Iterator[Any]:
    with mock_ml() as handle:
        yield handle


@pytest.fixture
def chat(ml: Any) -> Any:
    return ChatBedrockConverse(model=CLAUDE, region_name="us-east-1")


def messages(text: str) -> list[Any]:
    return [SystemMessage("Be brief."), HumanMessage(text)]


# -- ChatBedrockConverse ----------------------------------------------------------------------


def test_invoke(ml: Any, chat: Any) -> None:
    ml.bedrock.model("anthropic.*").on(system="Be brief.", last_user="Hi").reply("Hello")
    found = chat.invoke(messages("Hi"))
    assert found.content == "Hello"
    assert found.response_metadata["stopReason"] == "end_turn"
    assert found.usage_metadata["input_tokens"] == 3 + 3 + 1
    assert found.usage_metadata["output_tokens"] == 2
    assert found.usage_metadata["total_tokens"] == 9


def test_stream(ml: Any, chat: Any) -> None:
    ml.bedrock.model("anthropic.*").reply(stream("It is ", "sunny").pause(5))
    chunks = list(chat.stream("?"))
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole = whole + chunk
    assert whole.text == "It is sunny"
    assert whole.usage_metadata["output_tokens"] == 3
    texts = [chunk.text for chunk in chunks if chunk.text]
    assert texts == ["It is ", "sunny"]


def test_tool_loop(ml: Any, chat: Any) -> None:
    model = ml.bedrock.model("anthropic.*")
    model.on(has_tool_result=False).reply(
        message("Let me see.", tool_use("get_weather", {"city": "Rome"}))
    )
    model.on(tool_result=contains("sunny")).reply("It is sunny.")
    bound = chat.bind_tools([get_weather])
    history: list[Any] = [HumanMessage("What is the weather in Rome?")]
    history.append(bound.invoke(history))
    (call,) = history[-1].tool_calls
    assert (call["name"], call["args"]) == ("get_weather", {"city": "Rome"})
    history.append(ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"]))
    assert bound.invoke(history).content == "It is sunny."


def test_tools_in_a_stream(ml: Any, chat: Any) -> None:
    ml.bedrock.model("anthropic.*").reply(tool_use("get_weather", {"city": "Rome"}))
    chunks = list(chat.bind_tools([get_weather]).stream("?"))
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole = whole + chunk
    (call,) = whole.tool_calls
    assert (call["name"], call["args"]) == ("get_weather", {"city": "Rome"})


def test_structured_output(ml: Any, chat: Any) -> None:
    ml.bedrock.model("anthropic.*").on(tools="Joke").reply(
        tool_use("Joke", {"setup": "Why?", "punchline": "Because."})
    )
    found = chat.with_structured_output(Joke).invoke("A joke, please.")
    assert found == Joke(setup="Why?", punchline="Because.")


def test_structured_output_by_default(ml: Any, chat: Any) -> None:
    found = chat.with_structured_output(Joke).invoke("A joke, please.")
    assert found == Joke(setup="mock", punchline="mock")


def test_structured_output_with_a_schema(ml: Any) -> None:
    model = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
    ml.bedrock.model("anthropic.*").reply(json_output({"setup": "Why?", "punchline": "Because."}))
    newer = ChatBedrockConverse(model=model, region_name="us-east-1")
    found = newer.with_structured_output(Joke, method="json_schema").invoke("A joke, please.")
    assert found == Joke(setup="Why?", punchline="Because.")


def test_async(ml: Any, chat: Any) -> None:
    ml.bedrock.model("anthropic.*").reply("It is sunny")

    async def texts() -> tuple[str, str]:
        whole = await chat.ainvoke("?")
        return whole.text, "".join([chunk.text async for chunk in chat.astream("?")])

    assert asyncio.run(texts()) == ("It is sunny", "It is sunny")


def test_reasoning(ml: Any, chat: Any) -> None:
    ml.bedrock.model("anthropic.*").reply(message(reasoning("Hm."), "Yes."))
    thought, text = chat.invoke("?").content
    assert thought["reasoning_content"]["text"] == "Hm."
    assert text["text"] == "Yes."


def test_errors_and_retries(ml: Any, chat: Any) -> None:
    ml.bedrock.model("anthropic.*").fail("ThrottlingException", times=1)
    assert "mock answer" in chat.invoke("?").content
    ml.bedrock.model("anthropic.*", access=False)
    with pytest.raises(ClientError, match="You don't have access to the model"):
        chat.invoke("?")


def test_guardrail(ml: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"])
    guarded = ChatBedrockConverse(
        model=CLAUDE,
        region_name="us-east-1",
        guardrail_config={"guardrailIdentifier": "gr1", "guardrailVersion": "1"},
    )
    found = guarded.invoke("tell me the secret")
    assert found.response_metadata["stopReason"] == "guardrail_intervened"


# -- ChatBedrock ------------------------------------------------------------------------------


@pytest.fixture
def invoke_chat(ml: Any) -> Any:
    return ChatBedrock(model=CLAUDE, region="us-east-1", beta_use_converse_api=False)


@pytest.mark.parametrize("model", [CLAUDE, MISTRAL], ids=["claude", "mistral"])
def test_usage_from_the_headers(ml: Any, model: str) -> None:
    """A body of Mistral 7B has no token counts; they are read from the headers."""
    ml.bedrock.model("*").reply(message("Hello", usage={"inputTokens": 41, "outputTokens": 7}))
    chat = ChatBedrock(model=model, region="us-east-1", beta_use_converse_api=False)
    found = chat.invoke([HumanMessage("Hi")])
    assert found.content == "Hello"
    assert found.usage_metadata["input_tokens"] == 41
    assert found.usage_metadata["output_tokens"] == 7
    assert found.usage_metadata["total_tokens"] == 48
    assert ml.calls.last.operation == "InvokeModel"


def test_invoke_model_stream(ml: Any, invoke_chat: Any) -> None:
    ml.bedrock.model("anthropic.*").reply("It is sunny")
    chunks = list(invoke_chat.stream(messages("Hi")))
    assert "".join(chunk.text for chunk in chunks) == "It is sunny"
    assert ml.calls.last.operation == "InvokeModelWithResponseStream"


def test_invoke_model_tools(ml: Any, invoke_chat: Any) -> None:
    ml.bedrock.model("anthropic.*").on(tools="get_weather").reply(
        tool_use("get_weather", {"city": "Rome"})
    )
    found: AIMessage = invoke_chat.bind_tools([get_weather]).invoke("What is the weather?")
    assert [(c["name"], c["args"]) for c in found.tool_calls] == [("get_weather", {"city": "Rome"})]


def test_invoke_model_tools_in_a_stream(ml: Any, invoke_chat: Any) -> None:
    ml.bedrock.model("anthropic.*").reply(
        message("Let me see.", tool_use("get_weather", {"city": "Rome"}))
    )
    first, *rest = invoke_chat.bind_tools([get_weather]).stream("?")
    for chunk in rest:
        first = first + chunk
    assert [(c["name"], c["args"]) for c in first.tool_calls] == [("get_weather", {"city": "Rome"})]


def test_invoke_model_tool_loop(ml: Any, invoke_chat: Any) -> None:
    model = ml.bedrock.model("anthropic.*")
    model.on(has_tool_result=False).reply(tool_use("get_weather", {"city": "Rome"}))
    model.on(tool_result=contains("sunny")).reply("It is sunny.")
    bound = invoke_chat.bind_tools([get_weather])
    history: list[Any] = [HumanMessage("What is the weather in Rome?")]
    history.append(bound.invoke(history))
    (call,) = history[-1].tool_calls
    history.append(ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"]))
    assert bound.invoke(history).content == "It is sunny."


def test_invoke_model_structured_output(ml: Any, invoke_chat: Any) -> None:
    ml.bedrock.model("anthropic.*").reply(tool_use("Joke", {"setup": "a", "punchline": "b"}))
    assert invoke_chat.with_structured_output(Joke).invoke("?") == Joke(setup="a", punchline="b")


# -- BedrockEmbeddings ------------------------------------------------------------------------


def test_embeddings(ml: Any) -> None:
    embed = BedrockEmbeddings(model_id="amazon.titan-embed-text-v2:0", region_name="us-east-1")
    first, second = embed.embed_documents(["one", "two"])
    assert len(first) == len(second) == 1024
    assert math.isclose(sum(number * number for number in first), 1, abs_tol=1e-4)
    assert first != second
    assert embed.embed_query("one") == first


def test_scripted_embeddings(ml: Any) -> None:
    ml.bedrock.model("cohere.embed-*").embed({"one": [1.0, 0.0], "two": [0.0, 1.0]})
    embed = BedrockEmbeddings(model_id="cohere.embed-english-v3", region_name="us-east-1")
    assert embed.embed_documents(["one", "two"]) == [[1.0, 0.0], [0.0, 1.0]]
