"""Every situation in a process of its own: sockets blocked, sleeping forbidden, warnings errors."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SLOW = {"moto_orders"}
SITUATIONS = [
    pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else [])
    for name in sorted(path.stem for path in (HERE / "scenarios").glob("[a-z]*.py"))
]


@pytest.mark.parametrize("situation", SITUATIONS)
def test_situation(situation: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", f"tests.interception.scenarios.{situation}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-6000:]
    assert not done.stderr, done.stderr[-6000:]
