"""Whatever arrives, the outcome is parameters or a 4xx; and the two walks never disagree."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlmock.aws.protocol import errors as faults
from mlmock.aws.protocol import json_body as bodies
from mlmock.aws.protocol.messages import Request
from mlmock.aws.protocol.rest_json import Operation
from mlmock.aws.spec.validation import WrongType
from mlmock.errors import ServiceError
from tests.aws.botocore_codec import ENDPOINT, written
from tests.aws.hypothesis_profile import FEW
from tests.aws.malformed_requests import ODD_BODIES, spoilt
from tests.aws.minimal_values import minimal
from tests.aws.operations import every_operation


def outcome(operation: Operation, request: Request) -> dict[str, Any] | ServiceError:
    """Return the parameters of `request`, or the error that refuses it."""
    try:
        return operation.parse(request)
    except ServiceError as fault:
        return fault


def is_refused_by_the_wordy_walk(operation: Operation, request: Request) -> bool:
    """True if the walk that words the faults finds any."""
    try:
        return bool(list(operation._faults(request)))
    except (WrongType, IndexError):
        return True


def check(operation: Operation, request: Request) -> dict[str, Any] | ServiceError:
    """Return the outcome, after asserting that it is one of those that there are."""
    found = outcome(operation, request)
    refused = isinstance(found, ServiceError)
    assert refused is is_refused_by_the_wordy_walk(operation, request)
    assert isinstance(operation.parse_leniently(request), dict)
    if isinstance(found, ServiceError):
        assert 400 <= faults.status_of(operation.model, found) < 500
        assert found.code in {
            "SerializationException",
            "UnknownOperationException",
            faults.validation_code(operation.model),
        }
        assert not str(found.message).startswith("0 ")
        answer = faults.answer_of(operation.model, found)
        assert isinstance(answer.body, bytes)
        assert json.loads(answer.body)
    return found


@every_operation
@settings(FEW)
@given(data=st.data())
def test_a_spoilt_request_is_read_or_refused(operation: Operation, data: st.DataObject) -> None:
    check(operation, data.draw(spoilt(operation)))


@every_operation
def test_a_body_that_is_no_request_is_read_or_refused(operation: Operation) -> None:
    request = written(operation, minimal(operation.model.input_shape))
    for body in ODD_BODIES:
        check(operation, Request(request.method, request.url, request.headers, body))


@pytest.mark.parametrize("body", ODD_BODIES[2:], ids=lambda body: repr(body[:20]))
def test_what_is_no_json_object_is_a_serialization_error(
    operations: dict[str, Operation], body: bytes
) -> None:
    stop = operations["StopHumanLoop"]
    found = check(stop, Request("POST", f"{ENDPOINT}/human-loops/stop", {}, body))
    assert isinstance(found, ServiceError)
    if _is_object(body):
        assert found.code == "ValidationException"
    else:
        assert (found.code, found.status) == ("SerializationException", 400)


def _is_object(body: bytes) -> bool:
    return body in {b'{"a": "\\ud800"}', b'{"a": 1, "a": [2]}'}


def test_an_empty_body_has_no_members(operations: dict[str, Operation]) -> None:
    stop = operations["StopHumanLoop"]
    found = check(stop, Request("POST", f"{ENDPOINT}/human-loops/stop", {}, b""))
    assert isinstance(found, ServiceError)
    assert found.message == (
        "1 validation error detected: Value null at 'humanLoopName' failed to satisfy constraint: "
        "Member must not be null"
    )


def test_the_last_of_duplicate_keys_counts(operations: dict[str, Operation]) -> None:
    stop = operations["StopHumanLoop"]
    body = b'{"HumanLoopName": 1, "HumanLoopName": "last"}'
    request = Request("POST", f"{ENDPOINT}/human-loops/stop", {}, body)
    assert stop.parse(request) == {"HumanLoopName": "last"}


def test_null_and_unknown_members_are_not_given(operations: dict[str, Operation]) -> None:
    start = operations["StartHumanLoop"]
    params = minimal(start.model.input_shape)
    request = written(start, params)
    spoilt_body = json.dumps({**params, "DataAttributes": None, "Stranger": {"a": [1]}}).encode()
    assert start.parse(Request("POST", request.url, {}, spoilt_body)) == params


@pytest.mark.parametrize(
    ("levels", "fits"), [(bodies.DEEPEST, True), (bodies.DEEPEST + 1, False), (2000, False)]
)
def test_a_body_may_be_nested_as_deep_as_any_request_is(levels: int, fits: bool) -> None:
    for opened, closed in ((b"[", b"]"), (b'{"a":', b"}")):
        body = opened * levels + b"1" + closed * levels
        if fits:
            assert bodies.parse(body)
        else:
            with pytest.raises(ValueError, match="nested too deeply"):
                bodies.parse(body)


def test_many_shallow_values_are_no_deep_one() -> None:
    assert len(bodies.parse(b"[" + b"[[]]," * 500 + b"{}]")) == 501
    assert bodies.parse(b'"' + b"{" * 500 + b'"') == "{" * 500


def test_brackets_in_texts_hide_no_depth() -> None:
    levels = 400
    up, down = b'["]",', b',"["]'
    with pytest.raises(ValueError, match="nested too deeply"):
        bodies.parse(up * levels + b"1" + down * levels)
    with pytest.raises(ValueError, match="nested too deeply"):
        bodies.parse(b'["\\"]",' * levels + b"1" + b',"[\\""]' * levels)
    assert bodies.parse(b"[" + b'"[\\"{",' * levels + b"1]")


def test_a_path_without_the_operations_labels_is_unknown(operations: dict[str, Operation]) -> None:
    apply = operations["ApplyGuardrail"]
    found = check(apply, Request("POST", f"{ENDPOINT}/", {}, b"{}"))
    assert isinstance(found, ServiceError)
    assert faults.status_of(apply.model, found) == 404
