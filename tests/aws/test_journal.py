"""What the journal shows of a call: what was given, and what boto3 made of the answer."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import EventStreamError

from mlmock import mock_ml, output
from mlmock.aws.protocol.rest_json import Operation
from mlmock.errors import ServiceError
from tests.aws.minimal_values import minimal
from tests.aws.operations import EVERY
from tests.aws.test_serialization import empty_payload, events_of

CALLABLE = [param for param in EVERY if "preview" not in str(param.id)]


def _whole(operation: Operation) -> dict[str, Any]:
    """Return a result with every member that isn't streamed."""
    members = operation.model.output_shape.members.items()
    found = {n: minimal(m) for n, m in members if not m.serialization.get("eventstream")}
    if operation.event_stream is not None:
        shapes = events_of(operation)
        events = [{n: {**empty_payload(s), **minimal(s)}} for n, s in shapes.items()]
        found[str(operation.output_payload)] = events
    return found


@pytest.mark.parametrize("operation", CALLABLE)
def test_the_journal_has_what_was_given_and_what_was_answered(operation: Operation) -> None:
    params, result = minimal(operation.model.input_shape), _whole(operation)
    with mock_ml() as ml:
        ml.on(operation.service, operation.name).reply(output(**result))
        client = boto3.client(operation.service, region_name="us-east-1")
        found = getattr(client, operation.method)(**params)
        read = {name: _all_of(value) for name, value in found.items()}
        assert params.items() <= ml.calls.last.params.items()
        assert ml.calls.last.response == result
    assert {name: read[name] for name in result} == result


def _all_of(value: Any) -> Any:
    """Return a streamed value as a whole, any other as it is."""
    if hasattr(value, "read"):
        return value.read()
    return list(value) if type(value).__name__ == "EventStream" else value


def test_the_journal_has_the_events_that_went_out() -> None:
    def events() -> Any:
        yield {"PayloadPart": {"Bytes": b"a"}}
        yield {"PayloadPart": {"Bytes": b"b"}}
        raise ServiceError("ModelStreamError", "it broke", ErrorCode="StreamBroken")

    with mock_ml() as ml:
        rule = ml.on("sagemaker-runtime", "InvokeEndpointWithResponseStream")
        rule.reply(output(Body=events(), ContentType="text/plain"))
        client = boto3.client("sagemaker-runtime", region_name="us-east-1")
        found = client.invoke_endpoint_with_response_stream(EndpointName="a", Body=b"")
        first = {"PayloadPart": {"Bytes": b"a"}}
        stream = iter(found["Body"])
        assert ml.calls.last.response == {"Body": [], "ContentType": "text/plain"}
        assert next(stream) == first
        assert ml.calls.last.response == {"Body": [first], "ContentType": "text/plain"}
        with pytest.raises(EventStreamError) as caught:
            list(stream)
    assert caught.value.response["Error"] == {"Code": "ModelStreamError", "Message": "it broke"}


def test_an_error_has_no_response() -> None:
    with mock_ml() as ml:
        client = boto3.client("sagemaker-a2i-runtime", region_name="us-east-1")
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.describe_human_loop(HumanLoopName="a")
        assert ml.calls.last.response is None
        assert ml.calls.last.params == {"HumanLoopName": "a"}
