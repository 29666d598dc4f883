"""We serialise, botocore's parser reads what we meant: for every operation that we hold."""

from datetime import datetime, timezone
from typing import Any

import pytest
from botocore.exceptions import EventStreamError
from hypothesis import given, settings
from hypothesis import strategies as st

from mlmock.aws.protocol.rest_json import Operation
from mlmock.errors import ServiceError
from tests.aws.botocore_codec import read
from tests.aws.hypothesis_profile import FEW
from tests.aws.minimal_values import minimal
from tests.aws.operations import every_operation, every_stream
from tests.aws.shape_strategies import structures, values

UTC = timezone.utc


def answered_by(operation: Operation) -> st.SearchStrategy[dict[str, Any]]:
    """Return valid results of an operation, outside its event stream."""
    shape = operation.model.output_shape
    streamed = operation.output_payload if operation.event_stream is not None else None
    return structures(shape, without=frozenset({str(streamed)}))


def events_of(operation: Operation) -> dict[str, Any]:
    """Return the shapes of an operation's events by name."""
    return _of_stream(operation, exceptions=False)


def exceptions_of(operation: Operation) -> dict[str, Any]:
    """Return the shapes of the exceptions that may end an operation's stream."""
    return _of_stream(operation, exceptions=True)


def _of_stream(operation: Operation, *, exceptions: bool) -> dict[str, Any]:
    shape = operation.model.output_shape.members[operation.output_payload]
    found = shape.members.items()
    return {n: m for n, m in found if bool(m.metadata.get("exception")) is exceptions}


@every_operation
@settings(FEW)
@given(data=st.data())
def test_botocore_reads_what_we_answer(operation: Operation, data: st.DataObject) -> None:
    result = data.draw(answered_by(operation))
    if operation.event_stream is not None:
        result[str(operation.output_payload)] = []
    answer = operation.serialise(result)
    found = read(operation, answer)
    if operation.event_stream is not None:
        found[str(operation.output_payload)] = list(found[str(operation.output_payload)])
    payload = operation.output_payload
    empty = {payload: b""} if payload and operation.event_stream is None else {}
    assert found == {**empty, **result}
    assert answer.status == operation.model.http.get("responseCode", 200)


def test_a_timestamp_keeps_its_milliseconds(operations: dict[str, Operation]) -> None:
    moment = datetime(2026, 2, 3, 4, 5, 6, 789_000, UTC)
    describe = operations["DescribeHumanLoop"]
    answer = describe.serialise({"CreationTime": moment})
    assert answer.body == b'{"CreationTime":"2026-02-03T04:05:06.789Z"}'
    assert read(describe, answer) == {"CreationTime": moment}


def test_half_a_surrogate_pair_is_escaped(operations: dict[str, Operation]) -> None:
    describe = operations["DescribeHumanLoop"]
    assert describe.serialise({"FailureReason": "\ud800"}).body == b'{"FailureReason":"\\ud800"}'


# -- event streams ----------------------------------------------------------------------------


@every_stream
@settings(FEW)
@given(data=st.data())
def test_every_kind_of_event_is_read_as_it_was_meant(
    operation: Operation, data: st.DataObject
) -> None:
    payload = str(operation.output_payload)
    shapes = events_of(operation)
    events = [{name: data.draw(values(shape))} for name, shape in shapes.items()]
    found = read(operation, operation.serialise({payload: iter(events)}))
    empty = {name: empty_payload(shape) for name, shape in shapes.items()}
    assert list(found[payload]) == [
        {name: {**empty[name], **event} for name, event in item.items()} for item in events
    ]


def empty_payload(shape: Any) -> dict[str, Any]:
    """Return the payload of an event that was given none."""
    members = shape.members.items()
    return {n: b"" for n, m in members if m.serialization.get("eventpayload")}


@every_stream
def test_every_exception_may_end_a_stream(operation: Operation) -> None:
    payload = str(operation.output_payload)
    for name, shape in exceptions_of(operation).items():
        for code in (name, shape.name):
            stream = read(operation, operation.serialise({payload: _broken(operation, code)}))
            taken = []
            with pytest.raises(EventStreamError) as caught:
                taken.extend(stream[payload])
            assert caught.value.response["Error"] == {"Code": name, "Message": "it broke"}
            assert caught.value.operation_name == operation.name
            assert len(taken) == 1


def _broken(operation: Operation, code: str) -> Any:
    name, shape = next(iter(events_of(operation).items()))
    yield {name: minimal(shape)}
    raise ServiceError(code, "it broke")
