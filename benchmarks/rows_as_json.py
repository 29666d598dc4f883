"""Print the rows of one row module as JSON, one a line, measured as `benchmarks.compare` needs it.

compare runs this text in a new process for each side, so it uses only what the `benchmarks` package
of every commit has. It replaces how that package measures: fewer calls, because all is repeated in
nine rounds, and the quickest of small batches, because load on the machine only adds time.
"""

from __future__ import annotations

import gc
import importlib
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict
from typing import Any

from benchmarks import paired

_TURNS, _BATCHES, _CALLS = 4, 10, 3


def rounds_of(
    baseline: Any, subjects: Any, *, rounds: int = 21, calls: int = 40, around: Any = None
) -> dict[str, paired.Outcome]:
    """Return the ratios of the quickest batches; takes the arguments of `paired.rounds_of`."""
    everyone = {"baseline": baseline, **subjects}
    contexts = {"baseline": (around or {}).get("floor", nullcontext)}  # its name up to 0.1.0
    contexts = dict.fromkeys(everyone, nullcontext) | contexts | (around or {})
    size = max(1, min(_CALLS, calls // _BATCHES))
    times: dict[str, list[float]] = {name: [] for name in everyone}
    for _ in range(_TURNS):
        for name, subject in everyone.items():
            with contexts[name]():
                times[name] += batches(subject, size)
    quickest = {name: min(found) for name, found in times.items()}
    base = quickest.pop("baseline")
    return {name: paired.Outcome(found / base, base) for name, found in quickest.items()}


def batches(subject: Callable[[], object], size: int) -> list[float]:
    """Return the CPU microseconds of a call, for each of some batches of `size` calls."""
    found = []
    for _ in range(3):
        subject()
    gc.collect()
    gc.disable()
    for _ in range(_BATCHES):
        start = time.thread_time()
        for _ in range(size):
            subject()
        found.append((time.thread_time() - start) / size * 1e6)
    gc.enable()
    return found


def cpu_seconds() -> float:
    """Return the CPU seconds of this thread and of child processes that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.thread_time() + children.ru_utime + children.ru_stime


def quickest_print(code: str) -> float:
    """Return the least of the numbers that `code` prints in new processes."""
    line = [sys.executable, "-c", code]
    return min(float(subprocess.run(line, check=True, stdout=-1).stdout) for _ in range(4))


def fewer(count: int) -> range:
    """Replace `range` in a module that runs files of tests 7 times and single tests 15 times."""
    return range({7: 1, 15: 5}.get(count, count))


def reduced(module: Any) -> dict[str, Any]:
    """Return smaller counts for a module of a commit that has no `REDUCED` (up to 0.1.0)."""
    name = module.__name__.rpartition(".")[2]
    if name == "stores":
        fill, kept_by = module.fill, module.kept_by
        return {
            "fill": lambda caller, flow, count: fill(caller, flow, min(count, 2000)),
            "kept_by": lambda work, count: kept_by(work, min(count, 1000)),
        }
    if name == "blocks":
        return {
            "_MOTO": "def test_nothing(): pass",  # time of moto alone, which is not compared
            "printed": quickest_print,
            "range": fewer,
        }
    if name == "server":
        time_of = module._time
        return {"_SECONDS": 1, "_time": lambda client: time_of(client, 50)}
    return {"_LINES": 2000} if name == "lookoutvision" else {}


def main(name: str) -> None:
    """Print the rows of a module."""
    paired.rounds_of = rounds_of
    time.perf_counter = cpu_seconds
    module = importlib.import_module(f"benchmarks.{name}")
    for constant, value in (getattr(module, "REDUCED", None) or reduced(module)).items():
        setattr(module, constant, value)
    for row in module.rows():
        print(json.dumps(asdict(row)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
