"""Short ways to say things to a model with real boto3 clients."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

CLAUDE = "anthropic.claude-3-haiku-20240307-v1:0"
NEW_CLAUDE = "anthropic.claude-sonnet-4-5-20250929-v1:0"
NOVA = "amazon.nova-lite-v1:0"
LLAMA = "meta.llama3-1-70b-instruct-v1:0"
WEATHER = {
    "tools": [
        {
            "toolSpec": {
                "name": "get_weather",
                "inputSchema": {
                    "json": {
                        "type": "object",
                        "properties": {"city": {"type": "string"}},
                        "required": ["city"],
                    }
                },
            }
        }
    ]
}


def bedrock(region: str = "us-east-1") -> Any:
    """Return a client."""
    return boto3.client("bedrock-runtime", region_name=region)


def user(*blocks: Any) -> dict[str, Any]:
    """Return a turn of the user; texts may stand as they are."""
    return {"role": "user", "content": [_block(block) for block in blocks]}


def assistant(*blocks: Any) -> dict[str, Any]:
    """Return a turn of the assistant."""
    return {"role": "assistant", "content": [_block(block) for block in blocks]}


def _block(block: Any) -> Any:
    return {"text": block} if isinstance(block, str) else block


def uses(ident: str, name: str = "get_weather", **more: Any) -> dict[str, Any]:
    """Return a tool use."""
    return {"toolUse": {"toolUseId": ident, "name": name, "input": more}}


def result(ident: str, *content: Any, **more: Any) -> dict[str, Any]:
    """Return a tool result."""
    blocks = [_block(block) for block in content]
    return {"toolResult": {"toolUseId": ident, "content": blocks, **more}}


def converse(*messages: Any, model: str = CLAUDE, **more: Any) -> Any:
    """Call Converse; a text is a turn of the user."""
    turns = [user(m) if isinstance(m, str) else m for m in messages]
    return bedrock().converse(modelId=model, messages=turns, **more)


def said(*messages: Any, **more: Any) -> str:
    """Return the text that Converse answers."""
    blocks = converse(*messages, **more)["output"]["message"]["content"]
    return "".join(block.get("text", "") for block in blocks)


def streamed(*messages: Any, model: str = CLAUDE, **more: Any) -> list[Any]:
    """Return the events of ConverseStream, each as its name and its value."""
    turns = [user(m) if isinstance(m, str) else m for m in messages]
    answer = bedrock().converse_stream(modelId=model, messages=turns, **more)
    return [pair for event in answer["stream"] for pair in event.items()]


def refusal(*messages: Any, **more: Any) -> str:
    """Return the message of the ValidationException that Converse is refused with."""
    with pytest.raises(ClientError) as caught:
        converse(*messages, **more)
    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return error["Message"]
