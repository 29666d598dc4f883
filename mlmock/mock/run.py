"""One run of a mock, from start to stop."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, TypeVar

from mlmock.engine import active
from mlmock.engine.options import Options
from mlmock.engine.state import MockContext
from mlmock.mock.handle import MockML

if TYPE_CHECKING:
    from mlmock.errors import MlmockError
    from mlmock.rules.rule import Rule

    Decorated = TypeVar("Decorated", bound=Callable[..., Any])
from mlmock.mock.externals import connect_externals, install_interception


class MockSession:
    """One running block, from start to end. `given` names the options that its author wrote."""

    def __init__(
        self, options: Options, services: frozenset[str], given: Collection[str] = ()
    ) -> None:
        with active.LOCK:
            outer = active.current()
            if outer is None:
                self.context = MockContext(options, services)
                install_interception(self.context.state)
            else:
                self.context = _nested_context(outer, options, services, given)
            active.push(self.context)
        self.ml = self.context.handle = MockML(self.context)
        self._running = True

    def check(self) -> None:
        """Raise what the block's author has to know: swallowed refusals, then unused rules."""
        __tracebackhide__ = True
        state = self.context.state
        blamed = state.take_failures(self.context)
        if blamed:
            raise blamed[0]
        rules = state.expire_rules(self.context)
        if rules:
            self._complain(rules)

    def stop(self) -> None:
        """End the block and assert nothing. Ending it twice does nothing."""
        with active.LOCK:
            if not self._running:
                return
            self._running = False
            active.remove(self.context)
            state = self.context.state
            if active.current() is None:
                state.interception.restore()
            else:
                state.remove(self.context)
                state.expire_rules(self.context)

    def end(self, fault: BaseException | None) -> None:
        """End the block; assert what is to be asserted, unless it ends by its own `fault`."""
        try:
            if fault is None:
                self.check()
        finally:
            self.stop()

    def _complain(self, rules: list[Rule]) -> None:
        from mlmock.errors import UnusedRuleWarning
        from mlmock.reporting.messages import unused_rules_error

        __tracebackhide__ = True
        failure: MlmockError = unused_rules_error(rules, self.ml.calls)
        if self.context.options.strict:
            raise failure
        warnings.warn(UnusedRuleWarning(str(failure)), stacklevel=_internal_stack_depth() + 1)


class StandaloneMock:
    """A world that nobody's clients are led to: a server's. It takes what comes over its port."""

    def __init__(self, options: Options, services: frozenset[str]) -> None:
        self.context = MockContext(options, services)
        connect_externals(self.context.state)
        self.ml = self.context.handle = MockML(self.context)


def _internal_stack_depth() -> int:
    """Return how many frames of this package the caller is deep in."""
    depth, frame = 0, sys._getframe(1)
    while frame.f_back is not None and _is_ours(frame):
        depth, frame = depth + 1, frame.f_back
    return depth


def _is_ours(frame: Any) -> bool:
    return str(frame.f_globals.get("__package__")).partition(".")[0] == "mlmock"


def _nested_context(
    outer: MockContext, options: Options, services: frozenset[str], given: Collection[str]
) -> MockContext:
    """Return a block inside `outer`, whose options hold where its own author wrote none."""
    own = {name: getattr(options, name) for name in given}
    context = MockContext(outer.options.replace(**own), services, outer)
    context.inherit_from(outer, own)
    context.state.push(context)
    return context
