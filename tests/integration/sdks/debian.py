"""Tools that pip cannot install: install them from Debian, or report that they are missing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

MISSING = 77  # the exit status that makes run.py skip a client
_TIMEOUT = 600  # seconds
_APT = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300")


def require(*tools: str, packages: tuple[str, ...], directory: str | None = None) -> None:
    """Return if `tools` are on the path and `directory` exists; install `packages` if root.

    Otherwise print what is missing and exit with status 77.
    """
    if _missing(tools, directory) and os.geteuid() == 0 and shutil.which("apt-get"):
        _install(packages)
    missing = _missing(tools, directory)
    if missing:
        print(f"{missing} missing (Debian: apt-get install {' '.join(packages)})")
        sys.exit(MISSING)


def _missing(tools: tuple[str, ...], directory: str | None) -> str:
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if directory is not None and not Path(directory).is_dir():
        missing.append(directory)
    return (
        " and ".join(missing) and f"{' and '.join(missing)} {'are' if len(missing) > 1 else 'is'}"
    )


def _install(packages: tuple[str, ...]) -> None:
    for command in (("update",), ("install", "-y", "--no-install-recommends", *packages)):
        try:
            subprocess.run(
                [*_APT, *command], check=False, timeout=_TIMEOUT, stdout=subprocess.DEVNULL
            )
        except subprocess.TimeoutExpired:
            return
