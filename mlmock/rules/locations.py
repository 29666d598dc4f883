"""Locations in the code of a test, as ``file:line``."""

from __future__ import annotations

import sys
from pathlib import Path

_PACKAGE_DIR = str(Path(__file__).parents[1])


def caller_location() -> str:
    """Return ``file:line`` of the innermost caller outside mlmock."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE_DIR):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def short_location(location: str) -> str:
    """Return ``file:line`` relative to the working directory, if the file is in it."""
    name, _, line = location.rpartition(":")
    try:
        return f"{Path(name).relative_to(Path.cwd())}:{line}"
    except (ValueError, OSError, TypeError):
        return location  # The working directory may have been deleted, or patched by the test.
