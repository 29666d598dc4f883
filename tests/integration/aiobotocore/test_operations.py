"""Every operation answers an asynchronous client as it answers boto3."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import boto3
import pytest
from aiobotocore.config import AioConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from mlmock import mock_ml
from mlmock.aws.protocol.rest_json import Operation
from tests.aws.minimal_values import minimal
from tests.aws.operations import EVERY
from tests.integration.aiobotocore.helpers import session

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
NO_RETRIES: Any = {"max_attempts": 0}
# The final revision is the default; the preview revision needs an option.
CALLABLE = [param for param in EVERY if "preview" not in str(param.id)]


def by_boto3(operation: Operation, params: dict[str, Any]) -> Any:
    """Return the response or error of boto3."""
    with mock_ml(now=NOW, strict=False):
        client = boto3.client(operation.service, config=Config(retries=NO_RETRIES))
        try:
            return read_all(getattr(client, operation.method)(**params))
        except ClientError as error:
            return str(error), error.response


def read_all(found: dict[str, Any]) -> dict[str, Any]:
    """Return a response with its streams read to the end."""
    return {name: _read(value) for name, value in found.items()}


def _read(value: Any) -> Any:
    if hasattr(value, "read"):
        return value.read()
    return list(value) if hasattr(value, "_event_generator") else value


async def by_aiobotocore(operation: Operation, params: dict[str, Any]) -> Any:
    """Return the response or error of aiobotocore."""
    async with mock_ml(now=NOW, strict=False):
        config = AioConfig(retries=NO_RETRIES)
        async with session().create_client(operation.service, config=config) as client:
            try:
                found = await getattr(client, operation.method)(**params)
                return {name: await _read_async(value) for name, value in found.items()}
            except ClientError as error:
                return str(error), error.response


async def _read_async(value: Any) -> Any:
    if hasattr(value, "iter_chunks"):
        return await value.read()
    return [event async for event in value] if hasattr(value, "_event_generator") else value


@pytest.mark.parametrize("operation", CALLABLE)
async def test_every_operation_answers_as_for_boto3(operation: Operation) -> None:
    params = minimal(operation.model.input_shape)
    assert await by_aiobotocore(operation, params) == by_boto3(operation, params)
