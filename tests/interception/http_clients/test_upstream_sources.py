"""What we replace in moto and in what fetches URLs reads as it did when somebody read it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from mlmock.interception import installer as install
from mlmock.interception.patching import Patch
from tests.interception.upstream_sources import check, replaced

# Of moto 5.0.26 to 5.2.5, urllib3 2.8, responses 0.26, Python 3.10 to 3.13, aiohttp 3.14,
# httpcore 1.0.9, httpcore2 2.14 and 2.16.
KNOWN: dict[str, set[str]] = {
    "boto3._get_default_session": {"42e286474553d5ad"},
    "moto.core.botocore_stubber.BotocoreStubber.__call__": {
        "6cbb7bf98afec5c8",
        "d71a2e43ae9c174a",
        "d81a34eb37e52193",
    },
    "urllib3.connectionpool.HTTPConnectionPool.urlopen": {"5c626411eeaf5861"},
    "responses.RequestsMock._on_request": {"9b96104df8e77af3"},
    "urllib.request.AbstractHTTPHandler.do_open": {"476e737c165b49d8"},
    "aiohttp.connector.BaseConnector.connect": {"0ceea25030c92265"},
    "httpcore._sync.connection_pool.ConnectionPool.handle_request": {"5447af9ff0be270a"},
    "httpcore._async.connection_pool.AsyncConnectionPool.handle_async_request": {
        "d4122a4440cebadb"
    },
    "httpcore2._sync.connection_pool.ConnectionPool.handle_request": {
        "82029ec9ae9cc2cc",
        "be7c070ee3d484a0",
    },
    "httpcore2._async.connection_pool.AsyncConnectionPool.handle_async_request": {
        "625780b231259c1f",
        "fb660ef447d9c0c8",
    },
}
ELSEWHERE = {"aiobotocore.session"}  # tests/integration/aiobotocore/test_upstream_sources.py


def _installed() -> Iterator[Patch]:
    for module, patches in install._LATE.items():
        if module not in ELSEWHERE and _is_there(module):
            yield from patches(module)


def _is_there(module: str) -> bool:
    try:
        import_module(module)
    except ImportError:
        return False
    return True


FUNCTIONS: dict[str, Any] = replaced(_installed())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_late_imports_read_as_they_did(name: str) -> None:
    check(name.partition(".")[0], name, FUNCTIONS[name], KNOWN)
