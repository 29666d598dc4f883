"""The journal: every attempt of every call, kept as it went over the wire, parsed on demand."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload

from mlmock.call import Call
from mlmock.errors import hide_traceback
from mlmock.exposed import exposed

if TYPE_CHECKING:
    pass

__tracebackhide__ = hide_traceback


def call_matches(call: Call, members: dict[str, Any]) -> bool:
    """True when every one of `members` (match values) fits the parameters of `call`."""
    from mlmock.rules.matchers import difference

    return not members or difference(members, call.params) is None


@exposed(
    "Journal",
    "last discarded total of clear __len__ __iter__",
    "assert_called assert_called_once assert_not_called assert_order",
)
class Journal(Sequence[Call]):
    """The calls of a mock in order, one entry an attempt; the last `size` are kept."""

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ValueError(f"the journal keeps at least one call, not {size!r}")
        self._calls: deque[Call] = deque(maxlen=size)
        self.total = 0

    def __repr__(self) -> str:
        latest = ", ".join(str(call.compiled_operation) for call in list(self._calls)[-5:])
        return f"<{len(self)} calls{', the last: ' if latest else ''}{latest}>"

    def _repr_html_(self) -> str:
        from mlmock.reporting.html import calls_html

        return calls_html(self)

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[Call]:
        return iter(list(self._calls))

    @overload
    def __getitem__(self, place: int) -> Call: ...
    @overload
    def __getitem__(self, place: slice) -> list[Call]: ...
    def __getitem__(self, place: int | slice) -> Call | list[Call]:
        """Return one call, or those of a slice."""
        if isinstance(place, slice):
            return list(self._calls)[place]
        return self._calls[place]

    @property
    def last(self) -> Call:
        """The latest call; IndexError if there was none."""
        if not self._calls:
            raise IndexError("no call has been made")
        return self._calls[-1]

    @property
    def discarded(self) -> int:
        """How many calls the journal no longer has."""
        return self.total - len(self._calls)

    def add(self, call: Call) -> None:
        """Put down a call that begins."""
        self.total += 1
        self._calls.append(call)

    def clear(self) -> Callable[[], None]:
        """Forget everything; returns what brings it back."""
        before, started = tuple(self._calls), self.total
        self.truncate(0)

        def restore() -> None:
            self.truncate(0)
            self._calls.extend(before)
            self.total = started

        return restore

    def truncate(self, started: int) -> None:
        """Forget what came after the first `started` calls."""
        surplus = min(self.total - started, len(self._calls))
        for _ in range(surplus):
            self._calls.pop()
        self.total = started

    def of(self, service: str, operation: str | None = None, **members: Any) -> list[Call]:
        """Return the calls of a service, of one of its operations, with these members."""
        return [
            call
            for call in list(self._calls)
            if call.service == service
            and operation in (None, "*", call.operation)
            and call_matches(call, members)
        ]

    def assert_called(self, service: str, operation: str, /, **members: Any) -> None:
        """Fail unless the operation was called with these members.

        This and its siblings raise AssertionError; InvalidRule, which is one, for what doesn't exist.
        """
        if not self._first_attempts(service, operation, members):
            self._fail("at least once", service, operation, members)

    def assert_called_once(self, service: str, operation: str, /, **members: Any) -> None:
        """Fail unless exactly one call (its retries don't count) had these members."""
        if len(self._first_attempts(service, operation, members)) != 1 or self.discarded:
            self._fail("once", service, operation, members)

    def assert_not_called(self, service: str, operation: str = "*", /, **members: Any) -> None:
        """Fail if the operation was called with these members."""
        if self._first_attempts(service, operation, members) or self.discarded:
            self._fail("never", service, operation, members)

    def assert_order(self, *expected: tuple[str, str] | tuple[str, str, dict[str, Any]]) -> None:
        """Fail unless calls like `expected` were made in this order (others may lie between).

        Each is ``(service, operation)`` or ``(service, operation, {member: match value})``.
        """
        from mlmock.reporting.messages import format_order_mismatch

        rest = (call for call in list(self._calls) if call.attempt == 1)
        for place, (service, operation, *members) in enumerate(expected):
            wanted = members[0] if members else {}
            if not any(
                call.service == service
                and operation in ("*", call.operation)
                and call_matches(call, wanted)
                for call in rest
            ):
                raise AssertionError(
                    format_order_mismatch(list(self._calls), expected, place, self.discarded)
                )

    def _first_attempts(self, service: str, operation: str, members: dict[str, Any]) -> list[Call]:
        found = [call for call in self.of(service, operation, **members) if call.attempt == 1]
        if not found:  # or an assertion about what can't be called would hold for ever
            from mlmock.rules.operation_rules import check_assertion_target

            check_assertion_target(service, operation, members)
        return found

    def _fail(self, wanted: str, service: str, operation: str, members: dict[str, Any]) -> None:
        from mlmock.reporting.messages import format_call_mismatch

        calls = [call for call in list(self._calls) if call.attempt == 1]
        raise AssertionError(
            format_call_mismatch(
                wanted, service, operation, members, calls=calls, lost=self.discarded
            )
        )
