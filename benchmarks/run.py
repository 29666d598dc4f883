"""Print the rows of all row modules, each with its bar. Exit status 1 if a bar is missed.

Name modules to run only those: ``python -m benchmarks.run calls suite_overhead``.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.paired import Row

_OWN_ENVIRONMENT = {"aio"}  # runs only if named, in an environment that has aiobotocore


def row_modules(folder: Path) -> set[str]:
    """Return the names of the modules in a `benchmarks` folder that define `rows()`."""
    files = folder.glob("*.py")
    return {file.stem for file in files if "\ndef rows(" in file.read_text(encoding="utf-8")}


def selected(names: list[str]) -> Iterator[str]:
    """Yield the row modules to run: those named, or all that this environment can run."""
    for module in sorted(row_modules(Path(__file__).parent)):
        if module in names if names else module not in _OWN_ENVIRONMENT:
            yield module


def table_line(row: Row) -> str:
    """Return a row as a line of a Markdown table."""
    if row.bar is None:
        return f"| {row.name} | {row.value:.2f} {row.unit} | – | |"
    verdict = "ok" if row.value <= row.bar else "MISSED"
    return f"| {row.name} | {row.value:.2f} {row.unit} | {row.bar:g} | {verdict} |"


def main(names: list[str]) -> int:
    """Run the benchmarks and return the exit status: 1 if a bar was missed."""
    print("| row | measured | at most | |\n|---|---|---|---|")
    missed = False
    for name in selected(names):
        for row in importlib.import_module(f"benchmarks.{name}").rows():
            print(table_line(row), flush=True)
            missed |= row.bar is not None and row.value > row.bar
    return int(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
