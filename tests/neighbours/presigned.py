"""Every held operation that can be presigned, and what can fetch a URL without an async loop."""

from __future__ import annotations

import json
import urllib.request
from typing import Any
from urllib.error import HTTPError

import boto3
import pytest
import requests
import urllib3

from mlmock.wire.rest_json import Operation
from tests.wire.minimal import minimal
from tests.wire.operations import EVERY

# A URL alone has no body and no headers: those operations whose least fits into a path and a query.
FLOW = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/review"


def _is_wholly_in_its_url(operation: Operation) -> bool:
    shape = operation.model.input_shape
    needed = [shape.members[name] for name in shape.required_members]
    return all(member.serialization.get("location") in {"uri", "querystring"} for member in needed)


PRESIGNED = [
    param
    for param in EVERY
    if "preview" not in str(param.id)
    and (param.values[0] is None or _is_wholly_in_its_url(param.values[0]))
]


def url_of(operation: Operation) -> str:
    """Return a presigned URL of the least that `operation` needs."""
    client = boto3.client(operation.service, region_name="us-east-1")
    params = minimal(operation.model.input_shape)
    return str(client.generate_presigned_url(operation.method, Params=params))


def human_loops() -> str:
    """Return a presigned URL that lists human loops."""
    client = boto3.client("sagemaker-a2i-runtime", region_name="us-east-1")
    params = {"FlowDefinitionArn": FLOW}
    return str(client.generate_presigned_url("list_human_loops", Params=params))


def by_requests(method: str, url: str) -> tuple[int, Any]:
    """Return the status and the JSON that requests gets."""
    found = requests.request(method, url, timeout=5)
    return found.status_code, found.json() if found.content else None


def by_urllib3(method: str, url: str) -> tuple[int, Any]:
    """Return the status and the JSON that urllib3 gets."""
    found = urllib3.PoolManager().request(method, url)
    return found.status, json.loads(found.data) if found.data else None


def by_urllib(method: str, url: str) -> tuple[int, Any]:
    """Return the status and the JSON that urllib.request gets."""
    asked = urllib.request.Request(url, method=method)  # noqa: S310
    try:
        with urllib.request.urlopen(asked) as found:  # noqa: S310
            body = found.read()
            return found.status, json.loads(body) if body else None
    except HTTPError as fault:
        return fault.code, json.loads(fault.read())


FETCHERS = [by_requests, by_urllib3, by_urllib]
every_fetcher = pytest.mark.parametrize("fetch", FETCHERS)
