"""Run the real SDKs against mlmock, each in its own environment.

    python tests/integration/sdks/run.py [name ...]

Every subfolder with a requirements.txt is a client. Its environment is created under
.cache/clients/<name>, and again when the requirements of the client or of mlmock change; mlmock
itself is installed from this checkout. A folder may have a prepare.py, which runs before the tests
to install what pip cannot; if a required tool is missing, it exits with status 77 and the client is
skipped. A client that exceeds the time limit fails. A summary line for each client, and one for
all, is printed at the end.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
import venv
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[2]
CACHE = ROOT / ".cache" / "clients"
MISSING = 77
SETUP, TESTS = 900, 600  # time limits of one step, in seconds


@dataclass(frozen=True)
class Outcome:
    """The result of one client: passed, FAILED or skipped, and the reason."""

    name: str
    status: str
    reason: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.name:24} {self.status:8} {self.seconds:6.1f} s  {self.reason}"


def clients(names: list[str]) -> list[Path]:
    """Return the folders of all or the named clients; exit for an unknown name."""
    known = {path.parent.name: path.parent for path in sorted(FOLDER.glob("*/requirements.txt"))}
    unknown = sorted(set(names) - set(known))
    if unknown:
        sys.exit(f"no client {', '.join(unknown)}; there are {', '.join(known)}")
    return [folder for name, folder in known.items() if not names or name in names]


def python_of(folder: Path) -> Path:
    """Return the interpreter of a client's environment; create the environment if outdated."""
    environment = CACHE / folder.name
    python = environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    stamp, expected = environment / "ready", fingerprint(folder)
    if not stamp.exists() or stamp.read_text() != expected:
        venv.create(environment, clear=True, with_pip=True)
        install(python, folder)
        stamp.write_text(expected)
    return python


def fingerprint(folder: Path) -> str:
    """Return a hash of the Python version and the requirements of the client and of mlmock."""
    project = (ROOT / "pyproject.toml").read_text().partition("[dependency-groups]")[0]
    requirements = (folder / "requirements.txt").read_text()
    return hashlib.sha256("\n".join((sys.version, requirements, project)).encode()).hexdigest()


def install(python: Path, folder: Path) -> None:
    """Install a client's requirements, pytest, and mlmock from this checkout."""
    pip = [str(python), "-m", "pip", "install", "--quiet"]
    packages = ["-r", str(folder / "requirements.txt"), "pytest", "--editable", f"{ROOT}[http2]"]
    subprocess.run([*pip, *packages], check=True, timeout=SETUP)


def prepare(python: Path, folder: Path) -> str | None:
    """Run the folder's prepare.py; return why the client cannot run, or None if it can."""
    script = folder / "prepare.py"
    if not script.exists():
        return None
    process = subprocess.run(
        [str(python), str(script)],
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        check=False,
        timeout=SETUP,
    )
    if process.returncode == MISSING:
        return process.stdout.strip().rpartition("\n")[2] or "a tool is missing"
    process.check_returncode()
    return None


def run(folder: Path) -> Outcome:
    """Run the tests of one client and return the outcome."""
    started = time.monotonic()

    def outcome(status: str, reason: str) -> Outcome:
        return Outcome(folder.name, status, reason, time.monotonic() - started)

    try:
        python = python_of(folder)
        missing = prepare(python, folder)
    except subprocess.SubprocessError as error:
        return outcome("FAILED", f"could not be set up: {error}")
    if missing is not None:
        return outcome("skipped", missing)
    try:
        process = run_pytest(python, folder)
    except subprocess.TimeoutExpired:
        return outcome("FAILED", f"took more than {TESTS} seconds")
    print(process.stdout, flush=True)
    last = process.stdout.strip().rpartition("\n")[2].strip("= ")
    return outcome("passed" if process.returncode == 0 else "FAILED", last)


def run_pytest(python: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run pytest in the environment of a client."""
    options = ["-q", "-p", "no:cacheprovider", "--rootdir", str(FOLDER)]
    return subprocess.run(
        [str(python), "-m", "pytest", *options, "-c", str(FOLDER / "pytest.ini"), str(folder)],
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        check=False,
        timeout=TESTS,
    )


def main(names: list[str]) -> int:
    """Run the clients, print a table, and return how many failed."""
    outcomes = []
    for folder in clients(names):
        print(f"== {folder.name}", flush=True)
        outcomes.append(run(folder))
    print("\n".join(map(str, outcomes)))
    counts = {
        status: sum(o.status == status for o in outcomes)
        for status in ("passed", "FAILED", "skipped")
    }
    print("clients: " + ", ".join(f"{count} {status.lower()}" for status, count in counts.items()))
    return counts["FAILED"]


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
