"""Calls of InvokeEndpoint."""

from __future__ import annotations

from typing import Any


def invoke(client: Any, name: str = "churn", body: bytes = b"{}", **members: Any) -> Any:
    return client.invoke_endpoint(EndpointName=name, Body=body, **members)


def body_of(client: Any, name: str = "churn", body: bytes = b"{}", **members: Any) -> bytes:
    found: bytes = invoke(client, name, body, **members)["Body"].read()
    return found
