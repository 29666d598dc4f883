"""Cost of stored data: pages after many human loops, memory of loops and of journal entries."""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.baseline import client
from benchmarks.paired import Row, rounds_of
from mlmock import mock_ml

_SERVICE = "sagemaker-a2i-runtime"
_ARN = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/{}"
_INPUT = {"InputContent": json.dumps({"score": 0.4})}
_LOOPS = 50_000  # before the last page
_KEPT_LOOPS, _KEPT_CALLS = 5000, 3000  # what memory is measured of
# What replaces these constants where `benchmarks.compare` repeats all rows.
REDUCED = {"_LOOPS": 2000, "_KEPT_LOOPS": 1000, "_KEPT_CALLS": 1000}


def fill(caller: Any, flow: str, count: int) -> None:
    for number in range(count):
        caller.start_human_loop(
            HumanLoopName=f"{flow}-{number}",
            FlowDefinitionArn=_ARN.format(flow),
            HumanLoopInput=_INPUT,
        )


def last_page(caller: Any, flow: str) -> str:
    """Return the token of the last page of ten, found by pages of a hundred."""
    token: str | None = None
    extra: dict[str, str] = {}
    while True:
        page = caller.list_human_loops(
            FlowDefinitionArn=_ARN.format(flow), MaxResults=10 if token is None else 100, **extra
        )
        if "NextToken" not in page:
            return str(token)
        token = page["NextToken"]
        extra = {"NextToken": token}


def pages() -> Row:
    """Compare the last page of many human loops with the first page of a hundred."""
    with mock_ml(journal=10):
        caller = client(_SERVICE)
        fill(caller, "many", _LOOPS)
        fill(caller, "few", 100)
        token = last_page(caller, "many")

        def first() -> object:
            return caller.list_human_loops(FlowDefinitionArn=_ARN.format("few"), MaxResults=10)

        def last() -> object:
            return caller.list_human_loops(
                FlowDefinitionArn=_ARN.format("many"), MaxResults=10, NextToken=token
            )

        found = rounds_of(first, {"last": last}, rounds=15, calls=20)
    title = "a page of 10 at the end of 50,000 loops"
    return Row(title, found["last"].ratio, 1.2, "x the first page of 100")


def bytes_kept(work: Callable[[int], None], count: int) -> float:
    """Return the bytes that remain allocated for each of `count` units of work."""
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    work(count)
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return (after - before) / count


def memory() -> Iterator[Row]:
    """Measure what a stored human loop and a journal entry keep in memory."""
    with mock_ml(journal=1):
        caller = client(_SERVICE)
        fill(caller, "warm", 100)
        stored = bytes_kept(lambda count: fill(caller, "kept", count), _KEPT_LOOPS)
        size = len(_INPUT["InputContent"])
        yield Row("memory of a human loop beyond its input", stored - size, 1024, "bytes")
    with mock_ml() as ml:
        fill(caller, "warm", 100)
        ml.calls.clear()

        def describe(count: int) -> None:
            for _ in range(count):
                caller.describe_human_loop(HumanLoopName="warm-1")

        kept = bytes_kept(describe, _KEPT_CALLS)
        yield Row("memory of a short call in the journal", kept, 5 * 1024, "bytes")


def rows() -> Iterator[Row]:
    yield pages()
    yield from memory()
