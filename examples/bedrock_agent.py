"""An agent and its tests: it looks up what the model asks for, until it asks for no more.

The agent is plain boto3 and knows nothing of mlmock. Run this file to see the tests pass, or give
it to pytest; it needs boto3 and pytest, and no AWS account.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mlmock import MockML, contains, message, mock_ml, stream, tool_use

MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
TOOL = {
    "toolSpec": {
        "name": "get_stock",
        "description": "How many pieces of an article are in stock.",
        "inputSchema": {
            "json": {
                "type": "object",
                "properties": {"article": {"type": "string"}},
                "required": ["article"],
            }
        },
    }
}


class Agent:
    """Answers questions about a warehouse; `get_stock` looks an article up."""

    def __init__(self, get_stock: Callable[[str], int]) -> None:
        self._get_stock = get_stock
        self._client = boto3.client("bedrock-runtime", region_name="us-east-1")

    def ask(self, question: str) -> Iterator[str]:
        """Yield the texts of the answer, turn by turn."""
        talk: list[Any] = [{"role": "user", "content": [{"text": question}]}]
        while True:
            uses = yield from self._turn(talk)
            if not uses:
                return
            talk.append({"role": "user", "content": [self._result(use) for use in uses]})

    def _turn(self, talk: list[Any]) -> Generator[str, None, list[Any]]:
        """Yield the texts of one turn of the model; return the tool uses in it."""
        answer = self._client.converse(modelId=MODEL, messages=talk, toolConfig={"tools": [TOOL]})
        said = answer["output"]["message"]
        talk.append(said)
        yield from (block["text"] for block in said["content"] if "text" in block)
        return [block["toolUse"] for block in said["content"] if "toolUse" in block]

    def _result(self, use: Any) -> Any:
        result: dict[str, Any] = {"toolUseId": use["toolUseId"]}
        try:
            stock = self._get_stock(use["input"]["article"])
        except LookupError as fault:
            result |= {"content": [{"text": f"no such article: {fault}"}], "status": "error"}
        else:
            result["content"] = [{"json": {"stock": stock}}]
        return {"toolResult": result}


STOCK = {"lamp": 3}


@mock_ml
def test_the_agent_looks_it_up(ml: MockML) -> None:
    """What the tool says reaches the model, whose words reach the caller."""
    model = ml.bedrock.model("anthropic.claude-*")
    model.on(last_user=contains("lamp"), has_tool_result=False).reply(
        message("Let me see. ", tool_use("get_stock", {"article": "lamp"}))
    )
    model.on(tool_result={"stock": 3}).reply("There are three.")
    answer = "".join(Agent(STOCK.__getitem__).ask("How many lamps are there?"))
    assert answer == "Let me see. There are three."


@mock_ml
def test_the_agent_says_what_is_not_there(ml: MockML) -> None:
    """A tool that fails is a result as well."""
    model = ml.bedrock.model("anthropic.claude-*")
    model.on(has_tool_result=False).reply(tool_use("get_stock", {"article": "sofa"}))
    model.on(tool_result=contains("no such article")).reply("We don't sell sofas.")
    answer = "".join(Agent(STOCK.__getitem__).ask("How many sofas are there?"))
    assert answer == "We don't sell sofas."


@mock_ml
def test_the_agent_outlives_throttling(ml: MockML) -> None:
    """The client's own retries run, and the test does not wait."""
    ml.bedrock.model("anthropic.claude-*").reply("Good morning.")
    ml.on("bedrock-runtime").fail("ThrottlingException", times=2)
    assert "".join(Agent(STOCK.__getitem__).ask("Hello")) == "Good morning."
    assert len(ml.calls) == 3


@mock_ml
def test_an_answer_that_breaks_is_an_error(ml: MockML) -> None:
    """What breaks in a stream fails a call that isn't streamed."""
    broken = stream("Good ").pause(5).then_error("modelStreamErrorException", "lost")
    ml.bedrock.model("anthropic.claude-*").reply(broken)
    with pytest.raises(ClientError, match="ModelErrorException"):
        "".join(Agent(STOCK.__getitem__).ask("Hello"))


def main() -> None:
    """Run the tests one after the other."""
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
            print(f"{name.replace('_', ' ')}: passed")


if __name__ == "__main__":
    main()
