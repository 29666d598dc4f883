"""Virtual time in botocore: back-off, waiters and token buckets advance the clock of the mock.

botocore still draws the length of a back-off. Inside a mock it draws from the mock's seeded source.
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

# The `sentinel_id` of the mock state in which the latest call of the thread or task went to a
# service in `passthrough`, or None after any other call. A sentinel instead of True makes a value
# of an ended mock meaningless to the next one.
PASSTHROUGH_STATE: contextvars.ContextVar[object] = contextvars.ContextVar(
    "mlmock_passthrough_state", default=None
)
# True while botocore sends a request of a service in `passthrough`.
IS_PASSING_THROUGH: contextvars.ContextVar[bool] = contextvars.ContextVar(
    "mlmock_is_passing_through", default=False
)
_time_sleep = time.sleep


def virtual_clock_context() -> MockContext | None:
    """Return the active mock context, or None if time is real.

    It is real if no mock is active, or if the latest call went to a service in `passthrough`.
    """
    context = active.current()
    if context is None or PASSTHROUGH_STATE.get() is context.state.sentinel_id:
        return None
    return context


@contextmanager
def passing_through() -> Iterator[None]:
    """Let the patches of HTTP clients ignore the requests that are sent in this context."""
    token = IS_PASSING_THROUGH.set(True)
    try:
        yield
    finally:
        IS_PASSING_THROUGH.reset(token)


def sleep(seconds: float) -> None:
    """Advance the virtual clock, or sleep if time is real."""
    context = virtual_clock_context()
    if context is None:
        current = time.sleep  # another tool's function, unless `sleep` itself is patched in
        (_time_sleep if current is sleep else current)(seconds)
    else:
        context.state.clock.advance(seconds=max(0.0, seconds))


class VirtualTimeModule:
    """The `time` module with a virtual `sleep`."""

    sleep = staticmethod(sleep)

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


async def async_sleep(delay: float, result: Any = None) -> Any:
    """Advance the virtual clock and let other tasks run, or sleep if time is real.

    Args:
        delay: The time in seconds.
        result: The value to return, as in `asyncio.sleep`.
    """
    from asyncio import tasks

    context = virtual_clock_context()
    if context is None:
        return await tasks.sleep(delay, result)
    context.state.clock.advance(seconds=max(0.0, delay))
    return await tasks.sleep(0, result)


def random_jitter() -> float:
    """Return a number from 0 to 1, from the seeded source of an active mock."""
    context = active.current()
    return random.random() if context is None else context.random.random()


class SeededRandomModule:
    """The `random` module with a seeded `random`, which back-off uses."""

    random = staticmethod(random_jitter)

    def __getattr__(self, name: str) -> Any:
        return getattr(random, name)


class SeededBackoff:
    """A descriptor for `ExponentialBackoff._random` that returns the seeded source.

    An instance that was created with its own source keeps it.
    """

    def __get__(self, backoff: Any, owner: type | None = None) -> Any:
        if backoff is None:
            return self
        source = backoff.__dict__["_random"]
        is_default = getattr(source, "__self__", None) is getattr(random, "_inst", source)
        return random_jitter if is_default else source

    def __set__(self, backoff: Any, value: Any) -> None:
        backoff.__dict__["_random"] = value


def _acquire(patch: Patch) -> Any:
    def acquire(self: Any, amount: float, block: bool) -> Any:
        if virtual_clock_context() is None or not block:
            return patch.original(self, amount, block)
        try:
            return patch.original(self, amount, False)
        except CapacityNotAvailableError:
            # The capacity is negative if time went back: freezegun started after the client.
            self._current_capacity = max(0, self._current_capacity)
            sleep(self._sleep_amount(amount))
            self._current_capacity = 0
            return True

    return acquire


def user_patches() -> list[Patch]:
    """Return the patches that make the sleeping of the tested code virtual."""
    import asyncio

    return [
        Patch(time, "sleep", lambda patch: sleep),
        Patch(asyncio, "sleep", lambda patch: async_sleep),
    ]


def patches() -> list[Patch]:
    """Return the patches that make the sleeping of botocore virtual."""
    virtual_time, seeded_random = VirtualTimeModule(), SeededRandomModule()
    return [
        ReplacementPatch(ExponentialBackoff, "_random", lambda patch: SeededBackoff()),
        ReplacementPatch(botocore.retryhandler, "random", lambda patch: seeded_random),
        ReplacementPatch(botocore.endpoint, "time", lambda patch: virtual_time),
        ReplacementPatch(botocore.waiter, "time", lambda patch: virtual_time),
        Patch(TokenBucket, "_acquire", _acquire),
    ]
