"""Replaced functions of moto and HTTP clients still have a reviewed source."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from mlmock.interception import installer
from mlmock.interception.patching import Patch
from tests.interception.upstream_sources import check_source, replaced_functions

# From moto 5.0.26 to 5.2.5, urllib3 2.8, responses 0.26, Python 3.10 to 3.13, aiohttp 3.14,
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
TESTED_ELSEWHERE = {"aiobotocore.session"}  # tests/integration/aiobotocore/test_upstream_sources.py


def _patches_of_installed_modules() -> Iterator[Patch]:
    for module, patches in installer._MODULE_PATCHES.items():
        if module not in TESTED_ELSEWHERE and _is_installed(module):
            yield from patches(module)


def _is_installed(module: str) -> bool:
    try:
        import_module(module)
    except ImportError:
        return False
    return True


FUNCTIONS: dict[str, Any] = replaced_functions(_patches_of_installed_modules())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_of_a_late_import_has_a_reviewed_source(name: str) -> None:
    check_source(name.partition(".")[0], name, FUNCTIONS[name], KNOWN)
