"""`mock_ml`: the description of a mock, and every way to run it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, overload

from mlmock.engine import active
from mlmock.engine.options import Options
from mlmock.mock.handle import MockML, resolve_services
from mlmock.mock.run import MockSession, StandaloneMock

if TYPE_CHECKING:
    from mlmock.simulation.progress import Policy

    Decorated = TypeVar("Decorated", bound=Callable[..., Any])

# The thread, and the task in it, that a block was started by.
ThreadAndTask = tuple[int, Any]


# moto's room is loaded when somebody asks for a neighbour.


class Mock:
    """The description of a mock. Each entry makes a fresh running one."""

    def __init__(self, services: Iterable[str], options: dict[str, Any]) -> None:
        self._services = resolve_services(services)
        self._options = Options.from_kwargs(options)
        self._given = frozenset(options)
        self._runs: list[tuple[ThreadAndTask, MockSession]] = []

    def __repr__(self) -> str:
        return f"<mock_ml of {', '.join(sorted(self._services))}>"

    def detached(self) -> StandaloneMock:
        """Return a world of its own, which no client in this process is led to."""
        return StandaloneMock(self._options, self._services)

    def run(self) -> MockSession:
        """Start a block and return it."""
        return MockSession(self._options, self._services, self._given)

    # -- by hand ----------------------------------------------------------------------------

    def start(self) -> MockML:
        """Start a block and return its handle."""
        run = self.run()
        with active.LOCK:
            self._runs.append((_current_thread_and_task(), run))
        return run.ml

    def stop(self) -> None:
        """End the block that was started last; asserts nothing. RuntimeError if none runs."""
        self._last("stop").stop()

    # -- with and async with ----------------------------------------------------------------

    def __enter__(self) -> MockML:
        """Start a block and return its handle."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the block; UnusedRule and swallowed refusals are raised if it ended well."""
        self._last("leave").end(fault)

    async def __aenter__(self) -> MockML:
        """Start a block and return its handle."""
        return self.start()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the block; UnusedRule and swallowed refusals are raised if it ended well."""
        self._last("leave").end(fault)

    def _last(self, what: str) -> MockSession:
        """Take out the run that was started last: here, if any was, else anywhere."""
        with active.LOCK:
            if not self._runs:
                raise RuntimeError(f"there is nothing to {what}: this mock_ml has not been started")
            if len(self._runs) == 1:
                return self._runs.pop()[1]
            here = _current_thread_and_task()
            mine = [pair for pair in self._runs if pair[0] == here]
            found = (mine or self._runs)[-1]
            self._runs.remove(found)
            return found[1]

    # -- as a decorator ---------------------------------------------------------------------

    def __call__(self, thing: Decorated) -> Decorated:
        """Decorate a function of any kind, or a class: each call, each test, in its own block."""
        from mlmock.mock.decorators import decorate

        return decorate(self.run, thing)


@overload
def mock_ml(decorated: Decorated, /) -> Decorated: ...
@overload
def mock_ml(
    *services: str,
    region: str = ...,
    account_id: str = ...,
    progress: Policy = ...,
    seed: int = ...,
    now: datetime | None = ...,
    passthrough: Iterable[str] = ...,
    strict: bool = ...,
    journal: int = ...,
    sign: bool = ...,
    cache: bool = ...,
    lookoutvision_api: str = ...,
) -> Mock: ...
def mock_ml(*services: Any, **options: Any) -> Any:
    """Describe a mock of the held services, or of those named.

    Use it as a decorator (bare or with options), in `with` and `async with`, or by `start()` and
    `stop()`. The options are those of `mlmock.engine.options.Options`. TypeError or ValueError
    for options and services that don't exist.
    """
    if len(services) == 1 and (callable(services[0]) or isinstance(services[0], classmethod)):
        return Mock((), options)(services[0])
    return Mock(services, options)


def _current_thread_and_task() -> ThreadAndTask:
    asyncio = sys.modules.get("asyncio")
    task = asyncio.current_task() if asyncio and asyncio._get_running_loop() else None
    return threading.get_ident(), task


def current() -> MockML:
    """Return the handle of the running mock; RuntimeError if none runs."""
    context = active.current()
    if context is None:
        raise RuntimeError("no mock_ml block is running")
    handle: MockML = context.handle
    return handle
