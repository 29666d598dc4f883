"""Which mocks run: one immutable tuple, swapped under a lock."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlmock.engine.state import Block

RUNNING: tuple[Block, ...] = ()
LOCK = threading.RLock()


def current() -> Block | None:
    """Return the block that decides: the one started last, or None."""
    running = RUNNING
    return running[-1] if running else None


def enter(block: Block) -> None:
    """Put `block` on top. The caller holds the lock."""
    global RUNNING
    RUNNING = (*RUNNING, block)


def leave(block: Block) -> None:
    """Take `block` out, wherever it stands. The caller holds the lock."""
    global RUNNING
    if RUNNING[-1:] == (block,):  # as nearly always
        RUNNING = RUNNING[:-1]
    else:
        RUNNING = tuple(other for other in RUNNING if other is not block)
