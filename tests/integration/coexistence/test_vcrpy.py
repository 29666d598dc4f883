"""vcrpy cassettes and a mock, nested in both orders."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import boto3
import httpx2
import pytest
import requests
import urllib3
import vcr  # type: ignore[import-untyped]
from aiobotocore.session import get_session

from mlmock import NotMocked, mock_ml

NAME = "sagemaker-a2i-runtime"
FLOW = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/review"
KEYS: Any = {"aws_access_key_id": "AKIAREAL", "aws_secret_access_key": "x"}
RECORDED = """
version: 1
interactions:
- request:
    method: GET
    uri: https://s3.amazonaws.com/
    body: null
    headers: {}
  response:
    status: {code: 200, message: OK}
    headers: {Content-Type: [application/xml]}
    body: {string: "<ListAllMyBucketsResult><Buckets><Bucket><Name>recorded</Name></Bucket>\\
      </Buckets></ListAllMyBucketsResult>"}
"""
Both = Callable[..., tuple[Any, Any]]


@pytest.fixture(params=["cassette outside", "cassette inside"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Both]:
    """Yield a function that enters a mock and a cassette in one of both orders."""
    stack = ExitStack()

    def run(**options: Any) -> tuple[Any, Any]:
        file = tmp_path / "cassette.yaml"
        recorder = vcr.use_cassette(str(file), record_mode=options.pop("record", "all"))
        mock = mock_ml(**options)
        if request.param == "cassette outside":
            return stack.enter_context(recorder), stack.enter_context(mock)
        ml = stack.enter_context(mock)
        return stack.enter_context(recorder), ml

    yield run
    stack.close()


def url() -> str:
    """Return a presigned URL that lists human loops."""
    client = boto3.client(NAME, region_name="us-east-1")
    return str(
        client.generate_presigned_url("list_human_loops", Params={"FlowDefinitionArn": FLOW})
    )


async def by_aiobotocore() -> Any:
    async with get_session().create_client(NAME, "us-east-1") as client:
        return await client.list_human_loops(FlowDefinitionArn=FLOW)


async def by_aiohttp() -> Any:
    async with aiohttp.ClientSession() as client, client.get(url()) as found:
        return await found.json()


async def by_async_httpx() -> Any:
    async with httpx2.AsyncClient() as client:
        return (await client.get(url())).json()


CALLS: dict[str, Callable[[], Any]] = {
    "boto3": lambda: boto3.client(NAME, "us-east-1").list_human_loops(FlowDefinitionArn=FLOW),
    "aiobotocore": lambda: asyncio.run(by_aiobotocore()),
    "requests": lambda: requests.get(url(), timeout=5).json(),
    "urllib3": lambda: urllib3.request("GET", url()).json(),
    "httpx": lambda: httpx2.get(url()).json(),
    "httpx, async": lambda: asyncio.run(by_async_httpx()),
    "aiohttp": lambda: asyncio.run(by_aiohttp()),
}
RECORDED_BY_VCR = {"httpx", "httpx, async", "aiohttp"}  # vcrpy patches these above mlmock's patches


@pytest.mark.parametrize("name", CALLS)
def test_mock_answers_without_opening_a_socket(both: Both, name: str) -> None:
    cassette, ml = both()
    assert CALLS[name]()["HumanLoopSummaries"] == []
    assert ml.calls.last.operation == "ListHumanLoops"
    if name not in RECORDED_BY_VCR:
        assert len(cassette) == 0


def test_cassette_answers_services_in_passthrough(both: Both, tmp_path: Path) -> None:
    (tmp_path / "cassette.yaml").write_text(RECORDED)
    before = boto3.client("s3", "us-east-1", **KEYS)
    cassette, ml = both(record="none", passthrough=["s3"])
    for client in (before, boto3.client("s3", "us-east-1", **KEYS)):
        cassette.rewind()
        assert [each["Name"] for each in client.list_buckets()["Buckets"]] == ["recorded"]
    assert CALLS["boto3"]()["HumanLoopSummaries"] == []
    assert len(ml.calls) == 1


def test_another_service_raises_not_mocked(both: Both) -> None:
    cassette, ml = both()
    with pytest.raises(NotMocked):
        boto3.client("sqs", "us-east-1", **KEYS).list_queues()
    assert len(cassette) == 0
    ml.unmatched.clear()


def test_overlapping_mock_and_cassette_restore_everything(tmp_path: Path) -> None:
    owners: list[tuple[Any, str]] = [
        (aiohttp.BaseConnector, "connect"),
        (aiohttp.ClientSession, "_request"),
        (httpx2.HTTPTransport, "handle_request"),
        (urllib3.connectionpool.HTTPConnectionPool, "urlopen"),
        (urllib3.connectionpool.HTTPSConnectionPool, "ConnectionCls"),
    ]
    before = [vars(owner).get(name) for owner, name in owners]
    for first_out in (0, 1):
        mock = mock_ml()
        cassette = vcr.use_cassette(str(tmp_path / "c.yaml"), record_mode="none")
        starts: list[Callable[[], Any]] = [mock.start, cassette.__enter__]
        ends: list[Callable[[], Any]] = [mock.stop, partial(cassette.__exit__, None, None, None)]
        starts[first_out]()
        starts[1 - first_out]()
        assert CALLS["requests"]()["HumanLoopSummaries"] == []
        ends[first_out]()
        ends[1 - first_out]()
        assert [vars(owner).get(name) for owner, name in owners] == before
