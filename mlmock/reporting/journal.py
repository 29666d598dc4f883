"""The journal of calls: requests and responses are stored as sent, and parsed on demand."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, overload

from mlmock.call import Call
from mlmock.errors import hide_traceback
from mlmock.exposed import exposed

__tracebackhide__ = hide_traceback


def call_matches(call: Call, members: dict[str, Any]) -> bool:
    """Return whether every match value of `members` matches the parameters of `call`.

    Args:
        call: The call.
        members: Match values by member name.
    """
    from mlmock.rules.matchers import difference

    return not members or difference(members, call.params) is None


@exposed(
    "Journal",
    "last discarded total of clear __len__ __iter__",
    "assert_called assert_called_once assert_not_called assert_order",
)
class Journal(Sequence[Call]):
    """The calls of a mock in order, one entry for each attempt; the latest `size` are kept.

    Attributes:
        total: The number of calls that were made, including those that are no longer kept.
    """

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ValueError(f"journal must be an integer of at least 1, not {size!r}")
        self._calls: deque[Call] = deque(maxlen=size)
        self.total = 0

    def __repr__(self) -> str:
        latest = ", ".join(str(call.compiled_operation) for call in list(self._calls)[-5:])
        return f"<{len(self)} calls{', latest: ' if latest else ''}{latest}>"

    def _repr_html_(self) -> str:
        from mlmock.reporting.html import calls_html

        return calls_html(self)

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[Call]:
        return iter(list(self._calls))

    @overload
    def __getitem__(self, index: int) -> Call: ...
    @overload
    def __getitem__(self, index: slice) -> list[Call]: ...
    def __getitem__(self, index: int | slice) -> Call | list[Call]:
        """Return one call, or a list of calls for a slice."""
        if isinstance(index, slice):
            return list(self._calls)[index]
        return self._calls[index]

    @property
    def last(self) -> Call:
        """The latest call.

        Raises:
            IndexError: No calls have been made.
        """
        if not self._calls:
            raise IndexError("no calls have been made")
        return self._calls[-1]

    @property
    def discarded(self) -> int:
        """The number of calls that the journal no longer keeps."""
        return self.total - len(self._calls)

    def add(self, call: Call) -> None:
        """Append a call when it starts."""
        self.total += 1
        self._calls.append(call)

    def clear(self) -> Callable[[], None]:
        """Remove all calls, and return a function that restores them."""
        calls, total = tuple(self._calls), self.total
        self.truncate(0)

        def restore() -> None:
            self.truncate(0)
            self._calls.extend(calls)
            self.total = total

        return restore

    def truncate(self, total: int) -> None:
        """Remove every call after the first `total` calls."""
        surplus = min(self.total - total, len(self._calls))
        for _ in range(surplus):
            self._calls.pop()
        self.total = total

    def of(self, service: str, operation: str | None = None, **members: Any) -> list[Call]:
        """Return the calls of a service.

        Args:
            service: The name of the service, as in ``boto3.client(name)``.
            operation: The name of an operation; by default calls of every operation are returned.
            members: Match values of request members.
        """
        return [
            call
            for call in list(self._calls)
            if call.service == service
            and operation in (None, "*", call.operation)
            and call_matches(call, members)
        ]

    def assert_called(self, service: str, operation: str, /, **members: Any) -> None:
        """Raise AssertionError unless the operation was called. Retries do not count.

        Args:
            service: The name of the service, as in ``boto3.client(name)``.
            operation: The name of the operation, or ``"*"`` for any.
            members: Match values of request members.

        Raises:
            AssertionError: There was no such call.
            InvalidRule: The service, the operation or a member does not exist.
        """
        if not self._first_attempts(service, operation, members):
            self._fail("to be called at least once", service, operation, members)

    def assert_called_once(self, service: str, operation: str, /, **members: Any) -> None:
        """Raise AssertionError unless the operation was called once. Retries do not count.

        Args:
            service: The name of the service, as in ``boto3.client(name)``.
            operation: The name of the operation, or ``"*"`` for any.
            members: Match values of request members.

        Raises:
            AssertionError: There was no such call, or several, or calls were discarded.
            InvalidRule: The service, the operation or a member does not exist.
        """
        if len(self._first_attempts(service, operation, members)) != 1 or self.discarded:
            self._fail("to be called once", service, operation, members)

    def assert_not_called(self, service: str, operation: str = "*", /, **members: Any) -> None:
        """Raise AssertionError if the operation was called.

        Args:
            service: The name of the service, as in ``boto3.client(name)``.
            operation: The name of the operation; by default any.
            members: Match values of request members.

        Raises:
            AssertionError: There was such a call, or calls were discarded.
            InvalidRule: The service, the operation or a member does not exist.
        """
        if self._first_attempts(service, operation, members) or self.discarded:
            self._fail("not to be called", service, operation, members)

    def assert_order(self, *expected: tuple[str, str] | tuple[str, str, dict[str, Any]]) -> None:
        """Raise AssertionError unless calls were made in this order; others may lie between them.

        Args:
            expected: Each is ``(service, operation)`` or
                ``(service, operation, {member: match value})``.

        Raises:
            AssertionError: A call was not made, or not in this order.
        """
        from mlmock.reporting.messages import format_order_mismatch

        rest = (call for call in list(self._calls) if call.attempt == 1)
        for index, (service, operation, *others) in enumerate(expected):
            members = others[0] if others else {}
            if not any(
                call.service == service
                and operation in ("*", call.operation)
                and call_matches(call, members)
                for call in rest
            ):
                raise AssertionError(
                    format_order_mismatch(list(self._calls), expected, index, self.discarded)
                )

    def _first_attempts(self, service: str, operation: str, members: dict[str, Any]) -> list[Call]:
        calls = [call for call in self.of(service, operation, **members) if call.attempt == 1]
        if not calls:
            # Otherwise `assert_not_called` with a misspelled name would always pass.
            from mlmock.rules.operation_rules import check_assertion_target

            check_assertion_target(service, operation, members)
        return calls

    def _fail(
        self, expectation: str, service: str, operation: str, members: dict[str, Any]
    ) -> None:
        from mlmock.reporting.messages import format_call_mismatch

        calls = [call for call in list(self._calls) if call.attempt == 1]
        raise AssertionError(
            format_call_mismatch(
                expectation, service, operation, members, calls=calls, discarded=self.discarded
            )
        )
