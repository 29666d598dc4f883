"""Calls of Converse and ConverseStream with real boto3 clients."""

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


def bedrock_client(region: str = "us-east-1", **options: Any) -> Any:
    """Return a Bedrock Runtime client."""
    return boto3.client("bedrock-runtime", region_name=region, **options)


def user(*blocks: Any) -> dict[str, Any]:
    """Return a user turn; a str is a text block."""
    return {"role": "user", "content": [_block(block) for block in blocks]}


def assistant(*blocks: Any) -> dict[str, Any]:
    """Return an assistant turn; a str is a text block."""
    return {"role": "assistant", "content": [_block(block) for block in blocks]}


def _block(block: Any) -> Any:
    return {"text": block} if isinstance(block, str) else block


def tool_use_block(tool_use_id: str, name: str = "get_weather", **values: Any) -> dict[str, Any]:
    """Return a tool use."""
    return {"toolUse": {"toolUseId": tool_use_id, "name": name, "input": values}}


def tool_result_block(tool_use_id: str, *content: Any, **members: Any) -> dict[str, Any]:
    """Return a tool result."""
    blocks = [_block(block) for block in content]
    return {"toolResult": {"toolUseId": tool_use_id, "content": blocks, **members}}


def converse(*messages: Any, model: str = CLAUDE, **options: Any) -> Any:
    """Call Converse; a str is a user turn."""
    turns = [user(m) if isinstance(m, str) else m for m in messages]
    return bedrock_client().converse(modelId=model, messages=turns, **options)


def converse_text(*messages: Any, **options: Any) -> str:
    """Return the text of a response of Converse."""
    blocks = converse(*messages, **options)["output"]["message"]["content"]
    return "".join(block.get("text", "") for block in blocks)


def stream_events(*messages: Any, model: str = CLAUDE, **options: Any) -> list[Any]:
    """Return the events of ConverseStream as pairs of name and value."""
    turns = [user(m) if isinstance(m, str) else m for m in messages]
    response = bedrock_client().converse_stream(modelId=model, messages=turns, **options)
    return [pair for event in response["stream"] for pair in event.items()]


def error_message(*messages: Any, **options: Any) -> str:
    """Return the message of the ValidationException that Converse raises."""
    with pytest.raises(ClientError) as caught:
        converse(*messages, **options)
    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return error["Message"]
