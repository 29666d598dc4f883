"""What has rules of its own, and begins one with the words of a rule."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from mlmock.rules.rule import Rule

R = TypeVar("R", bound=Rule)


class ScriptedResource(Generic[R]):
    """A resource that is scripted: each word of a rule begins a new rule about it.

    A subclass says in `rule` what a new one is, and has words for its answers.
    """

    def rule(self) -> R:
        """Return a new rule, which exists once it has an answer."""
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
        """Fail calls with an error of one of the operations, all or the next `times`.

        InvalidRule for an error that none of them has: see `Rule.fail`.
        """
        return self.rule().fail(code, message, status=status, times=times, **members)

    def timeout(self, *, connect: bool = False) -> R:
        """Let the client run into its read (or `connect`) timeout."""
        return self.rule().timeout(connect=connect)

    def drop(self) -> R:
        """Close the connection without an answer."""
        return self.rule().drop()

    def unreachable(self) -> R:
        """Refuse the connection."""
        return self.rule().unreachable()

    def delay(self, seconds: float) -> R:
        """Let `seconds` of virtual time pass before the answer, or before the default."""
        return self.rule().delay(seconds)

    def times(self, count: int) -> R:
        """Return a new rule for the next `count` calls, which exists once it has an answer."""
        return self.rule().times(count)

    def optional(self) -> R:
        """Return a new rule that need not be used, which exists once it has an answer."""
        return self.rule().optional()
