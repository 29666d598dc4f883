"""`mock_ml`: the description of a mock, and every way to run it."""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, overload

from mlmock.engine import active
from mlmock.engine.options import Options
from mlmock.engine.state import Block, World
from mlmock.interception.installer import Interception
from mlmock.mock.handle import REGISTRY, MockML, services_named

if TYPE_CHECKING:
    from mlmock.engine.state import Ask
    from mlmock.errors import AuthorError
    from mlmock.rules.rule import Rule
    from mlmock.simulation.events import Event
    from mlmock.simulation.object_store import Buckets, Owner
    from mlmock.simulation.progress import Policy

    Decorated = TypeVar("Decorated", bound=Callable[..., Any])

# The thread, and the task in it, that a block was started by.
Here = tuple[int, Any]


class Run:
    """One running block, from start to end. `given` names the options that its author wrote."""

    def __init__(
        self, options: Options, services: frozenset[str], given: Collection[str] = ()
    ) -> None:
        with active.LOCK:
            outer = active.current()
            if outer is None:
                self.block = Block(options, services)
                _equip(self.block.world)
            else:
                self.block = _inner(outer, options, services, given)
            active.enter(self.block)
        self.ml = self.block.handle = MockML(self.block)
        self._running = True

    def check(self) -> None:
        """Raise what the block's author has to know: swallowed refusals, then unused rules."""
        __tracebackhide__ = True
        world = self.block.world
        blamed = world.blamed(self.block)
        if blamed:
            raise blamed[0]
        rules = world.end_rules(self.block)
        if rules:
            self._complain(rules)

    def stop(self) -> None:
        """End the block and assert nothing. Ending it twice does nothing."""
        with active.LOCK:
            if not self._running:
                return
            self._running = False
            active.leave(self.block)
            world = self.block.world
            if active.current() is None:
                world.interception.undo()
            else:
                world.leave(self.block)
                world.end_rules(self.block)

    def end(self, fault: BaseException | None) -> None:
        """End the block; assert what is to be asserted, unless it ends by its own `fault`."""
        try:
            if fault is None:
                self.check()
        finally:
            self.stop()

    def _complain(self, rules: list[Rule]) -> None:
        from mlmock.errors import UnusedRuleWarning
        from mlmock.reporting.messages import unused

        __tracebackhide__ = True
        failure: AuthorError = unused(rules, self.ml.calls)
        if self.block.options.strict:
            raise failure
        warnings.warn(UnusedRuleWarning(str(failure)), stacklevel=_frames_of_ours() + 1)


class Detached:
    """A world that nobody's clients are led to: a server's. It takes what comes over its port."""

    def __init__(self, options: Options, services: frozenset[str]) -> None:
        self.block = Block(options, services)
        _furnish(self.block.world)
        self.ml = self.block.handle = MockML(self.block)


def _frames_of_ours() -> int:
    """Return how many frames of this package the caller is deep in."""
    depth, frame = 0, sys._getframe(1)
    while frame.f_back is not None and _is_ours(frame):
        depth, frame = depth + 1, frame.f_back
    return depth


def _is_ours(frame: Any) -> bool:
    return str(frame.f_globals.get("__package__")).partition(".")[0] == "mlmock"


def _inner(
    outer: Block, options: Options, services: frozenset[str], given: Collection[str]
) -> Block:
    """Return a block inside `outer`, whose options hold where its own author wrote none."""
    own = {name: getattr(options, name) for name in given}
    block = Block(outer.options.replaced(**own), services, outer)
    block.take_after(outer, own)
    block.world.enter(block)
    return block


def _furnish(world: World) -> None:
    world.registry = REGISTRY
    world.outside = _buckets
    world.deliver = _deliver
    world.neighbour = _neighbour


# moto's room is loaded when somebody asks for a neighbour.


def _buckets(world: World) -> Buckets | None:
    from mlmock.interception.moto import coexistence as moto

    return moto.buckets(world)


def _deliver(world: World, event: Event) -> None:
    from mlmock.interception.moto import coexistence as moto

    moto.deliver(world, event)


def _neighbour(world: World, service: str, owner: Owner) -> Ask | None:
    from mlmock.interception.moto import coexistence as moto

    return moto.neighbour(world, service, owner)


def _equip(world: World) -> None:
    _furnish(world)
    world.interception = Interception(with_memos=world.first.options.memos)


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

        return decorated(self, thing)


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
