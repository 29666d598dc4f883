"""Run the real SDKs against mlmock, each in an environment of its own.

    python tests/integration/sdks/run.py [name ...]

Every folder here that has a requirements.txt is a client. Its environment is made once, under
.cache/clients/<name>, and again when its requirements or mlmock's own change; mlmock itself is
installed from this checkout. A folder may have a prepare.py, which runs there before its tests (to
fetch what pip doesn't); it ends with 77 where a tool that it needs is missing, and the client is
skipped. A client that takes too long has failed. A line for each, and one for all, say how it went.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
import venv
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
CACHE = ROOT / ".cache" / "clients"
MISSING = 77
SETUP, TESTS = 900, 600  # seconds that one step of the one or the other may take


@dataclass(frozen=True)
class Outcome:
    """How one client went: passed, FAILED or skipped, and why."""

    name: str
    word: str
    why: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.name:24} {self.word:8} {self.seconds:6.1f} s  {self.why}"


def clients(names: list[str]) -> list[Path]:
    """Return the folders of the clients, or of those named; SystemExit for an unknown name."""
    known = {path.parent.name: path.parent for path in sorted(HERE.glob("*/requirements.txt"))}
    unknown = sorted(set(names) - set(known))
    if unknown:
        sys.exit(f"no client {', '.join(unknown)}; there are {', '.join(known)}")
    return [folder for name, folder in known.items() if not names or name in names]


def python_of(folder: Path) -> Path:
    """Return the interpreter of a client's environment, made if it is missing or out of date."""
    home = CACHE / folder.name
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    stamp, wanted = home / "ready", fingerprint(folder)
    if not stamp.exists() or stamp.read_text() != wanted:
        venv.create(home, clear=True, with_pip=True)
        install(python, folder)
        stamp.write_text(wanted)
    return python


def fingerprint(folder: Path) -> str:
    """Return what an environment depends on: the Python, the client's requirements, mlmock's."""
    project = (ROOT / "pyproject.toml").read_text().partition("[dependency-groups]")[0]
    wanted = (folder / "requirements.txt").read_text()
    return hashlib.sha256("\n".join((sys.version, wanted, project)).encode()).hexdigest()


def install(python: Path, folder: Path) -> None:
    """Install a client's requirements, pytest, and mlmock from this checkout."""
    pip = [str(python), "-m", "pip", "install", "--quiet"]
    wanted = ["-r", str(folder / "requirements.txt"), "pytest", "--editable", str(ROOT)]
    subprocess.run([*pip, *wanted], check=True, timeout=SETUP)


def prepared(python: Path, folder: Path) -> str | None:
    """Run the folder's prepare.py; return why the client can't run here, or None if it can."""
    script = folder / "prepare.py"
    if not script.exists():
        return None
    done = subprocess.run(
        [str(python), str(script)],
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        check=False,
        timeout=SETUP,
    )
    if done.returncode == MISSING:
        return done.stdout.strip().rpartition("\n")[2] or "a tool is missing"
    done.check_returncode()
    return None


def run(folder: Path) -> Outcome:
    """Run one client's tests."""
    started = time.monotonic()

    def outcome(word: str, why: str) -> Outcome:
        return Outcome(folder.name, word, why, time.monotonic() - started)

    try:
        python = python_of(folder)
        missing = prepared(python, folder)
    except subprocess.SubprocessError as fault:
        return outcome("FAILED", f"could not be set up: {fault}")
    if missing is not None:
        return outcome("skipped", missing)
    try:
        done = tested(python, folder)
    except subprocess.TimeoutExpired:
        return outcome("FAILED", f"took more than {TESTS} seconds")
    print(done.stdout, flush=True)
    last = done.stdout.strip().rpartition("\n")[2].strip("= ")
    return outcome("passed" if done.returncode == 0 else "FAILED", last)


def tested(python: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the tests of a client."""
    options = ["-q", "-p", "no:cacheprovider", "--rootdir", str(HERE)]
    return subprocess.run(
        [str(python), "-m", "pytest", *options, "-c", str(HERE / "pytest.ini"), str(folder)],
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        check=False,
        timeout=TESTS,
    )


def main(names: list[str]) -> int:
    """Run the clients, print the table, and return how many failed."""
    outcomes = []
    for folder in clients(names):
        print(f"== {folder.name}", flush=True)
        outcomes.append(run(folder))
    print("\n".join(map(str, outcomes)))
    counts = {
        word: sum(o.word == word for o in outcomes) for word in ("passed", "FAILED", "skipped")
    }
    print("clients: " + ", ".join(f"{count} {word.lower()}" for word, count in counts.items()))
    return counts["FAILED"]


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
