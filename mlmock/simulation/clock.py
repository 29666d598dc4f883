"""The one place that reads time.

Virtual time is the machine's (or freezegun's, or time-machine's), or an instant that stands still,
plus what has been advanced. Work that is due is done in order while the clock moves.
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
_LAST = 253_402_300_799.0  # what no datetime goes beyond
Callback = Callable[[], object]


def to_datetime(seconds: float) -> datetime:
    """Return the aware UTC datetime of `seconds` since 1970, in milliseconds as AWS keeps them."""
    return _EPOCH + timedelta(milliseconds=int(seconds * 1000 + 0.0005))


def truncate_to_milliseconds(seconds: float) -> float:
    """Return an instant, in seconds since 1970, as AWS keeps it: to the millisecond."""
    return int(seconds * 1000 + 0.0005) / 1000


def to_seconds(moment: datetime) -> float:
    """Return the seconds since 1970 of `moment`; a naive one is UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return (aware - _EPOCH).total_seconds()


@exposed("Clock", "now advance")
class Clock:
    """Virtual time of one mock, in seconds since 1970."""

    def __init__(
        self,
        undo_log: UndoLog,
        *,
        now: datetime | None = None,
        lock: threading.RLock | None = None,
    ) -> None:
        self._undo_log = undo_log
        self._standing = None if now is None else to_seconds(now)
        self.offset = 0.0
        self.jobs: list[tuple[float, int, list[Callback | None]]] = []
        self._order = itertools.count()
        # Work that is due takes the lock of what it works on: the same one, or two threads that
        # come from either side would wait for each other.
        self._lock = lock or threading.RLock()
        self.on_patch_time: Callable[[], None] = _nothing_to_patch

    def __repr__(self) -> str:
        return f"<clock at {self.now().isoformat()}>"

    def seconds(self) -> float:
        """Return the present instant in seconds since 1970."""
        base = self._standing
        return (time.time() if base is None else base) + self.offset

    def now(self) -> datetime:
        """Return the present instant as an aware UTC datetime."""
        return to_datetime(self.seconds())

    def advance(
        self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> None:
        """Move the clock forward, and do on the way what is due.

        ValueError for going back, or beyond the calendar.
        """
        step = seconds + 60 * minutes + 3600 * hours + 86400 * days
        if not step >= 0:
            raise ValueError(f"the clock only goes forward; advance() got {step} seconds")
        if self.seconds() + step > _LAST:
            raise ValueError("the clock goes no further than the year 9999")
        with self._lock:
            offset = self.offset + step
            self._run_until(self.seconds() + step)
            if offset > self.offset:  # exactly the step, however long the work on the way took
                self._undo_log.set(self, offset=offset)

    def patch_time(self) -> None:
        """Let `time.sleep` and `asyncio.sleep` move this clock too, until the last block ends.

        Code that has imported the function by its name (``from time import sleep``) keeps it.
        """
        self.on_patch_time()

    def call_at(self, instant: float, job: Callback) -> Callable[[], None]:
        """Do `job` when the clock gets to `instant`; returns what cancels it."""
        cell: list[Callback | None] = [job]
        with self._lock:
            heapq.heappush(self.jobs, (instant, next(self._order), cell))

        def cancel() -> None:
            cell[0] = None
            self._undo_log.record(lambda: cell.__setitem__(0, job))

        self._undo_log.record(cancel)
        return cancel

    def run_due(self) -> None:
        """Do what has become due since somebody last looked."""
        if self.jobs and self.jobs[0][0] <= self.seconds():
            with self._lock:
                self._run_until(self.seconds())

    def freeze(self, instant: float | None) -> None:
        """Let the clock stand at `instant`, but for what it is advanced; None: be the machine's."""
        self._undo_log.set(self, _standing=instant)

    def restart(self) -> None:
        """Take back what was advanced, and forget what was to be done."""
        with self._lock:
            self._undo_log.record_contents(self.jobs)
            self.jobs.clear()
            self._undo_log.set(self, offset=0.0)

    def _run_until(self, target: float) -> None:
        while self.jobs and self.jobs[0][0] <= target:
            entry = heapq.heappop(self.jobs)
            self._undo_log.record(lambda e=entry: heapq.heappush(self.jobs, e))  # type: ignore[misc]
            instant, _, cell = entry
            job = cell[0]
            if job is not None:
                self._move_to(instant)
                job()

    def _move_to(self, instant: float) -> None:
        missing = instant - self.seconds()
        if missing > 0:
            self._undo_log.set(self, offset=self.offset + missing)


def _nothing_to_patch() -> None:
    """Do nothing: nobody intercepts for this clock."""
