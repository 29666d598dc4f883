"""A mock and a Bedrock Runtime client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mlmock import MockML, mock_ml
from tests.services.bedrock_runtime.converse_helpers import bedrock_client


@pytest.fixture
def ml() -> Iterator[MockML]:
    with mock_ml() as ml:
        yield ml


@pytest.fixture
def bedrock(ml: MockML) -> Any:
    return bedrock_client()
