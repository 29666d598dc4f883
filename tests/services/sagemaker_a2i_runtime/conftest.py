"""A running mock and a client of it, for every test here."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from mlmock import MockML


@pytest.fixture
def ml(mlmock: MockML) -> MockML:
    return mlmock


@pytest.fixture
def a2i(mlmock: MockML) -> Any:
    """A client in us-east-1, of the mock's own account."""
    return boto3.client("sagemaker-a2i-runtime", region_name="us-east-1")
