"""What botocore sleeps with: back-off, waiters and token buckets move the virtual clock instead."""

from __future__ import annotations

import contextvars
import time
from typing import Any

import botocore.endpoint
import botocore.waiter
from botocore.exceptions import CapacityNotAvailableError
from botocore.retries.bucket import TokenBucket

from mlmock import active
from mlmock.transport.patching import Patch

# True in a thread or task whose latest call went to a service in `passthrough`.
REAL: contextvars.ContextVar[bool] = contextvars.ContextVar("mlmock_real", default=False)


def sleep(seconds: float) -> None:
    """Advance the virtual clock; really sleep where no mock runs or the call was a real one."""
    block = active.current()
    if block is None or REAL.get():
        time.sleep(seconds)
    else:
        block.world.clock.advance(seconds=max(0.0, seconds))


class VirtualTime:
    """The `time` module, but for its `sleep`."""

    sleep = staticmethod(sleep)

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


def _acquire(patch: Patch) -> Any:
    def acquire(self: Any, amount: float, block: bool) -> Any:
        if active.current() is None or REAL.get() or not block:
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


def patches() -> list[Patch]:
    """Return the patches that keep botocore from sleeping."""
    virtual = VirtualTime()
    return [
        Patch(botocore.endpoint, "time", lambda patch: virtual),
        Patch(botocore.waiter, "time", lambda patch: virtual),
        Patch(TokenBucket, "_acquire", _acquire),
    ]
