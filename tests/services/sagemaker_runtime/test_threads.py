"""Many threads use one endpoint."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mlmock import MockML, after


def test_every_call_gets_its_own_answer(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("echo").handler(lambda call: call.body)

    def invoke(number: int) -> bytes:
        found = client.invoke_endpoint(EndpointName="echo", Body=str(number))
        body: bytes = found["Body"].read()
        return body

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(invoke, range(200))) == [str(n).encode() for n in range(200)]
    assert len(ml.calls) == 200


def test_every_answer_of_a_list_is_used_once(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn").reply(*range(100))

    def invoke(_: int) -> int:
        return int(client.invoke_endpoint(EndpointName="churn", Body=b"")["Body"].read())

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(invoke, range(100))) == list(range(100))


@pytest.mark.newer_botocore
def test_invocations_complete_once_when_threads_advance_the_clock(ml: MockML, client: Any) -> None:
    endpoint = ml.sagemaker.endpoint(
        "later", async_output="s3://out/x", success_topic="arn:aws:sns:us-east-1:123456789012:t"
    )
    endpoint.progress = after(5)
    for _ in range(20):
        client.invoke_endpoint_async(EndpointName="later", Body=b"x")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: ml.clock.advance(seconds=1), range(20)))
    assert len(ml.s3.list("s3://out/x")) == 20
    assert len(ml.events) == 20
