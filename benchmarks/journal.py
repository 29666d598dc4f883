"""The journal: what it costs a call to keep a long conversation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.baseline import client
from benchmarks.paired import Around, Row, rounds_of
from mlmock import mock_ml

_MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
_TURNS = [
    {"role": ("user", "assistant")[number % 2], "content": [{"text": f"turn {number} " * 20}]}
    for number in range(25)
]


def keeping(size: int) -> Around:
    """Run the calls in a mock whose journal keeps `size` calls."""

    @contextmanager
    def context() -> Iterator[object]:
        with mock_ml(journal=size) as ml:
            yield ml

    return context


def rows() -> Iterator[Row]:
    caller: Any = client("bedrock-runtime")

    def call() -> object:
        return caller.converse(modelId=_MODEL, messages=_TURNS)

    found = rounds_of(
        call, {"all": call}, rounds=41, around={"baseline": keeping(1), "all": keeping(100_000)}
    )
    yield Row("a long conversation kept in the journal", found["all"].ratio, 1.01, "x not kept")
