"""A mock and a client for the tests of Amazon Augmented AI Runtime."""

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
    """Return a client in us-east-1 of the account of the mock."""
    return boto3.client("sagemaker-a2i-runtime", region_name="us-east-1")
