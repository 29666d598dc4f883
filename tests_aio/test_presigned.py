"""Presigned URLs of every held operation, fetched by httpx and aiohttp."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import httpx
import pytest
from moto import mock_aws

from mlmock import NotMocked, mock_ml
from mlmock.wire.rest_json import Operation
from tests.neighbours.presigned import PRESIGNED, human_loops, url_of

pytestmark = pytest.mark.anyio
Fetch = Callable[[str, str], Awaitable[tuple[int, Any]]]
EMPTY: tuple[int, Any] = (200, {"HumanLoopSummaries": []})


async def by_httpx(method: str, url: str) -> tuple[int, Any]:
    """Return the status and the JSON that httpx's async client gets."""
    async with httpx.AsyncClient() as client:
        found = await client.request(method, url)
    return found.status_code, found.json() if found.content else None


async def by_httpx_sync(method: str, url: str) -> tuple[int, Any]:
    """Return the status and the JSON that httpx's sync client gets."""
    found = httpx.request(method, url)
    return found.status_code, found.json() if found.content else None


async def by_httpx2(method: str, url: str) -> tuple[int, Any]:
    """Return the status and the JSON that httpx2, which goes on from httpx, gets."""
    httpx2 = pytest.importorskip("httpx2")
    async with httpx2.AsyncClient() as client:
        found = await client.request(method, url)
    return found.status_code, httpx2.request(method, url).json() if found.content else None


async def by_aiohttp(method: str, url: str) -> tuple[int, Any]:
    """Return the status and the JSON that aiohttp gets."""
    async with aiohttp.ClientSession() as client, client.request(method, url) as found:
        return found.status, await found.json() if await found.read() else None


every_fetcher = pytest.mark.parametrize("fetch", [by_httpx, by_httpx_sync, by_httpx2, by_aiohttp])


@every_fetcher
@pytest.mark.parametrize("operation", PRESIGNED)
async def test_every_operation_is_answered(operation: Operation, fetch: Fetch) -> None:
    with mock_ml(strict=False) as ml:
        status, found = await fetch(operation.model.http["method"], url_of(operation))
        assert ml.calls.last.operation == operation.name
        assert (status < 300) == (ml.calls.last.error is None)
        assert status < 500
        assert status < 300 or "message" in {name.lower() for name in found}


@every_fetcher
async def test_beside_moto_either_way(fetch: Fetch) -> None:
    with mock_aws(), mock_ml():
        assert await fetch("GET", human_loops()) == EMPTY
    with mock_ml(), mock_aws():
        assert await fetch("GET", human_loops()) == EMPTY


@every_fetcher
async def test_another_service_is_refused(fetch: Fetch) -> None:
    with mock_ml() as ml:
        with pytest.raises(NotMocked):
            await fetch("GET", "https://bucket.s3.amazonaws.com/key")
        ml.unmatched.clear()


async def test_a_session_made_before_the_block() -> None:
    async with httpx.AsyncClient() as one, aiohttp.ClientSession() as other:
        with mock_ml():
            url = human_loops()
            assert (await one.get(url)).json() == EMPTY[1]
            async with other.get(url, raise_for_status=True) as found:
                assert await found.json() == EMPTY[1]
