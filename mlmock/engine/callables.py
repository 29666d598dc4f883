"""User callables of rules: how they are run, and in which thread."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from mlmock.errors import InvalidRule


def run_callable(work: Callable[[], Any]) -> Any:
    """Return the result of a callable of a rule; a coroutine is run to completion.

    If an event loop is running, the coroutine runs in a thread of its own.

    Raises:
        InvalidRule: The callable is asynchronous and gevent has patched the process.
    """
    value = work()
    if not inspect.isawaitable(value):
        return value
    _reject_gevent(value)
    import asyncio  # imported only for asynchronous callables, because it is slow to import

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(_await(value))
    return _run_in_thread(_await(value))


def _reject_gevent(value: Any) -> None:
    """Raise InvalidRule if gevent has patched threads.

    Greenlets share a thread, and a thread can run only one event loop.
    """
    monkey = sys.modules.get("gevent.monkey")
    if monkey is None or not monkey.is_module_patched("threading"):
        return
    getattr(value, "close", bool)()
    raise InvalidRule(
        "the callable of a rule is async def, but gevent has patched this process and asyncio "
        "does not run in greenlets. Make the callable a plain function; it may use gevent."
    )


async def _await(value: Any) -> Any:
    return await value


def _run_in_thread(coroutine: Coroutine[Any, Any, Any]) -> Any:
    import asyncio
    import threading

    outcomes: list[Any] = []

    def target() -> None:
        try:
            outcomes.append((asyncio.run(coroutine), None))
        except BaseException as error:
            outcomes.append((None, error))

    thread = threading.Thread(target=target, name="mlmock-callable")
    thread.start()
    thread.join()
    value, error = outcomes[0]
    if error is not None:
        raise error
    return value
