"""Compare the working tree with another commit: `python -m benchmarks.compare BASE [MODULE ...]`.

Old and new alternate: one row module at a time, each in a new process with the same interpreter and
dependencies. Each side runs its own `benchmarks` package; rows are matched by title.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.paired import Row
from benchmarks.run import row_modules

_ROOT = Path(__file__).parents[1]
_CACHE = _ROOT / ".cache"
_ROWS_AS_JSON = Path(__file__).with_name("rows_as_json.py").read_text(encoding="utf-8")
# Row modules that need an environment of their own.
_INTERPRETERS = {"aio": _CACHE / "aio-newest" / "bin" / "python"}
# Patterns of the titles of commits up to 0.1.0, and what replaced them.
_RETITLED = {
    r", with the \w+$": "",
    r", without( \w+)?(?=$|, )": ", cache=False",
    r"\bblock\b": "mock",
    "a fresh session": "a new session",
    "fresh client": "new client",
    "the plugin in a run without it": "import of the pytest plugin",
    "50 tests, ours": "50 tests, mlmock",
    "ours with moto active": "describe_human_loop with moto active",
    "kept a stored loop beyond its input": "memory of a human loop beyond its input",
    "kept a journalled short call": "memory of a short call in the journal",
    "the same client against a constant answer": "one boto3 client",
    "streams at once": "concurrent streams",
    r"requests a second \(ListBuckets\), as a share": "requests per second (ListBuckets)",
}

Rows = dict[str, list[Row]]  # one row from each round, by title


@dataclass(frozen=True, slots=True)
class Comparison:
    """A row of both sides: medians, their ratio, and in how many rounds the new side was slower."""

    old: float
    new: float
    slower_rounds: int

    @property
    def ratio(self) -> float:
        """The new median over the old one."""
        return self.new / self.old


def checkout(commit: str) -> Path:
    """Return the folder under .cache that holds the files of `commit`; extract them if needed."""
    sha = _git("rev-parse", "--verify", f"{commit}^{{commit}}").decode().strip()
    folder = _CACHE / f"bench-{sha[:12]}"
    if not folder.exists():
        _CACHE.mkdir(exist_ok=True)
        with TemporaryDirectory(dir=_CACHE) as temporary:
            files = Path(temporary, "files")
            files.mkdir()
            archive = _git("archive", "--format=tar", sha)
            subprocess.run(["tar", "-x", "-C", str(files)], input=archive, check=True)  # noqa: S607
            files.rename(folder)
    return folder


def _git(*arguments: str) -> bytes:
    command = ["git", "-C", str(_ROOT), *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def measure(folder: Path, module: str, turn: int) -> Iterator[Row]:
    """Run one row module of a checkout in a new process, and yield its rows."""
    python = _INTERPRETERS.get(module, sys.executable)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    process = subprocess.run(
        [str(python), "-c", _ROWS_AS_JSON, module],
        env={**inherited, "PYTHONPATH": str(folder), "PYTHONHASHSEED": str(turn)},
        cwd=folder,
        stdout=subprocess.PIPE,
    )
    if process.returncode != 0:
        raise SystemExit(f"benchmarks.{module} of {folder} failed; its traceback is above")
    for line in process.stdout.splitlines():
        row = Row(**json.loads(line))
        yield replace(row, name=title_of(row.name))


def title_of(name: str) -> str:
    """Return the current title of a row, whichever commit it comes from."""
    for pattern, replacement in _RETITLED.items():
        name = re.sub(pattern, replacement, name)
    return name


def alternate(old: Path, new: Path, names: list[str], rounds: int) -> tuple[Rows, Rows]:
    """Run the row modules of both sides in turn, `rounds` times, and return their rows."""
    results: dict[Path, Rows] = {old: {}, new: {}}
    modules = {folder: row_modules(folder / "benchmarks") for folder in results}
    selected = sorted(set(names) or set.union(*modules.values()))
    for turn in range(rounds):
        print(f"round {turn + 1} of {rounds}", file=sys.stderr, flush=True)
        order = (old, new) if turn % 2 == 0 else (new, old)
        for module in selected:
            for folder in order:
                for row in measure(folder, module, turn) if module in modules[folder] else ():
                    results[folder].setdefault(row.name, []).append(row)
    return results[old], results[new]


def compared(old: list[Row], new: list[Row]) -> Comparison:
    """Return the comparison of a row's rounds."""
    before, after = [row.value for row in old], [row.value for row in new]
    slower = sum(mine > theirs for mine, theirs in zip(after, before, strict=True))
    return Comparison(statistics.median(before), statistics.median(after), slower)


def table(old: Rows, new: Rows, bar: float) -> tuple[list[str], bool]:
    """Return the lines of the report, and whether a row got slower than `bar` allows.

    A row without a bar of its own is reported, but cannot fail the comparison.
    """
    lines = ["| row | old | new | new/old | slower in | |", "|---|---|---|---|---|---|"]
    failed = False
    for title in (title for title in new if title in old):
        row, found = new[title][0], compared(old[title], new[title])
        is_slower = row.bar is not None and found.ratio > bar
        verdict = "" if row.bar is None else "SLOWER" if is_slower else "ok"
        share = f"{found.slower_rounds} of {len(new[title])}"
        values = f"{found.old:.3f} | {found.new:.3f} {row.unit} | {found.ratio:.3f}"
        lines.append(f"| {title} | {values} | {share} | {verdict} |")
        failed |= is_slower
    lines += [f"Only in the old commit: {title}" for title in old if title not in new]
    lines += [f"Only in the working tree: {title}" for title in new if title not in old]
    return lines, failed


def main(arguments: list[str]) -> int:
    """Print the table of both sides; return 1 if a row got slower than the bar allows."""
    parser = argparse.ArgumentParser(prog="benchmarks.compare", description=__doc__)
    parser.add_argument("base", help="the commit to compare the working tree with")
    parser.add_argument("modules", nargs="*", help="row modules; all if left out")
    parser.add_argument("--bar", type=float, default=1.03, help="the highest ratio new/old allowed")
    parser.add_argument("--rounds", type=int, default=9, help="how many rounds the medians are of")
    options = parser.parse_args(arguments)
    rows = alternate(checkout(options.base), _ROOT, options.modules, options.rounds)
    lines, failed = table(*rows, options.bar)
    print("\n".join(lines))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
