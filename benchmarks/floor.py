"""The floor: the same client outside any mock, whose `before-send` handler has the answer ready."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse

from mlmock.interception.botocore.bodies import Body

KEYS: dict[str, Any] = {
    "region_name": "us-east-1",
    "aws_access_key_id": "123456789012",
    "aws_secret_access_key": "x",
}


def client(service: str, **options: Any) -> Any:
    """Return a client of a session of its own."""
    return boto3.Session().client(service, **KEYS, **options)


def floor_client(service: str, status: int, headers: dict[str, str], body: bytes) -> Any:
    """Return a client that is answered with exactly this, whatever it asks."""
    found = client(service)

    def answer(request: Any, **kwargs: Any) -> AWSResponse:
        given: Any = dict(headers)
        raw: Any = Body(body)
        return AWSResponse(request.url, status, given, raw)

    found.meta.events.register("before-send", answer)
    return found


def floor_of(service: str, ml: Any, call: Callable[[Any], object], caller: Any) -> Any:
    """Make one call inside a running mock, and return a floor client with its very answer."""
    call(caller)
    answer = ml.calls.last.answer
    return floor_client(service, answer.status, dict(answer.headers), answer.body)
