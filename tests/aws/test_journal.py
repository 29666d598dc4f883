"""The journal records the parameters of a call and the response that boto3 returned."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import EventStreamError

from mlmock import mock_ml, output
from mlmock.aws.protocol.rest_json import Operation
from mlmock.errors import ServiceError
from tests.aws.minimal_values import minimal
from tests.aws.operations import EVERY
from tests.aws.stream_shapes import empty_payload, events_of

CALLABLE = [param for param in EVERY if "preview" not in str(param.id)]


def _complete_result(operation: Operation) -> dict[str, Any]:
    """Return a result with every member, and one of each event of a stream."""
    members = operation.model.output_shape.members.items()
    found = {n: minimal(m) for n, m in members if not m.serialization.get("eventstream")}
    if operation.event_stream is not None:
        shapes = events_of(operation)
        events = [{n: {**empty_payload(s), **minimal(s)}} for n, s in shapes.items()]
        found[str(operation.output_payload)] = events
    return found


@pytest.mark.parametrize("operation", CALLABLE)
def test_journal_has_parameters_and_response(operation: Operation) -> None:
    params, result = minimal(operation.model.input_shape), _complete_result(operation)
    with mock_ml() as ml:
        ml.on(operation.service, operation.name).reply(output(**result))
        client = boto3.client(operation.service, region_name="us-east-1")
        found = getattr(client, operation.method)(**params)
        read = {name: _read_all(value) for name, value in found.items()}
        assert params.items() <= ml.calls.last.params.items()
        assert ml.calls.last.response == result
    assert {name: read[name] for name in result} == result


def _read_all(value: Any) -> Any:
    """Return a streamed value read to its end, and any other value unchanged."""
    if hasattr(value, "read"):
        return value.read()
    return list(value) if type(value).__name__ == "EventStream" else value


def test_journal_has_the_events_sent_so_far() -> None:
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


def test_failed_call_has_no_response() -> None:
    with mock_ml() as ml:
        client = boto3.client("sagemaker-a2i-runtime", region_name="us-east-1")
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.describe_human_loop(HumanLoopName="a")
        assert ml.calls.last.response is None
        assert ml.calls.last.params == {"HumanLoopName": "a"}
