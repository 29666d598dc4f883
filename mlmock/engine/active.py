"""The active mock contexts: one immutable tuple, replaced under a lock."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlmock.engine.state import MockContext

ACTIVE: tuple[MockContext, ...] = ()
LOCK = threading.RLock()


def current() -> MockContext | None:
    """Return the mock context that was started last, or None if none is active."""
    contexts = ACTIVE
    return contexts[-1] if contexts else None


def push(context: MockContext) -> None:
    """Activate `context`. The caller holds the lock."""
    global ACTIVE
    ACTIVE = (*ACTIVE, context)


def remove(context: MockContext) -> None:
    """Deactivate `context`, even if it was not started last. The caller holds the lock."""
    global ACTIVE
    if ACTIVE[-1:] == (context,):  # the usual case
        ACTIVE = ACTIVE[:-1]
    else:
        ACTIVE = tuple(other for other in ACTIVE if other is not context)
