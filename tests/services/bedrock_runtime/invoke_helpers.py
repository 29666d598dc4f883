"""InvokeModel and its stream as tests call them: provider bodies in and out, as Python values."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

METRICS = "amazon-bedrock-invocationMetrics"


def client_of() -> Any:
    """Return a Bedrock Runtime client."""
    return boto3.client("bedrock-runtime", region_name="us-east-1")


def answer(model_id: str, body: Any) -> dict[str, Any]:
    """Return InvokeModel's whole answer, its body read and parsed."""
    found: dict[str, Any] = client_of().invoke_model(modelId=model_id, body=json.dumps(body))
    found["body"] = json.loads(found["body"].read())
    return found


def invoke(model_id: str, **body: Any) -> dict[str, Any]:
    """Return the body that a model answers `body` with."""
    found: dict[str, Any] = answer(model_id, body)["body"]
    return found


def stream(model_id: str, **body: Any) -> list[dict[str, Any]]:
    """Return the chunks of a stream."""
    found = client_of().invoke_model_with_response_stream(modelId=model_id, body=json.dumps(body))
    return [json.loads(event["chunk"]["bytes"]) for event in found["body"]]


def refusal(model_id: str, **body: Any) -> str:
    """Return the text of the ValidationException with which `body` is refused."""
    with pytest.raises(ClientError) as caught:
        invoke(model_id, **body)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return str(caught.value.response["Error"]["Message"])


def malformed(model_id: str, **body: Any) -> str:
    """Return the faults that the schema of a model finds in `body`."""
    text = refusal(model_id, **body)
    head, tail = "Malformed input request: ", ", please reformat your input and try again."
    assert text.startswith(head)
    assert text.endswith(tail)
    return text.removeprefix(head).removesuffix(tail)
