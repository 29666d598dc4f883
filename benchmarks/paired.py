"""Paired rounds: the subjects of a comparison take turns in one run; each round gives a ratio.

Time is the thread's own processor time, so that whatever else the machine does counts little.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

Subject = Callable[[], object]
Around = Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table: what was measured, its value, and the bar that it has to stay under."""

    name: str
    value: float
    bar: float | None
    unit: str = "x floor"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Median of the per-round ratios to the floor, and the floor's median time in microseconds."""

    ratio: float
    floor_us: float


def rounds_of(
    floor: Subject,
    subjects: Mapping[str, Subject],
    *,
    rounds: int = 21,
    calls: int = 40,
    around: Mapping[str, Around] | None = None,
) -> dict[str, Outcome]:
    """Time `floor` and all `subjects` in `rounds` rotated rounds of `calls` calls.

    `around`: what a subject's batch is run in, by its name; entered before its clock starts. So the
    floor runs outside the block whose memos would make it quicker as well.
    """
    everyone = {"floor": floor, **subjects}
    scenes = dict.fromkeys(everyone, nullcontext) | dict(around or {})
    for name, subject in everyone.items():
        _batch(subject, 10, scenes[name])
    times: dict[str, list[float]] = {name: [] for name in everyone}
    names = list(everyone)
    for turn in range(rounds):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            times[name].append(_batch(everyone[name], calls, scenes[name]))
    floor_us = statistics.median(times["floor"])
    return {
        name: Outcome(
            statistics.median(
                mine / base for mine, base in zip(times[name], times["floor"], strict=True)
            ),
            floor_us,
        )
        for name in subjects
    }


def _batch(subject: Subject, calls: int, around: Around) -> float:
    with around():
        subject()
        gc.collect()
        gc.disable()
        try:
            start = time.thread_time()
            for _ in range(calls):
                subject()
            return (time.thread_time() - start) / calls * 1e6
        finally:
            gc.enable()
