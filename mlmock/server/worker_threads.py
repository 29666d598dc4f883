"""Threads that start tasks immediately, however many others are running."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

_MAX_IDLE = 8  # threads that wait for another task
Task = Callable[[], None]


class WorkerThreads:
    """Runs each task in a thread that has finished another one, or in a new thread.

    Starting a thread takes longer than a typical response. The number of threads isn't limited,
    because a task may wait for as long as a rule demands, and must not delay another.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        self._idle = 0
        self._is_stopped = False

    def run(self, task: Task) -> None:
        """Run `task`, which must not raise."""
        with self._lock:
            is_thread_idle = self._idle > 0
            self._idle -= is_thread_idle
        if is_thread_idle:
            self._tasks.put(task)
        else:
            threading.Thread(target=self._work, args=(task,), name=self._name, daemon=True).start()

    def stop(self) -> None:
        """End every thread after its task."""
        with self._lock:
            self._is_stopped = True
            for _ in range(self._idle):
                self._tasks.put(None)
            self._idle = 0

    def _work(self, task: Task | None) -> None:
        while task is not None:
            task()
            with self._lock:
                if self._is_stopped or self._idle >= _MAX_IDLE:
                    return
                self._idle += 1
            task = self._tasks.get()
