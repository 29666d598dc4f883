"""Human loops: calls with and without caches, signed and unsigned; calls to another service."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.baseline import baseline_client, client, recorded_baseline
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
    """Run the calls in a mock that has fifty human loops."""
    seeder = client(_SERVICE)

    @contextmanager
    def context() -> Iterator[object]:
        with mock_ml(**options) as ml:
            for name in _NAMES:
                seeder.start_human_loop(
                    HumanLoopName=name, FlowDefinitionArn=_ARN, HumanLoopInput=_INPUT
                )
                seeder.describe_human_loop(HumanLoopName=name)
            yield ml

    return context


def rows() -> Iterator[Row]:
    bars = {"describe_human_loop": (0.80, 1.08, 0.85), "start_human_loop": (0.95, 1.11, 0.85)}
    variants: dict[str, dict[str, Any]] = {
        "": {},
        ", cache=False": {"cache": False},
        ", cache=False, sign=False": {"cache": False, "sign": False},
    }
    around = {variant: inside(**options) for variant, options in variants.items()}
    for name, make in (("describe_human_loop", describe), ("start_human_loop", start)):
        ours = client(_SERVICE)
        with inside()() as ml:
            baseline = recorded_baseline(_SERVICE, ml, make, ours)
        subjects = {variant: make(ours) for variant in variants}
        found = rounds_of(make(baseline), subjects, around=around)
        for (variant, outcome), bar in zip(found.items(), bars[name], strict=True):
            yield Row(f"{name}{variant}", outcome.ratio, bar)
    yield other_service()


def other_service() -> Row:
    """Measure a call to a service that is not mocked, while a mock is active."""
    body = b'{"Keys": []}'
    caller = baseline_client("kms", 200, {"content-type": "application/x-amz-json-1.1"}, body)
    found = rounds_of(
        caller.list_keys,
        {"kms": caller.list_keys},
        around={"kms": lambda: mock_ml(cache=False)},
        rounds=41,
    )
    title = "another service's call while a mock runs, cache=False"
    return Row(title, found["kms"].ratio, 1.01, "x without a mock")
