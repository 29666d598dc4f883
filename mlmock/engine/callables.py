"""Callables of the user: where and how a rule's function runs."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from mlmock.errors import InvalidRule


def run_callable(work: Callable[[], Any]) -> Any:
    """Run a callable of a rule; a coroutine is run to its end, in a thread if a loop runs here."""
    value = work()
    if not inspect.isawaitable(value):
        return value
    _reject_gevent(value)
    import asyncio  # loaded by whoever has something to await, and dear to everybody else

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(_wrap_awaitable(value))
    return _run_in_thread(_wrap_awaitable(value))


def _reject_gevent(value: Any) -> None:
    """Raise InvalidRule where gevent has patched threads: greenlets can't each have an event loop."""
    monkey = sys.modules.get("gevent.monkey")
    if monkey is None or not monkey.is_module_patched("threading"):
        return
    getattr(value, "close", bool)()
    raise InvalidRule(
        "a rule's callable is async def, and gevent has patched this process: asyncio doesn't run "
        "in greenlets. Make the callable a plain function; it may use gevent."
    )


async def _wrap_awaitable(value: Any) -> Any:
    return await value


def _run_in_thread(coroutine: Coroutine[Any, Any, Any]) -> Any:
    import asyncio
    import threading

    outcome: list[Any] = []

    def target() -> None:
        try:
            outcome.append((asyncio.run(coroutine), None))
        except BaseException as fault:
            outcome.append((None, fault))

    thread = threading.Thread(target=target, name="mlmock-callable")
    thread.start()
    thread.join()
    value, fault = outcome[0]
    if fault is not None:
        raise fault
    return value
