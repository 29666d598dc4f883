"""Paired rounds: the subjects of a comparison take turns in one run; each round gives a ratio."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Subject = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Median of the per-round ratios to the floor, and the floor's median time in microseconds."""

    ratio: float
    floor_us: float


def rounds_of(
    floor: Subject, subjects: Mapping[str, Subject], *, rounds: int = 21, calls: int = 40
) -> dict[str, Outcome]:
    """Time `floor` and all `subjects` in `rounds` rotated rounds of `calls` calls."""
    everyone = {"floor": floor, **subjects}
    for subject in everyone.values():
        _batch(subject, 10)
    times: dict[str, list[float]] = {name: [] for name in everyone}
    names = list(everyone)
    for turn in range(rounds):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            times[name].append(_batch(everyone[name], calls))
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


def _batch(subject: Subject, calls: int) -> float:
    gc.collect()
    gc.disable()
    try:
        start = time.perf_counter()
        for _ in range(calls):
            subject()
        return (time.perf_counter() - start) / calls * 1e6
    finally:
        gc.enable()
