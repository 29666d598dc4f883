"""Print the table: every row of every module here, with its bar. Exit 1 where a bar is missed.

Name modules to run only those: ``python -m benchmarks.run calls blocks``.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterator

import benchmarks
from benchmarks.paired import Row

_NOT_ROWS = {"paired", "floor", "run"}
_ELSEWHERE = {"aio"}  # needs an environment of its own, and is run there by its name


def modules(names: list[str]) -> Iterator[str]:
    """Yield the modules that have rows, or those named."""
    for module in pkgutil.iter_modules(benchmarks.__path__):
        wanted = module.name in names if names else module.name not in _ELSEWHERE
        if wanted and module.name not in _NOT_ROWS:
            yield module.name


def line(row: Row) -> str:
    """Return a row of the table."""
    if row.bar is None:
        return f"| {row.name} | {row.value:.2f} {row.unit} | – | |"
    verdict = "ok" if row.value <= row.bar else "MISSED"
    return f"| {row.name} | {row.value:.2f} {row.unit} | {row.bar:g} | {verdict} |"


def main(names: list[str]) -> int:
    """Run the benchmarks and return how many bars were missed (at most 1)."""
    print("| what | measured | at most | |\n|---|---|---|---|")
    missed = 0
    for name in modules(names):
        for row in importlib.import_module(f"benchmarks.{name}").rows():
            print(line(row), flush=True)
            missed += row.bar is not None and row.value > row.bar
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
