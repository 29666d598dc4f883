"""botocore serialises, we parse what was given: for every operation that we hold."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mlmock.aws.protocol.rest_json import Operation
from tests.aws.botocore_codec import written
from tests.aws.hypothesis_profile import FEW, HARDLY_ANY
from tests.aws.operations import every_operation
from tests.aws.shape_strategies import structures


def given_to(operation: Operation) -> st.SearchStrategy[dict[str, Any]]:
    """Return valid parameters of an operation."""
    return structures(operation.model.input_shape)


def as_read(operation: Operation, params: dict[str, Any]) -> dict[str, Any]:
    """Return `params` as a service reads them: a body that wasn't given is an empty one."""
    shape = operation.model.input_shape
    payload = shape.serialization.get("payload")
    if payload and shape.members[payload].type_name == "blob":
        return {payload: b"", **params}
    return params


@every_operation
@settings(FEW)
@given(data=st.data())
def test_what_botocore_writes_is_read_as_it_was_given(
    operation: Operation, data: st.DataObject
) -> None:
    params = data.draw(given_to(operation))
    request = written(operation, params)
    assert operation.parse(request) == as_read(operation, params)
    assert operation.parse_leniently(request) == as_read(operation, params)


@every_operation
@settings(HARDLY_ANY)
@given(data=st.data())
def test_a_prefix_in_the_path_of_an_endpoint_changes_nothing(
    operation: Operation, data: st.DataObject
) -> None:
    params = data.draw(given_to(operation))
    request = written(operation, params, endpoint="http://localhost:5005/some/prefix")
    assert operation.parse(request) == as_read(operation, params)
