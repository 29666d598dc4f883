"""Functions shared by the tests of `mock_ml`."""

from __future__ import annotations

import mlmock


def is_mock_active() -> bool:
    """Return whether a mock is active."""
    try:
        mlmock.current()
    except RuntimeError:
        return False
    return True
