"""What keeping a long conversation in the journal costs its call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.floor import client
from benchmarks.paired import Around, Row, rounds_of
from mlmock import mock_ml

_MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
_TURNS = [
    {"role": ("user", "assistant")[place % 2], "content": [{"text": f"turn {place} " * 20}]}
    for place in range(25)
]


def keeping(size: int) -> Around:
    """Run a batch in a block whose journal keeps `size` calls."""

    @contextmanager
    def block() -> Iterator[object]:
        with mock_ml(journal=size) as ml:
            yield ml

    return block


def rows() -> Iterator[Row]:
    caller: Any = client("bedrock-runtime")

    def call() -> object:
        return caller.converse(modelId=_MODEL, messages=_TURNS)

    found = rounds_of(
        call, {"all": call}, rounds=41, around={"floor": keeping(1), "all": keeping(100_000)}
    )
    yield Row("a long conversation kept in the journal", found["all"].ratio, 1.01, "x not kept")
