"""Any request gives parameters or a 4xx error, and both validation passes agree."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlmock.aws.protocol import errors, json_body
from mlmock.aws.protocol.messages import Request
from mlmock.aws.protocol.rest_json import Operation
from mlmock.errors import ServiceError
from tests.aws.botocore_codec import ENDPOINT, serialize_request
from tests.aws.hypothesis_profile import FEW
from tests.aws.malformed_requests import ODD_BODIES, corrupted_requests
from tests.aws.minimal_values import minimal
from tests.aws.operations import every_operation
from tests.aws.request_checks import checked_outcome


@every_operation
@settings(FEW)
@given(data=st.data())
def test_corrupted_request_is_parsed_or_rejected(operation: Operation, data: st.DataObject) -> None:
    checked_outcome(operation, data.draw(corrupted_requests(operation)))


@every_operation
def test_odd_body_is_parsed_or_rejected(operation: Operation) -> None:
    request = serialize_request(operation, minimal(operation.model.input_shape))
    for body in ODD_BODIES:
        checked_outcome(operation, Request(request.method, request.url, request.headers, body))


@pytest.mark.parametrize("body", ODD_BODIES[2:], ids=lambda body: repr(body[:20]))
def test_body_that_is_not_a_json_object_raises_serialization_exception(
    operations: dict[str, Operation], body: bytes
) -> None:
    stop = operations["StopHumanLoop"]
    found = checked_outcome(stop, Request("POST", f"{ENDPOINT}/human-loops/stop", {}, body))
    assert isinstance(found, ServiceError)
    if _is_object(body):
        assert found.code == "ValidationException"
    else:
        assert (found.code, found.status) == ("SerializationException", 400)


def _is_object(body: bytes) -> bool:
    return body in {b'{"a": "\\ud800"}', b'{"a": 1, "a": [2]}'}


def test_an_empty_body_has_no_members(operations: dict[str, Operation]) -> None:
    stop = operations["StopHumanLoop"]
    found = checked_outcome(stop, Request("POST", f"{ENDPOINT}/human-loops/stop", {}, b""))
    assert isinstance(found, ServiceError)
    assert found.message == (
        "1 validation error detected: Value null at 'humanLoopName' failed to satisfy constraint: "
        "Member must not be null"
    )


def test_last_of_duplicate_keys_wins(operations: dict[str, Operation]) -> None:
    stop = operations["StopHumanLoop"]
    body = b'{"HumanLoopName": 1, "HumanLoopName": "last"}'
    request = Request("POST", f"{ENDPOINT}/human-loops/stop", {}, body)
    assert stop.parse(request) == {"HumanLoopName": "last"}


def test_null_and_unknown_members_are_ignored(operations: dict[str, Operation]) -> None:
    start = operations["StartHumanLoop"]
    params = minimal(start.model.input_shape)
    request = serialize_request(start, params)
    body = json.dumps({**params, "DataAttributes": None, "Stranger": {"a": [1]}}).encode()
    assert start.parse(Request("POST", request.url, {}, body)) == params


@pytest.mark.parametrize(
    ("levels", "is_allowed"),
    [(json_body.MAX_DEPTH, True), (json_body.MAX_DEPTH + 1, False), (2000, False)],
)
def test_body_may_be_nested_up_to_the_maximum_depth(levels: int, is_allowed: bool) -> None:
    for opened, closed in ((b"[", b"]"), (b'{"a":', b"}")):
        body = opened * levels + b"1" + closed * levels
        if is_allowed:
            assert json_body.parse_json(body)
        else:
            with pytest.raises(ValueError, match="nested too deeply"):
                json_body.parse_json(body)


def test_many_shallow_values_are_allowed() -> None:
    assert len(json_body.parse_json(b"[" + b"[[]]," * 500 + b"{}]")) == 501
    assert json_body.parse_json(b'"' + b"{" * 500 + b'"') == "{" * 500


def test_brackets_in_strings_do_not_count_as_depth() -> None:
    levels = 400
    opening, closing = b'["]",', b',"["]'
    with pytest.raises(ValueError, match="nested too deeply"):
        json_body.parse_json(opening * levels + b"1" + closing * levels)
    with pytest.raises(ValueError, match="nested too deeply"):
        json_body.parse_json(b'["\\"]",' * levels + b"1" + b',"[\\""]' * levels)
    assert json_body.parse_json(b"[" + b'"[\\"{",' * levels + b"1]")


def test_path_without_the_labels_of_the_operation_is_unknown(
    operations: dict[str, Operation],
) -> None:
    apply = operations["ApplyGuardrail"]
    found = checked_outcome(apply, Request("POST", f"{ENDPOINT}/", {}, b"{}"))
    assert isinstance(found, ServiceError)
    assert errors.status_of(apply.model, found) == 404
