"""One run of a mock, from start to stop."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, TypeVar

from mlmock.engine import active
from mlmock.engine.options import Options
from mlmock.engine.state import Block
from mlmock.mock.handle import MockML

if TYPE_CHECKING:
    from mlmock.errors import AuthorError
    from mlmock.rules.rule import Rule

    Decorated = TypeVar("Decorated", bound=Callable[..., Any])
from mlmock.mock.externals import _equip, _furnish


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
