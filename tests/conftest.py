"""No test reaches the network: a socket that would leave the machine is an error."""

from __future__ import annotations

import os
import socket
from typing import Any

import botocore
import pytest

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
