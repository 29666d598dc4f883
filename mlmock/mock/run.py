"""Active mocks, from start to end: in this process, or standalone for a server."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from mlmock.engine import active
from mlmock.engine.options import Options
from mlmock.engine.state import MockContext
from mlmock.mock.externals import connect_externals, install_interception
from mlmock.mock.handle import MockML

if TYPE_CHECKING:
    from mlmock.errors import MlmockError
    from mlmock.rules.rule import Rule


class MockSession:
    """An active mock, from its start to its end.

    `own_options` names the options that were passed; a nested mock inherits the others.
    """

    def __init__(
        self, options: Options, services: frozenset[str], own_options: Collection[str] = ()
    ) -> None:
        with active.LOCK:
            outer = active.current()
            if outer is None:
                self.context = MockContext(options, services)
                install_interception(self.context.state)
            else:
                self.context = _nested_context(outer, options, services, own_options)
            active.push(self.context)
        self.ml = self.context.handle = MockML(self.context)
        self._is_active = True

    def check(self) -> None:
        """Raise the first suppressed error, or else UnusedRule if rules are unused.

        Raises:
            NotMocked: The code under test suppressed this error.
            UnmatchedCall: The code under test suppressed this error.
            InvalidRule: The code under test suppressed this error.
            UnusedRule: A rule was not used as often as it requires, and the mock is strict.
        """
        __tracebackhide__ = True
        state = self.context.state
        failures = state.take_failures(self.context)
        if failures:
            raise failures[0]
        rules = state.expire_rules(self.context)
        if rules:
            self._report_unused(rules)

    def stop(self) -> None:
        """End the mock without checks. Does nothing if it has ended."""
        with active.LOCK:
            if not self._is_active:
                return
            self._is_active = False
            active.remove(self.context)
            state = self.context.state
            if active.current() is None:
                state.interception.restore()
            else:
                state.remove(self.context)
                state.expire_rules(self.context)

    def end(self, error: BaseException | None) -> None:
        """End the mock, and check it unless it ends because of `error`.

        Raises:
            MlmockError: As for `check`.
        """
        try:
            if error is None:
                self.check()
        finally:
            self.stop()

    def _report_unused(self, rules: list[Rule]) -> None:
        from mlmock.errors import UnusedRuleWarning
        from mlmock.reporting.messages import unused_rules_error

        __tracebackhide__ = True
        error: MlmockError = unused_rules_error(rules, self.ml.calls)
        if self.context.options.strict:
            raise error
        warnings.warn(UnusedRuleWarning(str(error)), stacklevel=_internal_stack_depth() + 1)


class StandaloneMock:
    """A mock without interception. A server passes it the requests that arrive at its port."""

    def __init__(self, options: Options, services: frozenset[str]) -> None:
        self.context = MockContext(options, services)
        connect_externals(self.context.state)
        self.ml = self.context.handle = MockML(self.context)


def _internal_stack_depth() -> int:
    """Return the number of frames of mlmock between the test and the caller."""
    depth, frame = 0, sys._getframe(1)
    while frame.f_back is not None and _is_internal(frame):
        depth, frame = depth + 1, frame.f_back
    return depth


def _is_internal(frame: Any) -> bool:
    return str(frame.f_globals.get("__package__")).partition(".")[0] == "mlmock"


def _nested_context(
    outer: MockContext, options: Options, services: frozenset[str], own_options: Collection[str]
) -> MockContext:
    """Return a context inside `outer`, which inherits all but its `own_options`."""
    own = {name: getattr(options, name) for name in own_options}
    context = MockContext(outer.options.replace(**own), services, outer)
    context.inherit_from(outer, own)
    context.state.push(context)
    return context
