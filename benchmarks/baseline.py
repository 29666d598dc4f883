"""Baselines: clients outside any mock, whose `before-send` handler returns a constant response.

What such a client takes for a call is what botocore itself costs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse

from benchmarks.paired import Subject
from mlmock.interception.botocore.bodies import RawBody

KEYS: dict[str, Any] = {
    "region_name": "us-east-1",
    "aws_access_key_id": "123456789012",
    "aws_secret_access_key": "x",
}


def client(service: str, **options: Any) -> Any:
    """Return a client of a new session."""
    return boto3.Session().client(service, **KEYS, **options)


def baseline_client(service: str, status: int, headers: dict[str, str], body: bytes) -> Any:
    """Return a client that gets this response to every request."""
    found = client(service)

    def respond(request: Any, **kwargs: Any) -> AWSResponse:
        given: Any = dict(headers)
        raw: Any = RawBody(body)
        return AWSResponse(request.url, status, given, raw)

    found.meta.events.register("before-send", respond)
    return found


def recorded_baseline(service: str, ml: Any, make: Callable[[Any], Subject], caller: Any) -> Any:
    """Make one call with `caller` in a running mock; return a baseline client with its response."""
    make(caller)()
    answer = ml.calls.last.answer
    return baseline_client(service, answer.status, dict(answer.headers), answer.body)
