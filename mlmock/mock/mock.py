"""`mock_ml`: the specification of a mock, and the ways to start it."""

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

# The thread in which a mock was started, and the asyncio task, if there was one.
ThreadAndTask = tuple[int, Any]


class Mock:
    """The specification of a mock. Each use starts a mock with new state."""

    def __init__(self, services: Iterable[str], options: dict[str, Any]) -> None:
        self._services = resolve_services(services)
        self._options = Options.from_kwargs(options)
        self._own_options = frozenset(options)
        self._sessions: list[tuple[ThreadAndTask, MockSession]] = []

    def __repr__(self) -> str:
        return f"<mock_ml of {', '.join(sorted(self._services))}>"

    def standalone(self) -> StandaloneMock:
        """Return a mock that the clients in this process do not use."""
        return StandaloneMock(self._options, self._services)

    def start_session(self) -> MockSession:
        """Start a mock and return its session."""
        return MockSession(self._options, self._services, self._own_options)

    # -- start and stop ---------------------------------------------------------------------

    def start(self) -> MockML:
        """Start a mock and return its handle."""
        session = self.start_session()
        with active.LOCK:
            self._sessions.append((_current_thread_and_task(), session))
        return session.ml

    def stop(self) -> None:
        """End the mock that was started last, without checks.

        Raises:
            RuntimeError: No mock was started.
        """
        self._pop_session("stop").stop()

    # -- with and async with ----------------------------------------------------------------

    def __enter__(self) -> MockML:
        """Start a mock and return its handle."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the mock. Without an exception, raise suppressed errors or UnusedRule."""
        self._pop_session("exit").end(error)

    async def __aenter__(self) -> MockML:
        """Start a mock and return its handle."""
        return self.start()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the mock. Without an exception, raise suppressed errors or UnusedRule."""
        self._pop_session("exit").end(error)

    def _pop_session(self, action: str) -> MockSession:
        """Remove and return the latest session of this thread and task, or else of any."""
        with active.LOCK:
            if not self._sessions:
                raise RuntimeError(f"cannot {action} this mock_ml: it has not been started")
            if len(self._sessions) == 1:
                return self._sessions.pop()[1]
            caller = _current_thread_and_task()
            own = [pair for pair in self._sessions if pair[0] == caller]
            latest = (own or self._sessions)[-1]
            self._sessions.remove(latest)
            return latest[1]

    # -- as a decorator ---------------------------------------------------------------------

    def __call__(self, decorated: Decorated) -> Decorated:
        """Decorate a function or a test class: each call or test runs in a mock of its own."""
        from mlmock.mock.decorators import decorate

        return decorate(self.start_session, decorated)


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
    """Return a mock of AWS's ML services.

    It is a decorator for functions and test classes, a context manager for `with` and
    `async with`, and has the methods `start()` and `stop()`. The decorator is also used without
    parentheses.

    Args:
        services: The names of the services to mock; by default all that mlmock supports.
        options: The options of the mock, see `mlmock.engine.options.Options`.

    Raises:
        TypeError: An option does not exist, or its value has another type.
        ValueError: A service is not supported, or the value of an option is not allowed.
    """
    if len(services) == 1 and (callable(services[0]) or isinstance(services[0], classmethod)):
        return Mock((), options)(services[0])
    return Mock(services, options)


def _current_thread_and_task() -> ThreadAndTask:
    asyncio = sys.modules.get("asyncio")
    task = asyncio.current_task() if asyncio and asyncio._get_running_loop() else None
    return threading.get_ident(), task


def current() -> MockML:
    """Return the handle of the active mock.

    Raises:
        RuntimeError: No mock is active.
    """
    context = active.current()
    if context is None:
        raise RuntimeError("no mock_ml is active")
    handle: MockML = context.handle
    return handle
