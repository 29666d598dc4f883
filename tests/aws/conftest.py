"""The operations at hand, by name."""

import pytest

from mlmock.aws.protocol.rest_json import Operation
from tests.aws.operations import known


@pytest.fixture(scope="session")
def operations() -> dict[str, Operation]:
    """Return the operations that we hold by name; of lookoutvision's revisions, the later's."""
    return {operation.name: operation for operation in known()}
