"""Parsing of a request, with assertions that hold for every request."""

import json
from typing import Any

from mlmock.aws.protocol import errors
from mlmock.aws.protocol.messages import Request
from mlmock.aws.protocol.rest_json import Operation
from mlmock.aws.spec.validation import WrongType
from mlmock.errors import ServiceError


def outcome(operation: Operation, request: Request) -> dict[str, Any] | ServiceError:
    """Return the parameters of `request`, or the error that it raises."""
    try:
        return operation.parse(request)
    except ServiceError as error:
        return error


def fails_full_validation(operation: Operation, request: Request) -> bool:
    """Return whether the full validation finds a violation."""
    try:
        return bool(list(operation._violations(request)))
    except (WrongType, IndexError):
        return True


def checked_outcome(operation: Operation, request: Request) -> dict[str, Any] | ServiceError:
    """Return the outcome, after asserting that it is a valid one."""
    found = outcome(operation, request)
    is_rejected = isinstance(found, ServiceError)
    assert is_rejected is fails_full_validation(operation, request)
    assert isinstance(operation.parse_leniently(request), dict)
    if isinstance(found, ServiceError):
        assert 400 <= errors.status_of(operation.model, found) < 500
        assert found.code in {
            "SerializationException",
            "UnknownOperationException",
            errors.validation_error_code(operation.model),
        }
        assert not str(found.message).startswith("0 ")
        answer = errors.serialize_error(operation.model, found)
        assert isinstance(answer.body, bytes)
        assert json.loads(answer.body)
    return found
