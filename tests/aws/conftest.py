"""Fixtures of the protocol tests."""

import pytest

from mlmock.aws.protocol.rest_json import Operation
from tests.aws.operations import available_operations


@pytest.fixture(scope="session")
def operations() -> dict[str, Operation]:
    """Return the mocked operations by name; for lookoutvision, those of the later revision."""
    return {operation.name: operation for operation in available_operations()}
