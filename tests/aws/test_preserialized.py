"""A result with a serialized body is sent unchanged."""

from __future__ import annotations

from mlmock.aws.protocol.compiler import operation
from mlmock.aws.protocol.messages import PreserializedResult


def test_serialized_body_is_not_serialized_again() -> None:
    body = b'{"invocationArn":"arn"}'
    plan = operation("bedrock-runtime", "StartAsyncInvoke")
    answer = plan.serialize(PreserializedResult({"invocationArn": "arn"}, body))
    assert answer.body is body
    assert answer == plan.serialize({"invocationArn": "arn"})
