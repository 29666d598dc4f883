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
from mlmock.mock.handle import MockML, services_named
from mlmock.mock.run import Detached, Run

if TYPE_CHECKING:
    from mlmock.simulation.progress import Policy

    Decorated = TypeVar("Decorated", bound=Callable[..., Any])

# The thread, and the task in it, that a block was started by.
Here = tuple[int, Any]


# moto's room is loaded when somebody asks for a neighbour.


class Mock:
    """The description of a mock. Each entry makes a fresh running one."""

    def __init__(self, services: Iterable[str], options: dict[str, Any]) -> None:
        self._services = services_named(services)
        self._options = Options.of(options)
        self._given = frozenset(options)
        self._runs: list[tuple[Here, Run]] = []

    def __repr__(self) -> str:
        return f"<mock_ml of {', '.join(sorted(self._services))}>"

    def detached(self) -> Detached:
        """Return a world of its own, which no client in this process is led to."""
        return Detached(self._options, self._services)

    def run(self) -> Run:
        """Start a block and return it."""
        return Run(self._options, self._services, self._given)

    # -- by hand ----------------------------------------------------------------------------

    def start(self) -> MockML:
        """Start a block and return its handle."""
        run = self.run()
        with active.LOCK:
            self._runs.append((_here(), run))
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

    def _last(self, what: str) -> Run:
        """Take out the run that was started last: here, if any was, else anywhere."""
        with active.LOCK:
            if not self._runs:
                raise RuntimeError(f"there is nothing to {what}: this mock_ml has not been started")
            if len(self._runs) == 1:
                return self._runs.pop()[1]
            here = _here()
            mine = [pair for pair in self._runs if pair[0] == here]
            found = (mine or self._runs)[-1]
            self._runs.remove(found)
            return found[1]

    # -- as a decorator ---------------------------------------------------------------------

    def __call__(self, thing: Decorated) -> Decorated:
        """Decorate a function of any kind, or a class: each call, each test, in its own block."""
        from mlmock.mock.decorators import decorated

        return decorated(self.run, thing)


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
    memos: bool = ...,
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


def _here() -> Here:
    asyncio = sys.modules.get("asyncio")
    task = asyncio.current_task() if asyncio and asyncio._get_running_loop() else None
    return threading.get_ident(), task


def current() -> MockML:
    """Return the handle of the running mock; RuntimeError if none runs."""
    block = active.current()
    if block is None:
        raise RuntimeError("no mock_ml block is running")
    handle: MockML = block.handle
    return handle
