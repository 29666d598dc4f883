"""An active mock and asynchronous clients."""

from __future__ import annotations

from typing import Any

import pytest

from mlmock import mock_ml
from tests.integration.aiobotocore.helpers import session


@pytest.fixture
def anyio_backend() -> str:
    """Run on asyncio, as aiobotocore does."""
    return "asyncio"


@pytest.fixture
async def ml(anyio_backend: str) -> Any:
    """Yield the handle of an active mock."""
    async with mock_ml() as handle:
        yield handle


@pytest.fixture
async def a2i(ml: Any) -> Any:
    """Yield an Amazon A2I client."""
    async with session().create_client("sagemaker-a2i-runtime") as client:
        yield client


@pytest.fixture
async def sagemaker(ml: Any) -> Any:
    """Yield a SageMaker Runtime client."""
    async with session().create_client("sagemaker-runtime") as client:
        yield client


@pytest.fixture
async def bedrock(ml: Any) -> Any:
    """Yield a Bedrock Runtime client."""
    async with session().create_client("bedrock-runtime") as client:
        yield client
