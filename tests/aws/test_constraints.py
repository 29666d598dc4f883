"""Every constraint of every operation is checked, with AWS's message."""

from typing import Any

from mlmock.aws.protocol import errors
from mlmock.aws.protocol.rest_json import Operation
from tests.aws.botocore_codec import serialize_request
from tests.aws.constraint_violations import incomplete_requests, invalid_requests
from tests.aws.expected_errors import expected_message, validation_error
from tests.aws.minimal_values import Position, minimal, positions
from tests.aws.operations import every_operation


@every_operation
def test_minimal_parameters_are_accepted(operation: Operation) -> None:
    params = minimal(operation.model.input_shape)
    assert params.items() <= operation.parse(serialize_request(operation, params)).items()


@every_operation
def test_violated_constraint_is_reported_with_its_message(
    operation: Operation,
) -> None:
    count = 0
    for position in positions(operation.model.input_shape):
        for params, messages in invalid_requests(position):
            error = validation_error(operation, params)
            assert (error.message, error.code) == (
                expected_message(messages),
                errors.validation_error_code(operation.model),
            )
            count += 1
    assert count or not _is_constrained(operation)


def _is_constrained(operation: Operation) -> bool:
    limited = {"min", "max", "pattern", "enum"}
    return any(limited & set(p.shape.metadata) for p in positions(operation.model.input_shape))


@every_operation
def test_missing_member_is_reported(operation: Operation) -> None:
    shape = operation.model.input_shape
    for position in (Position((), (shape,)), *positions(shape)):
        for params, messages in incomplete_requests(position):
            if _can_be_omitted(operation, position, params):
                assert validation_error(operation, params).message == expected_message(messages)


def _can_be_omitted(operation: Operation, position: Position, params: dict[str, Any]) -> bool:
    """Return whether the member can be omitted; labels and payloads cannot."""
    shape = operation.model.input_shape
    lacking = set(shape.required_members) - set(params)
    if position.steps or not lacking:
        return True
    (name,) = lacking
    label = shape.members[name].serialization.get("location") == "uri"
    return not (label or name == shape.serialization.get("payload"))
