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


@dataclass(frozen=True)
class Got:
    """An answer to a plain HTTP request."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body's JSON value."""
        return json.loads(self.body)


@pytest.fixture
def remote(mlmock_server: ServerThread) -> RemoteMock:
    """The handle of the server, over HTTP."""
    return connect(mlmock_server.url)


@pytest.fixture
def aws(mlmock_server: ServerThread) -> Iterator[Callable[..., Any]]:
    """Make a boto3 client of the server; it is closed after the test."""
    with ExitStack() as ends:

        def make(
            service: str, *, region: str = "us-east-1", key: str = "AKID", **config: Any
        ) -> Any:
            made: Any = boto3.client(
                service,
                endpoint_url=mlmock_server.url,
                region_name=region,
                aws_access_key_id=key,
                aws_secret_access_key="secret",
                config=Config(retries={"total_max_attempts": 1}, **config),
            )
            ends.callback(made.close)
            return made

        yield make


@pytest.fixture
def fetch(mlmock_server: ServerThread) -> Callable[..., Got]:
    """Send one plain HTTP request."""

    def send(
        method: str, target: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Got:
        connection = HTTPConnection("127.0.0.1", mlmock_server.port, timeout=10)
        connection.request(method, target, body, headers or {})
        answer = connection.getresponse()
        found = Got(answer.status, dict(answer.headers.items()), answer.read())
        connection.close()
        return found

    return send
