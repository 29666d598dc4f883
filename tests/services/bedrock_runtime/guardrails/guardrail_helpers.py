"""Calls of ApplyGuardrail and parts of their responses."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlmock.services.bedrock_runtime.media.images import generate_png

BLOCKED_MESSAGE = "Sorry, the model cannot answer this question."
UNKNOWN_GUARDRAIL = "The guardrail identifier or version provided in the request does not exist."
PNG = generate_png("a dog", 4, 4)


def apply(client: Any, *content: Any, source: str = "INPUT", **options: Any) -> dict[str, Any]:
    """Apply a guardrail to contents (a str is a text block) and return the response."""
    blocks = [{"text": {"text": c}} if isinstance(c, str) else c for c in content]
    answer: dict[str, Any] = client.apply_guardrail(
        **{"guardrailIdentifier": "gr1", "guardrailVersion": "1"} | options,
        source=source,
        content=blocks,
    )
    del answer["ResponseMetadata"]
    return answer


def outputs(answer: dict[str, Any]) -> list[str]:
    return [each["text"] for each in answer["outputs"]]


def assessment(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the policy sections of the only assessment."""
    [found] = answer["assessments"]
    return {k: v for k, v in found.items() if k.endswith("Policy")}


def qualified_text(value: str, *qualifiers: str) -> dict[str, Any]:
    return {"text": {"text": value, "qualifiers": list(qualifiers)}}


def error_of(client: Any, **options: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        apply(client, "hello", **options)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]
