"""Virtual time: the only module that reads the time.

Virtual time is the time of the machine (or of freezegun or time-machine), or a frozen instant, plus
what the clock was advanced by. Callbacks run in order as the clock passes their instants.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from mlmock.exposed import exposed
from mlmock.simulation.undo_log import UndoLog

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_LAST = 253_402_300_799.0  # the last second that a datetime can hold
Callback = Callable[[], object]


def to_datetime(seconds: float) -> datetime:
    """Return the aware UTC datetime of `seconds` since 1970, to the millisecond as in AWS."""
    return _EPOCH + timedelta(milliseconds=int(seconds * 1000 + 0.0005))


def truncate_to_milliseconds(seconds: float) -> float:
    """Return `seconds` since 1970, truncated to milliseconds as in AWS."""
    return int(seconds * 1000 + 0.0005) / 1000


def to_seconds(moment: datetime) -> float:
    """Return the seconds since 1970 of `moment`; a naive datetime is UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return (aware - _EPOCH).total_seconds()


@exposed("Clock", "now advance")
class Clock:
    """The virtual time of a mock."""

    def __init__(
        self,
        undo_log: UndoLog,
        *,
        now: datetime | None = None,
        lock: threading.RLock | None = None,
    ) -> None:
        self._undo_log = undo_log
        self._frozen_at = None if now is None else to_seconds(now)
        self.offset = 0.0
        self.callbacks: list[tuple[float, int, list[Callback | None]]] = []
        self._order = itertools.count()
        # Callbacks take the lock of the state that they change. The clock uses the same lock, since
        # two threads would otherwise wait for each other.
        self._lock = lock or threading.RLock()
        self.on_patch_time: Callable[[], None] = _nothing_to_patch

    def __repr__(self) -> str:
        return f"<clock at {self.now().isoformat()}>"

    def seconds(self) -> float:
        """Return the present instant in seconds since 1970."""
        base = self._frozen_at
        return (time.time() if base is None else base) + self.offset

    def now(self) -> datetime:
        """Return the present instant as an aware UTC datetime."""
        return to_datetime(self.seconds())

    def advance(
        self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> None:
        """Move the clock forward and run the callbacks that become due.

        Raises:
            ValueError: The sum is negative, or the clock would pass the year 9999.
        """
        step = seconds + 60 * minutes + 3600 * hours + 86400 * days
        if not step >= 0:
            raise ValueError(f"the clock cannot go back: advance() got {step} seconds")
        if self.seconds() + step > _LAST:
            raise ValueError("the clock cannot go beyond the year 9999")
        with self._lock:
            offset = self.offset + step
            self._run_until(self.seconds() + step)
            if offset > self.offset:  # exactly the step, however long the callbacks took
                self._undo_log.set(self, offset=offset)

    def patch_time(self) -> None:
        """Let `time.sleep` and `asyncio.sleep` advance this clock until the outermost mock ends.

        Code that imported the function by name (``from time import sleep``) keeps the real one.
        """
        self.on_patch_time()

    def call_at(self, instant: float, callback: Callback) -> Callable[[], None]:
        """Run `callback` when the clock reaches `instant`, in seconds since 1970.

        Returns:
            A function that cancels the callback.
        """
        cell: list[Callback | None] = [callback]
        with self._lock:
            heapq.heappush(self.callbacks, (instant, next(self._order), cell))

        def cancel() -> None:
            cell[0] = None
            self._undo_log.record(lambda: cell.__setitem__(0, callback))

        self._undo_log.record(cancel)
        return cancel

    def run_due(self) -> None:
        """Run the callbacks that have become due."""
        if self.callbacks and self.callbacks[0][0] <= self.seconds():
            with self._lock:
                self._run_until(self.seconds())

    def freeze(self, instant: float | None) -> None:
        """Freeze the clock at `instant`, in seconds since 1970; None follows the machine again."""
        self._undo_log.set(self, _frozen_at=instant)

    def restart(self) -> None:
        """Undo all advances and remove all callbacks."""
        with self._lock:
            self._undo_log.record_contents(self.callbacks)
            self.callbacks.clear()
            self._undo_log.set(self, offset=0.0)

    def _run_until(self, target: float) -> None:
        while self.callbacks and self.callbacks[0][0] <= target:
            entry = heapq.heappop(self.callbacks)
            self._undo_log.record(lambda e=entry: heapq.heappush(self.callbacks, e))  # type: ignore[misc]
            instant, _, cell = entry
            callback = cell[0]
            if callback is not None:
                self._move_to(instant)
                callback()

    def _move_to(self, instant: float) -> None:
        missing = instant - self.seconds()
        if missing > 0:
            self._undo_log.set(self, offset=self.offset + missing)


def _nothing_to_patch() -> None:
    """Do nothing: no interception uses this clock."""
