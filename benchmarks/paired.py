"""Paired rounds: baseline and subjects run in turn in one process, and each round gives a ratio.

Times are CPU time of the thread, because other processes use the same cores.
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
    """A row of the table: its title, the measured value, and the bar that it must not exceed."""

    name: str
    value: float
    bar: float | None
    unit: str = "x botocore alone"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Median of the ratios to the baseline, and the baseline's median time in microseconds."""

    ratio: float
    baseline_us: float


def rounds_of(
    baseline: Subject,
    subjects: Mapping[str, Subject],
    *,
    rounds: int = 21,
    calls: int = 40,
    around: Mapping[str, Around] | None = None,
) -> dict[str, Outcome]:
    """Time `baseline` and all `subjects`, in a different order in each round.

    Args:
        baseline: What the subjects are compared with.
        subjects: What is measured, by name.
        rounds: How many ratios each median is of.
        calls: How often a subject is called in a round.
        around: Context managers that a subject's calls run in, by its name or "baseline". They
            are entered before the clock starts.

    Returns:
        The outcome of each subject, by its name.
    """
    everyone = {"baseline": baseline, **subjects}
    contexts = dict.fromkeys(everyone, nullcontext) | dict(around or {})
    for name, subject in everyone.items():
        _microseconds(subject, 10, contexts[name])
    times: dict[str, list[float]] = {name: [] for name in everyone}
    names = list(everyone)
    for turn in range(rounds):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            times[name].append(_microseconds(everyone[name], calls, contexts[name]))
    baseline_us = statistics.median(times["baseline"])
    return {name: Outcome(_ratio(times[name], times["baseline"]), baseline_us) for name in subjects}


def _ratio(times: list[float], baseline: list[float]) -> float:
    return statistics.median(mine / base for mine, base in zip(times, baseline, strict=True))


def _microseconds(subject: Subject, calls: int, around: Around) -> float:
    """Return the CPU time of one call, without garbage collection."""
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
