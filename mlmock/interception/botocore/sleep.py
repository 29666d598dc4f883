"""What botocore sleeps with: back-off, waiters and token buckets move the virtual clock instead.

How long a back-off is, botocore draws; inside a block it draws from the block's seeded source.
"""

from __future__ import annotations

import contextvars
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import botocore.endpoint
import botocore.retryhandler
import botocore.waiter
from botocore.exceptions import CapacityNotAvailableError
from botocore.retries.bucket import TokenBucket
from botocore.retries.standard import ExponentialBackoff

from mlmock.engine import active
from mlmock.engine.state import MockContext
from mlmock.interception.patching import Patch, ReplacementPatch

# The mark of the world in which the latest call of a thread or task went to a service in
# `passthrough`; None after any other. What it says of a world that has ended holds in no other.
REAL: contextvars.ContextVar[object] = contextvars.ContextVar("mlmock_real", default=None)
# True while botocore sends a request of a service in `passthrough`.
LEAVING: contextvars.ContextVar[bool] = contextvars.ContextVar("mlmock_leaving", default=False)


_sleep = time.sleep


def virtual_clock_context() -> MockContext | None:
    """Return the running block, or None where none runs or the latest call was a real one."""
    context = active.current()
    return None if context is None or REAL.get() is context.state.sentinel_id else context


@contextmanager
def real_sleep() -> Iterator[None]:
    """Let a request go that `passthrough` lets through, whichever door it comes by."""
    token = LEAVING.set(True)
    try:
        yield
    finally:
        LEAVING.reset(token)


def sleep(seconds: float) -> None:
    """Advance the virtual clock; really sleep where no mock runs or the call was a real one."""
    context = virtual_clock_context()
    if context is None:
        present = time.sleep  # somebody's own, unless it is the one that ours has replaced
        (_sleep if present is sleep else present)(seconds)
    else:
        context.state.clock.advance(seconds=max(0.0, seconds))


class VirtualTimeModule:
    """The `time` module, but for its `sleep`."""

    sleep = staticmethod(sleep)

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


async def async_sleep(delay: float, result: Any = None) -> Any:
    """Advance the virtual clock and let other tasks run; really sleep where `sleep` does."""
    from asyncio import tasks

    context = virtual_clock_context()
    if context is None:
        return await tasks.sleep(delay, result)
    context.state.clock.advance(seconds=max(0.0, delay))
    return await tasks.sleep(0, result)


def random_jitter() -> float:
    """Return a number from 0 to 1: of the block's seeded source while one runs."""
    context = active.current()
    return random.random() if context is None else context.random.random()


class SeededRandom:
    """The `random` module, but for the draws of back-off."""

    random = staticmethod(random_jitter)

    def __getattr__(self, name: str) -> Any:
        return getattr(random, name)


class SeededBackoff:
    """Descriptor over `ExponentialBackoff._random`; one that was given another source keeps it."""

    def __get__(self, backoff: Any, owner: type | None = None) -> Any:
        if backoff is None:
            return self
        own = backoff.__dict__["_random"]
        return (
            random_jitter
            if getattr(own, "__self__", None) is getattr(random, "_inst", own)
            else own
        )

    def __set__(self, backoff: Any, value: Any) -> None:
        backoff.__dict__["_random"] = value


def _acquire(patch: Patch) -> Any:
    def acquire(self: Any, amount: float, block: bool) -> Any:
        if virtual_clock_context() is None or not block:
            return patch.original(self, amount, block)
        try:
            return patch.original(self, amount, False)
        except CapacityNotAvailableError:
            # Below zero where the time went back: freezegun came after the client.
            self._current_capacity = max(0, self._current_capacity)
            sleep(self._sleep_amount(amount))
            self._current_capacity = 0
            return True

    return acquire


def user_patches() -> list[Patch]:
    """Return the patches that take the sleeping of the code under test."""
    import asyncio

    return [
        Patch(time, "sleep", lambda patch: sleep),
        Patch(asyncio, "sleep", lambda patch: async_sleep),
    ]


def patches() -> list[Patch]:
    """Return the patches that keep botocore from sleeping."""
    virtual, seeded = VirtualTimeModule(), SeededRandom()
    return [
        ReplacementPatch(ExponentialBackoff, "_random", lambda patch: SeededBackoff()),
        ReplacementPatch(botocore.retryhandler, "random", lambda patch: seeded),
        ReplacementPatch(botocore.endpoint, "time", lambda patch: virtual),
        ReplacementPatch(botocore.waiter, "time", lambda patch: virtual),
        Patch(TokenBucket, "_acquire", _acquire),
    ]
