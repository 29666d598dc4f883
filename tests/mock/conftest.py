"""A client of human loops, made before any mock: the tests here start their own.

pytester, when its run is over, takes out of `sys.modules` what that run was the first to import.
The second copy of a module has other classes, so all that a run may import is imported here.
"""

from __future__ import annotations

import contextlib
import pkgutil
from importlib import import_module
from typing import Any

import boto3
import moto.s3
import pytest
import requests

import mlmock

IMPORTED = (moto.s3, requests)
for module in pkgutil.walk_packages(mlmock.__path__, "mlmock."):
    if not module.name.endswith("__main__"):
        with contextlib.suppress(ImportError):  # what needs an extra that isn't here
            import_module(module.name)


@pytest.fixture
def a2i() -> Any:
    session = boto3.Session(aws_access_key_id="AKIAOWN", aws_secret_access_key="own")
    return session.client("sagemaker-a2i-runtime", region_name="us-east-1")
