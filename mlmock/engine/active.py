"""Which mocks run: one immutable tuple, swapped under a lock."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlmock.engine.state import MockContext

ACTIVE: tuple[MockContext, ...] = ()
LOCK = threading.RLock()


def current() -> MockContext | None:
    """Return the block that decides: the one started last, or None."""
    running = ACTIVE
    return running[-1] if running else None


def push(context: MockContext) -> None:
    """Put `context` on top. The caller holds the lock."""
    global ACTIVE
    ACTIVE = (*ACTIVE, context)


def remove(context: MockContext) -> None:
    """Take `context` out, wherever it stands. The caller holds the lock."""
    global ACTIVE
    if ACTIVE[-1:] == (context,):  # as nearly always
        ACTIVE = ACTIVE[:-1]
    else:
        ACTIVE = tuple(other for other in ACTIVE if other is not context)
