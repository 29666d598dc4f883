"""Fixtures that isolate clients from the network and the AWS configuration of the machine."""

from __future__ import annotations

import os
import socket
from typing import Any

import pytest

_connect = socket.socket.connect
_LOOPBACK = ("127.", "::1", "localhost")


def _refuse(self: socket.socket, address: Any) -> Any:
    if isinstance(address, tuple) and not str(address[0]).startswith(_LOOPBACK):
        raise AssertionError(f"a client opened a socket to {address!r}")
    return _connect(self, address)


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", _refuse)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
