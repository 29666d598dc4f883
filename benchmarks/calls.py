"""Human loops: a call with the memos and without, signed and not, and calls of other services."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.floor import client, floor_client, floor_of
from benchmarks.paired import Around, Row, Subject, rounds_of
from mlmock import mock_ml

_SERVICE = "sagemaker-a2i-runtime"
_ARN = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/review"
_INPUT = {"InputContent": json.dumps({"score": 0.4, "text": "Is this invoice in order?"})}
_NAMES = [f"loop-{number}" for number in range(50)]


def describe(caller: Any) -> Subject:
    names = itertools.cycle(_NAMES)
    return lambda: caller.describe_human_loop(HumanLoopName=next(names))


def start(caller: Any) -> Subject:
    numbers = itertools.count()
    return lambda: caller.start_human_loop(
        HumanLoopName=f"new-{next(numbers)}", FlowDefinitionArn=_ARN, HumanLoopInput=_INPUT
    )


def inside(**options: Any) -> Around:
    """Run a batch in a block that has the fifty loops."""
    seeder = client(_SERVICE)

    @contextmanager
    def block() -> Iterator[object]:
        with mock_ml(**options) as ml:
            for name in _NAMES:
                seeder.start_human_loop(
                    HumanLoopName=name, FlowDefinitionArn=_ARN, HumanLoopInput=_INPUT
                )
                seeder.describe_human_loop(HumanLoopName=name)
            yield ml

    return block


def rows() -> Iterator[Row]:
    ours = client(_SERVICE)
    with inside()() as ml:
        floors = {
            "describe_human_loop": floor_of(_SERVICE, ml, lambda c: describe(c)(), ours),
            "start_human_loop": floor_of(_SERVICE, ml, lambda c: start(c)(), ours),
        }
    bars = {"describe_human_loop": (0.80, 1.08, 0.85), "start_human_loop": (0.95, 1.11, 0.85)}
    for name, make in (("describe_human_loop", describe), ("start_human_loop", start)):
        ways = {
            "with the memos": {},
            "without": {"memos": False},
            "without, sign=False": {"memos": False, "sign": False},
        }
        around = {way: inside(**options) for way, options in ways.items()}
        subjects = {way: make(ours) for way in ways}
        found = rounds_of(make(floors[name]), subjects, around=around)
        for (way, outcome), bar in zip(found.items(), bars[name], strict=True):
            yield Row(f"{name}, {way}", outcome.ratio, bar)
    yield other_service()


def other_service() -> Row:
    """A call to a service that isn't ours, while a mock runs."""
    answer = b'{"Keys": []}'
    caller = floor_client("kms", 200, {"content-type": "application/x-amz-json-1.1"}, answer)
    found = rounds_of(
        caller.list_keys,
        {"kms": caller.list_keys},
        around={"kms": lambda: mock_ml(memos=False)},
        rounds=41,
    )
    return Row("another service's call while a mock runs, without memos", found["kms"].ratio, 1.01)
