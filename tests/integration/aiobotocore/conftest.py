"""A running mock and asynchronous clients of it."""

from __future__ import annotations

from typing import Any

import pytest

from mlmock import mock_ml
from tests.integration.aiobotocore.helpers import session


@pytest.fixture
def anyio_backend() -> str:
    """Aiobotocore speaks asyncio."""
    return "asyncio"


@pytest.fixture
async def ml(anyio_backend: str) -> Any:
    """A running mock."""
    async with mock_ml() as running:
        yield running


@pytest.fixture
async def a2i(ml: Any) -> Any:
    """A client of human loops."""
    async with session().create_client("sagemaker-a2i-runtime") as client:
        yield client


@pytest.fixture
async def sagemaker(ml: Any) -> Any:
    """A client of endpoints."""
    async with session().create_client("sagemaker-runtime") as client:
        yield client


@pytest.fixture
async def bedrock(ml: Any) -> Any:
    """A client of models."""
    async with session().create_client("bedrock-runtime") as client:
        yield client
