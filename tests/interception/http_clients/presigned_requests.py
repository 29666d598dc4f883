"""Presigned or manually signed requests for every operation, and HTTP clients to send them."""

from __future__ import annotations

import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError

import boto3
import pytest
import requests
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.serialize import create_serializer

from mlmock.aws.protocol.rest_json import Operation
from mlmock.interception.botocore.bodies import request_bytes
from mlmock.interception.botocore.headers import text_of
from tests.aws.minimal_values import minimal
from tests.aws.operations import EVERY

FLOW = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/review"


# The preview revision needs an option.
CALLABLE = [param for param in EVERY if "preview" not in str(param.id)]


@dataclass(frozen=True)
class Fetch:
    """A request to send: a URL, and what a URL cannot contain."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes


def fetch_of(operation: Operation, client: Any) -> Fetch:
    """Return a minimal request: a presigned URL if possible, or else a manually signed request.

    A presigned URL has no body and no headers.
    """
    params = minimal(operation.model.input_shape)
    if _fits_in_a_url(operation):
        url = client.generate_presigned_url(operation.method, Params=params)
        return Fetch(operation.model.http["method"], url, {}, b"")
    parts = create_serializer("rest-json").serialize_to_request(params, operation.model)
    headers = {name: str(value) for name, value in parts["headers"].items()}
    url = client.meta.endpoint_url + parts["url_path"]
    request = AWSRequest(parts["method"], url, headers, parts["body"], parts["query_string"])
    keys = Credentials("123456789012", "x")
    SigV4Auth(keys, operation.model.service_model.signing_name, "us-east-1").add_auth(request)
    ready: Any = request.prepare()
    signed = {name: text_of(value) for name, value in ready.headers.items()}
    return Fetch(ready.method, ready.url, signed, request_bytes(ready.body))


def _fits_in_a_url(operation: Operation) -> bool:
    shape = operation.model.input_shape
    needed = [shape.members[name] for name in shape.required_members]
    return all(member.serialization.get("location") in {"uri", "querystring"} for member in needed)


def human_loops() -> str:
    """Return a presigned URL that lists human loops."""
    client = boto3.client("sagemaker-a2i-runtime", region_name="us-east-1")
    params = {"FlowDefinitionArn": FLOW}
    return str(client.generate_presigned_url("list_human_loops", Params=params))


def plain(url: str) -> Fetch:
    """Return a request of a URL without headers or body."""
    return Fetch("GET", url, {}, b"")


def by_requests(fetch: Fetch) -> tuple[int, bytes]:
    """Send with requests, and return status and body."""
    found = requests.request(
        fetch.method, fetch.url, headers=fetch.headers, data=fetch.body, timeout=5
    )
    return found.status_code, found.content


def by_urllib3(fetch: Fetch) -> tuple[int, bytes]:
    """Send with urllib3, and return status and body."""
    pool = urllib3.PoolManager()
    found = pool.request(fetch.method, fetch.url, headers=fetch.headers, body=fetch.body)
    return found.status, found.data


def by_urllib(fetch: Fetch) -> tuple[int, bytes]:
    """Send with urllib.request, and return status and body."""
    request = urllib.request.Request(  # noqa: S310
        fetch.url, fetch.body or None, fetch.headers, method=fetch.method
    )
    try:
        with urllib.request.urlopen(request) as found:  # noqa: S310
            return found.status, found.read()
    except HTTPError as error:
        return error.code, error.read()


FETCHERS = [by_requests, by_urllib3, by_urllib]
every_fetcher = pytest.mark.parametrize("fetch", FETCHERS)
