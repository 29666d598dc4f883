"""Sixteen threads call at once; and sixteen threads each in a block of their own."""

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
together = threading.Barrier(THREADS)


def work(thread: int) -> list[str]:
    """Call with a client that all share and one of the thread's own."""
    together.wait()
    own = boto3.Session().client(NAME, "us-east-1")
    return [start((shared, own)[place % 2], f"loop-{thread}-{place}") for place in range(CALLS)]


with mock_ml() as ml, ThreadPoolExecutor(THREADS) as pool:
    rule = ml.on(NAME, "StopHumanLoop").reply(*[{}] * 7).optional()
    arns = [arn for found in pool.map(work, range(THREADS)) for arn in found]
    assert len(set(arns)) == THREADS * CALLS
    assert len(ml.calls) == THREADS * CALLS
    assert len({call.request_id for call in ml.calls}) == THREADS * CALLS
    pages = shared.get_paginator("list_human_loops").paginate(FlowDefinitionArn=flow())
    assert sum(len(page["HumanLoopSummaries"]) for page in pages) == THREADS * CALLS
    # of a rule's seven answers exactly seven are given
    stops = [pool.submit(shared.stop_human_loop, HumanLoopName="loop-0-0") for _ in range(THREADS)]
    failed = [stop for stop in stops if stop.exception() is not None]
    assert rule.used == 7
    assert len(failed) == THREADS - 7 - 1  # one reached the service, and stopped it
assert dict(vars(Endpoint)) == untouched

MOCK = mock_ml()


def alone(thread: int) -> Any:
    """Run blocks of a description that all threads share."""
    together.wait()
    for place in range(CALLS):
        with MOCK as ml:
            start(shared, f"loop-{thread}-{place}")
            assert ml.a2i.human_loop(f"loop-{thread}-{place}").status == "InProgress"
    return True


with mock_ml():  # one world around them all, which stays
    with ThreadPoolExecutor(THREADS) as pool:
        assert all(pool.map(alone, range(THREADS)))
    assert names(shared)
assert dict(vars(Endpoint)) == untouched
with ThreadPoolExecutor(THREADS) as pool:  # a world begins and ends whenever it so happens
    assert all(pool.map(alone, range(THREADS)))
assert dict(vars(Endpoint)) == untouched


@mock_ml
def decorated(thread: int, ml: Any) -> Any:
    """A decorated function in many threads: each call in a block of its own."""
    together.wait()
    start(shared, f"loop-{thread}")
    together.wait()
    return len(ml.calls) == THREADS


with ThreadPoolExecutor(THREADS) as pool:
    assert all(pool.map(decorated, range(THREADS)))
assert dict(vars(Endpoint)) == untouched
