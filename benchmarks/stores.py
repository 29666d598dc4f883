"""What is stored: pages at the end of many loops, memory of loops and of journalled calls."""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

from benchmarks.floor import client
from benchmarks.paired import Row, rounds_of
from mlmock import mock_ml

_SERVICE = "sagemaker-a2i-runtime"
_ARN = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/{}"
_INPUT = {"InputContent": json.dumps({"score": 0.4})}


def fill(caller: Any, flow: str, count: int) -> None:
    for number in range(count):
        caller.start_human_loop(
            HumanLoopName=f"{flow}-{number}",
            FlowDefinitionArn=_ARN.format(flow),
            HumanLoopInput=_INPUT,
        )


def last_page(caller: Any, flow: str) -> str:
    """Return the token of the last page of ten, found by big pages."""
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
    with mock_ml(journal=10):
        caller = client(_SERVICE)
        fill(caller, "many", 50_000)
        fill(caller, "few", 100)
        token = last_page(caller, "many")

        def first() -> object:
            return caller.list_human_loops(FlowDefinitionArn=_ARN.format("few"), MaxResults=10)

        def last() -> object:
            return caller.list_human_loops(
                FlowDefinitionArn=_ARN.format("many"), MaxResults=10, NextToken=token
            )

        found = rounds_of(first, {"last": last}, rounds=15, calls=20)
    return Row("a page of 10 at the end of 50,000 loops", found["last"].ratio, 1.2, "x first page")


def kept_by(work: Any, count: int) -> float:
    """Return the bytes that stay for each of `count` pieces of work."""
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    work(count)
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return (after - before) / count


def memory() -> Iterator[Row]:
    with mock_ml(journal=1):
        caller = client(_SERVICE)
        fill(caller, "warm", 100)
        size = len(_INPUT["InputContent"])
        stored = kept_by(lambda count: fill(caller, "kept", count), 5000) - size
        yield Row("kept a stored loop beyond its input", stored, 1024, "bytes")
    with mock_ml() as ml:
        fill(caller, "warm", 100)
        ml.calls.clear()

        def describe(count: int) -> None:
            for _ in range(count):
                caller.describe_human_loop(HumanLoopName="warm-1")

        yield Row("kept a journalled short call", kept_by(describe, 3000), 5 * 1024, "bytes")


def rows() -> Iterator[Row]:
    yield pages()
    yield from memory()
