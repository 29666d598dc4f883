"""Presigned or manually signed requests of every operation, sent by httpx and aiohttp."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import boto3
import httpx
import pytest
from moto import mock_aws

from mlmock import NotMocked, mock_ml
from mlmock.aws.protocol.rest_json import Operation
from tests.integration.aiobotocore.helpers import session
from tests.interception.http_clients.presigned_requests import (
    CALLABLE,
    Fetch,
    fetch_of,
    human_loops,
    plain,
)

pytestmark = pytest.mark.anyio
Fetcher = Callable[[Fetch], Awaitable[tuple[int, bytes]]]
EMPTY: tuple[int, bytes] = (200, b'{"HumanLoopSummaries":[]}')
A2I = "sagemaker-a2i-runtime"
OTHER = "https://bucket.s3.amazonaws.com/key"


async def by_httpx(fetch: Fetch) -> tuple[int, bytes]:
    """Send with the async client of httpx, and return status and body."""
    async with httpx.AsyncClient() as client:
        found = await client.request(
            fetch.method, fetch.url, headers=fetch.headers, content=fetch.body
        )
    return found.status_code, found.content


async def by_httpx_sync(fetch: Fetch) -> tuple[int, bytes]:
    """Send with the sync client of httpx, and return status and body."""
    found = httpx.request(fetch.method, fetch.url, headers=fetch.headers, content=fetch.body)
    return found.status_code, found.content


async def by_httpx2(fetch: Fetch) -> tuple[int, bytes]:
    """Send with httpx2, the successor of httpx, and return status and body."""
    httpx2 = pytest.importorskip("httpx2")
    async with httpx2.AsyncClient() as client:
        found = await client.request(
            fetch.method, fetch.url, headers=fetch.headers, content=fetch.body
        )
    return found.status_code, found.content


async def by_aiohttp(fetch: Fetch) -> tuple[int, bytes]:
    """Send with aiohttp, and return status and body."""
    async with (
        aiohttp.ClientSession() as client,
        client.request(fetch.method, fetch.url, headers=fetch.headers, data=fetch.body) as found,
    ):
        return found.status, await found.read()


FETCHERS = [by_httpx, by_httpx_sync, by_httpx2, by_aiohttp]
every_fetcher = pytest.mark.parametrize("fetch", FETCHERS)


@pytest.fixture
def echo(ml: Any) -> str:
    """Return a presigned URL of an endpoint that echoes the request body."""
    ml.sagemaker.endpoint("echo").reply(lambda call: call.body)
    return endpoint_url("echo")


def endpoint_url(name: str, method: str = "invoke_endpoint") -> str:
    """Return a presigned URL of an endpoint."""
    client = boto3.client("sagemaker-runtime", region_name="us-east-1")
    params = {"EndpointName": name, "Body": b""}
    return str(client.generate_presigned_url(method, Params=params))


@every_fetcher
@pytest.mark.parametrize("operation", CALLABLE)
async def test_every_operation_is_answered(operation: Operation, fetch: Fetcher) -> None:
    with mock_ml(strict=False) as ml:
        client = boto3.client(operation.service, region_name="us-east-1")
        status, body = await fetch(fetch_of(operation, client))
        assert ml.calls.last.operation == operation.name
        assert (status < 300) == (ml.calls.last.error is None)
        assert status < 500
        assert status < 300 or b"essage" in body


async def test_url_presigned_by_an_async_client(ml: Any) -> None:
    async with session().create_client(A2I, "eu-west-1") as client:
        params = {"FlowDefinitionArn": "arn:aws:sagemaker:eu-west-1:123456789012:flow-definition/x"}
        url = await client.generate_presigned_url("list_human_loops", Params=params)
    assert await by_aiohttp(plain(url)) == EMPTY
    assert ml.calls.last.region == "eu-west-1"


@every_fetcher
async def test_moto_inside_and_outside(fetch: Fetcher) -> None:
    with mock_aws(), mock_ml():
        assert await fetch(plain(human_loops())) == EMPTY
    with mock_ml(), mock_aws():
        assert await fetch(plain(human_loops())) == EMPTY


@every_fetcher
async def test_another_service_raises_not_mocked_even_with_moto(fetch: Fetcher) -> None:
    with mock_ml() as ml:
        with pytest.raises(NotMocked):
            await fetch(plain(OTHER))
        with mock_aws(), pytest.raises(NotMocked):
            await fetch(plain(OTHER))
        ml.unmatched.clear()


@every_fetcher
async def test_passthrough_applies_to_the_named_services_only(fetch: Fetcher) -> None:
    with mock_ml(passthrough=["s3"]) as ml:
        with pytest.raises(Exception, match=r"opened a socket|resol|Errno|onnect") as caught:
            await fetch(plain(OTHER))
        assert not isinstance(caught.value, NotMocked)
        with pytest.raises(NotMocked):
            await fetch(plain("https://sqs.us-east-1.amazonaws.com/"))
        assert await fetch(plain(human_loops())) == EMPTY
        ml.unmatched.clear()


# -- request options and response bodies of aiohttp and httpx ---------------------------------


async def test_session_created_before_the_mock() -> None:
    async with httpx.AsyncClient() as one, aiohttp.ClientSession() as other:
        with mock_ml():
            url = human_loops()
            assert (await one.get(url)).content == EMPTY[1]
            async with other.get(url, raise_for_status=True) as found:
                assert await found.read() == EMPTY[1]


async def _parts() -> AsyncIterator[bytes]:
    yield b'{"x"'
    yield b":1}"


AIOHTTP_BODIES: dict[str, Callable[[], dict[str, Any]]] = {
    "json": lambda: {"json": {"x": 1}},
    "bytes": lambda: {"data": b'{"x":1}'},
    "text": lambda: {"data": '{"x":1}'},
    "file": lambda: {"data": io.BytesIO(b'{"x":1}')},
    "parts": lambda: {"data": _parts()},
}


@pytest.mark.parametrize("kind", AIOHTTP_BODIES)
async def test_aiohttp_sends_bodies_of_every_kind(echo: str, kind: str) -> None:
    sent = AIOHTTP_BODIES[kind]()
    async with aiohttp.ClientSession() as client, client.post(echo, **sent) as found:
        assert await found.json(content_type=None) == {"x": 1}


# httpx cannot send files asynchronously.
@pytest.mark.parametrize("kind", AIOHTTP_BODIES.keys() - {"file"})
async def test_httpx_sends_bodies_of_every_kind(echo: str, kind: str) -> None:
    sent = {("content" if k == "data" else k): v for k, v in AIOHTTP_BODIES[kind]().items()}
    async with httpx.AsyncClient() as client:
        assert (await client.post(echo, **sent)).json() == {"x": 1}


async def test_aiohttp_options_are_applied(ml: Any) -> None:
    base = "https://a2i-runtime.sagemaker.us-east-1.amazonaws.com"
    params = {"FlowDefinitionArn": "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/x"}
    async with aiohttp.ClientSession(base, raise_for_status=True) as client:
        async with client.get("/human-loops", params=params) as found:
            assert (await found.json())["HumanLoopSummaries"] == []
            assert found.url.query["FlowDefinitionArn"] == params["FlowDefinitionArn"]
        with pytest.raises(aiohttp.ClientResponseError, match="404"):
            await client.get("/human-loops/nope")
    ml.sagemaker.endpoint("e").reply(lambda call: call.params["ContentType"])
    csv = aiohttp.ClientSession(headers={"Content-Type": "text/csv"})
    async with csv as client, client.post(endpoint_url("e"), data=b"1,2") as found:
        assert await found.text() == "text/csv"


async def test_async_callable_runs_in_the_loop_of_the_caller(ml: Any) -> None:
    running_loop = asyncio.get_running_loop()

    async def answer(call: Any) -> Any:
        await asyncio.sleep(0)
        return {"same": asyncio.get_running_loop() is running_loop}

    ml.sagemaker.endpoint("e").reply(answer)
    for fetch in (by_aiohttp, by_httpx):
        assert await fetch(Fetch("POST", endpoint_url("e"), {}, b"1")) == (200, b'{"same":true}')


async def test_stream_arrives_in_parts_until_it_breaks(ml: Any) -> None:
    ml.sagemaker.endpoint("llm").stream([b"to", b"ken"])
    url = endpoint_url("llm", "invoke_endpoint_with_response_stream")
    async with aiohttp.ClientSession() as client, client.post(url, data=b"{}") as found:
        parts = [part async for part, _ in found.content.iter_chunks()]
    assert [b"to" in parts[0], b"ken" in parts[1]] == [True, True]
    async with httpx.AsyncClient() as sender, sender.stream("POST", url, content=b"{}") as answer:
        parts = [part async for part in answer.aiter_raw()]
    assert [b"to" in parts[0], b"ken" in parts[1]] == [True, True]
    ml.on("sagemaker-runtime").break_stream("drop", after=1)
    with pytest.raises(aiohttp.ClientError):
        await by_aiohttp(Fetch("POST", url, {}, b"{}"))
    with pytest.raises(httpx.RemoteProtocolError):
        await by_httpx(Fetch("POST", url, {}, b"{}"))


FAILURES: Any = [
    ("timeout", aiohttp.ServerTimeoutError, httpx.ReadTimeout),
    ("drop", aiohttp.ServerDisconnectedError, httpx.RemoteProtocolError),
    ("unreachable", aiohttp.ClientConnectorError, httpx.ConnectError),
]


@pytest.mark.parametrize(("kind", "of_aiohttp", "of_httpx"), FAILURES)
async def test_connection_failure_raises_the_exception_of_the_http_client(
    ml: Any, kind: str, of_aiohttp: Any, of_httpx: Any
) -> None:
    getattr(ml.on(A2I), kind)()
    with pytest.raises(of_aiohttp):
        await by_aiohttp(plain(human_loops()))
    for fetch in (by_httpx, by_httpx_sync):
        with pytest.raises(of_httpx):
            await fetch(plain(human_loops()))


async def test_hundred_concurrent_requests_keep_no_connection(ml: Any) -> None:
    async with aiohttp.ClientSession() as client:

        async def one() -> int:
            async with client.get(human_loops()) as found:
                return found.status

        assert set(await asyncio.gather(*(one() for _ in range(100)))) == {200}
        connector: Any = client.connector
        assert not connector._conns
    assert len(ml.calls) == 100
