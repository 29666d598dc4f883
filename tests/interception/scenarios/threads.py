"""Sixteen threads call concurrently, in one mock and in a mock for each thread."""

from tests.interception.isolated_process import KEYS, NAME, flow, names, start

# isort: split
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.endpoint import Endpoint

from mlmock import mock_ml

sys.setswitchinterval(1e-5)
untouched = dict(vars(Endpoint))
shared = boto3.client(NAME, "us-east-1", **KEYS)
THREADS, CALLS = 16, 25
barrier = threading.Barrier(THREADS)


def call_concurrently(thread: int) -> list[str]:
    """Call with a shared client and a client of the thread."""
    barrier.wait()
    own = boto3.Session().client(NAME, "us-east-1")
    return [start((shared, own)[number % 2], f"loop-{thread}-{number}") for number in range(CALLS)]


with mock_ml() as ml, ThreadPoolExecutor(THREADS) as pool:
    rule = ml.on(NAME, "StopHumanLoop").reply(*[{}] * 7).optional()
    arns = [arn for found in pool.map(call_concurrently, range(THREADS)) for arn in found]
    assert len(set(arns)) == THREADS * CALLS
    assert len(ml.calls) == THREADS * CALLS
    assert len({call.request_id for call in ml.calls}) == THREADS * CALLS
    pages = shared.get_paginator("list_human_loops").paginate(FlowDefinitionArn=flow())
    assert sum(len(page["HumanLoopSummaries"]) for page in pages) == THREADS * CALLS
    # a rule with seven answers is used exactly seven times
    stops = [pool.submit(shared.stop_human_loop, HumanLoopName="loop-0-0") for _ in range(THREADS)]
    failed = [stop for stop in stops if stop.exception() is not None]
    assert rule.used == 7
    assert len(failed) == THREADS - 7 - 1  # one reached the service, and stopped it
assert dict(vars(Endpoint)) == untouched

MOCK = mock_ml()


def run_mocks(thread: int) -> Any:
    """Run mocks of one mock object that all threads share."""
    barrier.wait()
    for number in range(CALLS):
        with MOCK as ml:
            start(shared, f"loop-{thread}-{number}")
            assert ml.a2i.human_loop(f"loop-{thread}-{number}").status == "InProgress"
    return True


with mock_ml():  # one outer mock, whose state they share
    with ThreadPoolExecutor(THREADS) as pool:
        assert all(pool.map(run_mocks, range(THREADS)))
    assert names(shared)
assert dict(vars(Endpoint)) == untouched
# without an outer mock, states begin and end concurrently
with ThreadPoolExecutor(THREADS) as pool:
    assert all(pool.map(run_mocks, range(THREADS)))
assert dict(vars(Endpoint)) == untouched


@mock_ml
def decorated(thread: int, ml: Any) -> Any:
    """Run a decorated function in many threads; every call enters a mock."""
    barrier.wait()
    start(shared, f"loop-{thread}")
    barrier.wait()
    return len(ml.calls) == THREADS


with ThreadPoolExecutor(THREADS) as pool:
    assert all(pool.map(decorated, range(THREADS)))
assert dict(vars(Endpoint)) == untouched
