"""A client, and the handle, for every test here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from mlmock import MockML, mock_ml


@pytest.fixture
def ml() -> Iterator[MockML]:
    with mock_ml() as handle:
        yield handle


@pytest.fixture
def client(ml: MockML) -> Any:
    return boto3.client("sagemaker-runtime", region_name="us-east-1")
