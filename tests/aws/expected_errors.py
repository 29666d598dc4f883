"""Validation errors and their expected messages."""

from typing import Any

import pytest

from mlmock.aws.protocol.rest_json import Operation
from mlmock.errors import ServiceError
from tests.aws.botocore_codec import serialize_request


def validation_error(operation: Operation, params: dict[str, Any]) -> ServiceError:
    """Return the error that `operation` raises for `params`."""
    with pytest.raises(ServiceError) as caught:
        operation.parse(serialize_request(operation, params))
    return caught.value


def expected_message(violations: list[str]) -> str:
    """Return the message that lists `violations`."""
    noun = "error" if len(violations) == 1 else "errors"
    return f"{len(violations)} validation {noun} detected: {'; '.join(violations)}"
