"""Results that mlmock serializes are parsed by botocore into the same values."""

from datetime import datetime, timezone
from typing import Any

import pytest
from botocore.exceptions import EventStreamError
from hypothesis import given, settings
from hypothesis import strategies as st

from mlmock.aws.protocol.rest_json import Operation
from mlmock.errors import ServiceError
from tests.aws.botocore_codec import parse_response
from tests.aws.hypothesis_profile import FEW
from tests.aws.minimal_values import minimal
from tests.aws.operations import every_operation, every_stream
from tests.aws.shape_strategies import structures, values
from tests.aws.stream_shapes import empty_payload, events_of, exceptions_of

UTC = timezone.utc


def results_of(operation: Operation) -> st.SearchStrategy[dict[str, Any]]:
    """Return valid results of an operation, without its event stream."""
    shape = operation.model.output_shape
    streamed = operation.output_payload if operation.event_stream is not None else None
    return structures(shape, without=frozenset({str(streamed)}))


@every_operation
@settings(FEW)
@given(data=st.data())
def test_botocore_parses_serialized_results_unchanged(
    operation: Operation, data: st.DataObject
) -> None:
    result = data.draw(results_of(operation))
    if operation.event_stream is not None:
        result[str(operation.output_payload)] = []
    answer = operation.serialize(result)
    found = parse_response(operation, answer)
    if operation.event_stream is not None:
        found[str(operation.output_payload)] = list(found[str(operation.output_payload)])
    payload = operation.output_payload
    empty = {payload: b""} if payload and operation.event_stream is None else {}
    assert found == {**empty, **result}
    assert answer.status == operation.model.http.get("responseCode", 200)


def test_timestamp_keeps_its_milliseconds(operations: dict[str, Operation]) -> None:
    moment = datetime(2026, 2, 3, 4, 5, 6, 789_000, UTC)
    describe = operations["DescribeHumanLoop"]
    answer = describe.serialize({"CreationTime": moment})
    assert answer.body == b'{"CreationTime":"2026-02-03T04:05:06.789Z"}'
    assert parse_response(describe, answer) == {"CreationTime": moment}


def test_lone_surrogate_is_escaped(operations: dict[str, Operation]) -> None:
    describe = operations["DescribeHumanLoop"]
    assert describe.serialize({"FailureReason": "\ud800"}).body == b'{"FailureReason":"\\ud800"}'


# -- event streams ----------------------------------------------------------------------------


@every_stream
@settings(FEW)
@given(data=st.data())
def test_botocore_parses_every_event_unchanged(operation: Operation, data: st.DataObject) -> None:
    payload = str(operation.output_payload)
    shapes = events_of(operation)
    events = [{name: data.draw(values(shape))} for name, shape in shapes.items()]
    found = parse_response(operation, operation.serialize({payload: iter(events)}))
    empty = {name: empty_payload(shape) for name, shape in shapes.items()}
    assert list(found[payload]) == [
        {name: {**empty[name], **event} for name, event in item.items()} for item in events
    ]


@every_stream
def test_every_modeled_exception_can_end_a_stream(operation: Operation) -> None:
    payload = str(operation.output_payload)
    for name, shape in exceptions_of(operation).items():
        for code in (name, shape.name):
            stream = parse_response(
                operation, operation.serialize({payload: _failing_stream(operation, code)})
            )
            received = []
            with pytest.raises(EventStreamError) as caught:
                received.extend(stream[payload])
            assert caught.value.response["Error"] == {"Code": name, "Message": "it broke"}
            assert caught.value.operation_name == operation.name
            assert len(received) == 1


def _failing_stream(operation: Operation, code: str) -> Any:
    name, shape = next(iter(events_of(operation).items()))
    yield {name: minimal(shape)}
    raise ServiceError(code, "it broke")
