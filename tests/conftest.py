"""Shared fixtures. A socket that would leave the machine is an error in every test."""

from __future__ import annotations

import contextlib
import os
import pkgutil
import socket
from importlib import import_module
from typing import Any

import botocore
import pytest

import mlmock

NEWEST = "1.44"  # the botocore that tests marked `newer_botocore` are written for
pytest_plugins = ["pytester"]

_connect = socket.socket.connect
_LOOPBACK = ("127.", "::1", "localhost")


def _refuse(self: socket.socket, address: Any) -> Any:
    host = address[0] if isinstance(address, tuple) else ""
    if isinstance(address, tuple) and not str(host).startswith(_LOOPBACK):
        raise AssertionError(f"a test opened a socket to {address!r}")
    return _connect(self, address)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Allow tests marked `newer_botocore` to fail with an older botocore."""
    if _numbers(botocore.__version__) >= _numbers(NEWEST):
        return
    reason = f"asserts behavior of botocore {NEWEST}"
    for item in items:
        if item.get_closest_marker("newer_botocore"):
            item.add_marker(pytest.mark.xfail(reason=reason, strict=False))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2])


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", _refuse)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the AWS configuration of the machine from the tests."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)


@pytest.fixture
def a2i() -> Any:
    """Return an Amazon A2I client that was created outside any mock."""
    import boto3

    session = boto3.Session(aws_access_key_id="AKIAOWN", aws_secret_access_key="own")
    return session.client("sagemaker-a2i-runtime", region_name="us-east-1")


@pytest.fixture(scope="session")
def _all_modules_imported() -> None:
    """Import every module that a pytester run may import.

    pytester removes the modules that its run imported first from `sys.modules`. Importing them
    again would create a second set of classes.
    """
    names = [each.name for each in pkgutil.walk_packages(mlmock.__path__, "mlmock.")]
    for name in ["moto.s3", "requests", *names]:
        if not name.endswith("__main__"):
            with contextlib.suppress(ImportError):  # a module of an extra that is not installed
                import_module(name)


@pytest.fixture
def pytester(_all_modules_imported: None, pytester: pytest.Pytester) -> pytest.Pytester:
    return pytester
