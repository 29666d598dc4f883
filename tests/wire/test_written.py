"""An answer whose body has been written already is sent as it is."""

from __future__ import annotations

from mlmock.wire.message import Written
from mlmock.wire.models import operation


def test_a_written_body_is_not_written_again() -> None:
    body = b'{"invocationArn":"arn"}'
    plan = operation("bedrock-runtime", "StartAsyncInvoke")
    answer = plan.serialise(Written({"invocationArn": "arn"}, body))
    assert answer.body is body
    assert answer == plan.serialise({"invocationArn": "arn"})
