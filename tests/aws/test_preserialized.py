"""An answer whose body has been written already is sent as it is."""

from __future__ import annotations

from mlmock.aws.protocol.compiler import operation
from mlmock.aws.protocol.messages import Written


def test_a_written_body_is_not_written_again() -> None:
    body = b'{"invocationArn":"arn"}'
    plan = operation("bedrock-runtime", "StartAsyncInvoke")
    answer = plan.serialise(Written({"invocationArn": "arn"}, body))
    assert answer.body is body
    assert answer == plan.serialise({"invocationArn": "arn"})
