"""Every constraint at every path of every operation is checked, and worded as AWS words it."""

from typing import Any

import pytest

from mlmock.aws.protocol import errors as faults
from mlmock.aws.protocol.rest_json import Operation
from mlmock.errors import ServiceError
from tests.aws.botocore_codec import written
from tests.aws.constraint_violations import broken_requests, incomplete
from tests.aws.minimal_values import Place, minimal, places
from tests.aws.operations import every_operation


def refusal(operation: Operation, params: dict[str, Any]) -> ServiceError:
    """Return the error with which `operation` refuses `params`."""
    with pytest.raises(ServiceError) as caught:
        operation.parse(written(operation, params))
    return caught.value


def expected(said: list[str]) -> str:
    """Return the message that lists `said`."""
    noun = "error" if len(said) == 1 else "errors"
    return f"{len(said)} validation {noun} detected: {'; '.join(said)}"


@every_operation
def test_the_least_that_is_required_is_accepted(operation: Operation) -> None:
    params = minimal(operation.model.input_shape)
    assert params.items() <= operation.parse(written(operation, params)).items()


@every_operation
def test_a_value_that_breaks_one_constraint_is_refused_with_its_message(
    operation: Operation,
) -> None:
    count = 0
    for place in places(operation.model.input_shape):
        for params, said in broken_requests(place):
            fault = refusal(operation, params)
            assert (fault.message, fault.code) == (
                expected(said),
                faults.validation_code(operation.model),
            )
            count += 1
    assert count or not _is_constrained(operation)


def _is_constrained(operation: Operation) -> bool:
    limited = {"min", "max", "pattern", "enum"}
    return any(limited & set(p.shape.metadata) for p in places(operation.model.input_shape))


@every_operation
def test_what_is_missing_is_named(operation: Operation) -> None:
    shape = operation.model.input_shape
    for place in (Place((), (shape,)), *places(shape)):
        for params, said in incomplete(place):
            if _can_be_left_out(operation, place, params):
                assert refusal(operation, params).message == expected(said)


def _can_be_left_out(operation: Operation, place: Place, params: dict[str, Any]) -> bool:
    """False for a label, without which there is no path, and for a body, which is then empty."""
    shape = operation.model.input_shape
    lacking = set(shape.required_members) - set(params)
    if place.steps or not lacking:
        return True
    (name,) = lacking
    label = shape.members[name].serialization.get("location") == "uri"
    return not (label or name == shape.serialization.get("payload"))
