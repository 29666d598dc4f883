"""Calls of InvokeModel and its stream, with provider bodies as Python values."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.services.bedrock_runtime.converse_helpers import bedrock_client

METRICS = "amazon-bedrock-invocationMetrics"


def invoke_model(model_id: str, body: Any) -> dict[str, Any]:
    """Return the response of InvokeModel with its body parsed."""
    response: dict[str, Any] = bedrock_client().invoke_model(
        modelId=model_id, body=json.dumps(body)
    )
    response["body"] = json.loads(response["body"].read())
    return response


def invoke(model_id: str, **body: Any) -> dict[str, Any]:
    """Return the body of a model's response to `body`."""
    answer: dict[str, Any] = invoke_model(model_id, body)["body"]
    return answer


def stream_chunks(model_id: str, **body: Any) -> list[dict[str, Any]]:
    """Return the parsed chunks of a stream."""
    response = bedrock_client().invoke_model_with_response_stream(
        modelId=model_id, body=json.dumps(body)
    )
    return [json.loads(event["chunk"]["bytes"]) for event in response["body"]]


def error_message(model_id: str, **body: Any) -> str:
    """Return the message of the ValidationException that `body` raises."""
    with pytest.raises(ClientError) as caught:
        invoke(model_id, **body)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return str(caught.value.response["Error"]["Message"])


def schema_violations(model_id: str, **body: Any) -> str:
    """Return the schema violations that a model reports for `body`."""
    message = error_message(model_id, **body)
    prefix, suffix = "Malformed input request: ", ", please reformat your input and try again."
    assert message.startswith(prefix)
    assert message.endswith(suffix)
    return message.removeprefix(prefix).removesuffix(suffix)
