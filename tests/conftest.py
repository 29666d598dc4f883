"""No test reaches the network: a socket that would leave the machine is an error."""

from __future__ import annotations

import os
import socket
from typing import Any

import pytest

pytest_plugins = ["pytester"]

_connect = socket.socket.connect
_LOOPBACK = ("127.", "::1", "localhost")


def _refuse(self: socket.socket, address: Any) -> Any:
    host = address[0] if isinstance(address, tuple) else ""
    if isinstance(address, tuple) and not str(host).startswith(_LOOPBACK):
        raise AssertionError(f"a test opened a socket to {address!r}")
    return _connect(self, address)


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
