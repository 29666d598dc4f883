"""Bodies of five megabytes are passed by reference."""

from __future__ import annotations

import tracemalloc
from typing import Any

from mlmock import MockML

SIZE = 5_000_000


def test_response_body_is_the_object_of_the_rule(ml: MockML, client: Any) -> None:
    body = b"\xff" * SIZE
    ml.sagemaker.endpoint("churn").reply(body, content_type="image/png")
    found = client.invoke_endpoint(EndpointName="churn", Body=b"")
    assert found["Body"].read() is body


def test_request_body_is_the_object_of_the_caller(ml: MockML, client: Any) -> None:
    received: list[bytes] = []
    ml.sagemaker.endpoint("churn").handler(lambda call: received.append(call.body))
    body = b"\xff" * SIZE
    client.invoke_endpoint(EndpointName="churn", Body=body)
    assert received[0] is body
    assert ml.calls.last.body is body


def test_bodies_are_not_copied(ml: MockML, client: Any) -> None:
    body = b"\xff" * SIZE
    ml.sagemaker.endpoint("churn").handler(lambda call: call.body)
    client.invoke_endpoint(EndpointName="churn", Body=b"warm")["Body"].read()
    tracemalloc.start()
    try:
        client.invoke_endpoint(EndpointName="churn", Body=body)["Body"].read()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < SIZE / 5


def test_part_of_a_stream_is_copied_once(ml: MockML, client: Any) -> None:
    part = b"\xff" * SIZE
    ml.sagemaker.endpoint("llm").stream([part])
    found = client.invoke_endpoint_with_response_stream(EndpointName="llm", Body=b"")
    tracemalloc.start()
    try:
        next(iter(ml.calls.last.answer.body))  # type: ignore[union-attr]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found["ContentType"]
    assert peak < 1.2 * SIZE
