"""Rules: a call that matches the oldest of 200 rules, against a call with one rule."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.baseline import client
from benchmarks.paired import Around, Row, rounds_of
from mlmock import glob, mock_ml

_SERVICE = "sagemaker-a2i-runtime"


def with_rules(count: int, *, patterns: bool) -> Around:
    """Run the calls in a mock with `count` rules, of which the oldest matches the calls."""

    @contextmanager
    def context() -> Iterator[object]:
        with mock_ml() as ml:
            for number in range(count):
                name: Any = "wanted" if number == 0 else f"other-{number}"
                name = glob(f"{name}*") if patterns else name
                rule = ml.on(_SERVICE, "StopHumanLoop", HumanLoopName=name).optional()
                rule.reply({})
            yield ml

    return context


def rows() -> Iterator[Row]:
    caller = client(_SERVICE)

    def call() -> object:
        return caller.stop_human_loop(HumanLoopName="wanted")

    for patterns, kind in ((False, "values"), (True, "patterns")):
        found = rounds_of(
            call,
            {"many": call},
            around={
                "baseline": with_rules(1, patterns=patterns),
                "many": with_rules(200, patterns=patterns),
            },
        )
        yield Row(f"200 rules by {kind} on an operation", found["many"].ratio, 1.15, "x one rule")
