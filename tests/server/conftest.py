"""Clients of the server, as programs in other processes have them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

import boto3
import pytest
from botocore.config import Config

from mlmock import ServerThread, connect
from mlmock.server.remote_client import RemoteMock

FLOW = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/review"
MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
CONVERSE = f"/model/{MODEL}/converse"
CONVERSE_STREAM = f"/model/{MODEL}/converse-stream"
LIST_HUMAN_LOOPS = f"/human-loops?FlowDefinitionArn={FLOW}"
MESSAGES = [{"role": "user", "content": [{"text": "Hi"}]}]
CONVERSE_BODY = json.dumps({"messages": MESSAGES}).encode()


@dataclass(frozen=True)
class FetchedResponse:
    """The response to a plain HTTP request."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body's JSON value."""
        return json.loads(self.body)


Fetch = Callable[..., FetchedResponse]


@pytest.fixture
def remote(mlmock_server: ServerThread) -> RemoteMock:
    """The handle of the server, over HTTP."""
    return connect(mlmock_server.url)


@pytest.fixture
def aws(mlmock_server: ServerThread) -> Iterator[Callable[..., Any]]:
    """Create boto3 clients of the server, which are closed after the test."""
    with ExitStack() as stack:

        def create(
            service: str, *, region: str = "us-east-1", key: str = "AKID", **config: Any
        ) -> Any:
            client: Any = boto3.client(
                service,
                endpoint_url=mlmock_server.url,
                region_name=region,
                aws_access_key_id=key,
                aws_secret_access_key="secret",
                config=Config(retries={"total_max_attempts": 1}, **config),
            )
            stack.callback(client.close)
            return client

        yield create


@pytest.fixture
def fetch(mlmock_server: ServerThread) -> Fetch:
    """Send plain HTTP requests, each on a connection of its own."""

    def send(
        method: str, target: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> FetchedResponse:
        connection = HTTPConnection("127.0.0.1", mlmock_server.port, timeout=10)
        connection.request(method, target, body, headers or {})
        response = connection.getresponse()
        headers = dict(response.headers.items())
        fetched = FetchedResponse(response.status, headers, response.read())
        connection.close()
        return fetched

    return send
