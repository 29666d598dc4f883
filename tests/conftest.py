"""No test reaches the network: a socket that would leave the machine is an error."""

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
    """Let tests that are marked `newer_botocore` fail with an older botocore."""
    if _numbers(botocore.__version__) >= _numbers(NEWEST):
        return
    reason = f"asserts what botocore {NEWEST} has"
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
    """Nothing of the machine's AWS configuration reaches a test."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)


@pytest.fixture
def a2i() -> Any:
    """A client of human loops that no mock has made: the tests start their own."""
    import boto3

    session = boto3.Session(aws_access_key_id="AKIAOWN", aws_secret_access_key="own")
    return session.client("sagemaker-a2i-runtime", region_name="us-east-1")


@pytest.fixture(scope="session")
def _everything_imported() -> None:
    """Import all that a run of pytester may import.

    pytester removes from `sys.modules` what its run was the first to import. A second copy of a
    module has other classes.
    """
    names = [each.name for each in pkgutil.walk_packages(mlmock.__path__, "mlmock.")]
    for name in ["moto.s3", "requests", *names]:
        if not name.endswith("__main__"):
            with contextlib.suppress(ImportError):  # what needs an extra that isn't here
                import_module(name)


@pytest.fixture
def pytester(_everything_imported: None, pytester: pytest.Pytester) -> pytest.Pytester:
    return pytester
