"""A mock, a client and an asynchronous endpoint for the tests of SageMaker Runtime."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from mlmock import MockML, mock_ml
from tests.services.sagemaker_runtime.async_helpers import INPUT


@pytest.fixture
def ml() -> Iterator[MockML]:
    with mock_ml() as handle:
        yield handle


@pytest.fixture
def client(ml: MockML) -> Any:
    return boto3.client("sagemaker-runtime", region_name="us-east-1")


@pytest.fixture
def endpoint(ml: MockML) -> Any:
    ml.s3.put(INPUT, '{"x": [1, 2]}', content_type="application/json")
    return ml.sagemaker.endpoint(
        "later",
        async_output="s3://out-bucket/async/",
        async_failure="s3://out-bucket/failed",
        success_topic="arn:aws:sns:us-east-1:123456789012:good",
        error_topic="arn:aws:sns:us-east-1:123456789012:bad",
    )
