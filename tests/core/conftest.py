"""A client of human loops, made before any mock: the tests here start their own."""

from __future__ import annotations

from typing import Any

import boto3
import pytest


@pytest.fixture
def a2i() -> Any:
    session = boto3.Session(aws_access_key_id="AKIAOWN", aws_secret_access_key="own")
    return session.client("sagemaker-a2i-runtime", region_name="us-east-1")
