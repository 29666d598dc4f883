"""Tools that pip doesn't bring: told of where they are missing, or installed from Debian."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

MISSING = 77  # the exit status that makes run.py skip a client
_PATIENCE = 600  # seconds
_APT = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300")


def need(*tools: str, packages: tuple[str, ...], place: str | None = None) -> None:
    """Go on if `tools` are on the path, and `place` is there; install `packages` where root may.

    Ends the process with 77 and a line that says what is missing otherwise.
    """
    if _missing(tools, place) and os.geteuid() == 0 and shutil.which("apt-get"):
        _install(packages)
    missing = _missing(tools, place)
    if missing:
        print(f"{missing} missing (Debian: apt-get install {' '.join(packages)})")
        sys.exit(MISSING)


def _missing(tools: tuple[str, ...], place: str | None) -> str:
    lost = [tool for tool in tools if shutil.which(tool) is None]
    if place is not None and not Path(place).is_dir():
        lost.append(place)
    return " and ".join(lost) and f"{' and '.join(lost)} {'are' if len(lost) > 1 else 'is'}"


def _install(packages: tuple[str, ...]) -> None:
    for line in (("update",), ("install", "-y", "--no-install-recommends", *packages)):
        try:
            subprocess.run(
                [*_APT, *line], check=False, timeout=_PATIENCE, stdout=subprocess.DEVNULL
            )
        except subprocess.TimeoutExpired:
            return
