"""Requests that botocore serializes are parsed into the same parameters."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mlmock.aws.protocol.rest_json import Operation
from tests.aws.botocore_codec import serialize_request
from tests.aws.hypothesis_profile import FEW, VERY_FEW
from tests.aws.operations import every_operation
from tests.aws.shape_strategies import structures


def parameters_of(operation: Operation) -> st.SearchStrategy[dict[str, Any]]:
    """Return valid parameters of an operation."""
    return structures(operation.model.input_shape)


def as_received(operation: Operation, params: dict[str, Any]) -> dict[str, Any]:
    """Return `params` as a service receives them: a missing blob payload is empty."""
    shape = operation.model.input_shape
    payload = shape.serialization.get("payload")
    if payload and shape.members[payload].type_name == "blob":
        return {payload: b"", **params}
    return params


@every_operation
@settings(FEW)
@given(data=st.data())
def test_serialized_parameters_are_parsed_unchanged(
    operation: Operation, data: st.DataObject
) -> None:
    params = data.draw(parameters_of(operation))
    request = serialize_request(operation, params)
    assert operation.parse(request) == as_received(operation, params)
    assert operation.parse_leniently(request) == as_received(operation, params)


@every_operation
@settings(VERY_FEW)
@given(data=st.data())
def test_path_prefix_of_an_endpoint_is_ignored(operation: Operation, data: st.DataObject) -> None:
    params = data.draw(parameters_of(operation))
    request = serialize_request(operation, params, endpoint="http://localhost:5005/some/prefix")
    assert operation.parse(request) == as_received(operation, params)
