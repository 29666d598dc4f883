"""A mock at a fixed time and a Bedrock Runtime client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mlmock import MockML, mock_ml
from tests.services.bedrock_runtime.async_helpers import NOON
from tests.services.bedrock_runtime.converse_helpers import bedrock_client


@pytest.fixture
def ml() -> Iterator[MockML]:
    with mock_ml(now=NOON) as ml:
        yield ml


@pytest.fixture
def bedrock(ml: MockML) -> Any:
    return bedrock_client()
