"""Functions shared by the tests of asynchronous invocations."""

from __future__ import annotations

from typing import Any

from mlmock import MockML
from mlmock.simulation.object_store import NoSuchKey

INPUT = "s3://in-bucket/request.json"


def start(client: Any, **members: Any) -> Any:
    given = {"InputLocation": INPUT} if "Body" not in members else {}
    return client.invoke_endpoint_async(**{"EndpointName": "later", **given, **members})


def exists(ml: MockML, uri: str) -> bool:
    try:
        ml.s3.get(uri)
    except NoSuchKey:
        return False
    return True
