"""Resources with rules of their own."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from mlmock.rules.rule import Rule

R = TypeVar("R", bound=Rule)


class ScriptedResource(Generic[R]):
    """A resource with rules: each method of a rule starts a new rule for it.

    A subclass defines `rule`, and methods for its answers.
    """

    def rule(self) -> R:
        """Return a new rule. It takes effect once it has an answer."""
        raise NotImplementedError

    def fail(
        self,
        code: str,
        message: str | None = None,
        *,
        status: int | None = None,
        times: int | None = None,
        **members: Any,
    ) -> R:
        """Fail calls with an error; see `Rule.fail`.

        Args:
            code: The error code, which one of the operations has to model.
            message: The message.
            status: The HTTP status; by default that of the model.
            times: The number of calls that fail; by default all.
            **members: Other members of the error.

        Raises:
            InvalidRule: None of the operations has such an error.
        """
        return self.rule().fail(code, message, status=status, times=times, **members)

    def timeout(self, *, connect: bool = False) -> R:
        """Exhaust the read timeout of the client, or its connect timeout if `connect`."""
        return self.rule().timeout(connect=connect)

    def drop(self) -> R:
        """Close the connection without a response."""
        return self.rule().drop()

    def unreachable(self) -> R:
        """Refuse the connection."""
        return self.rule().unreachable()

    def delay(self, seconds: float) -> R:
        """Delay the answer, or the default answer, by `seconds` of virtual time."""
        return self.rule().delay(seconds)

    def times(self, count: int) -> R:
        """Return a new rule for the next `count` calls. It takes effect once it has an answer."""
        return self.rule().times(count)

    def optional(self) -> R:
        """Return a new rule that need not be used. It takes effect once it has an answer."""
        return self.rule().optional()
