"""Errors: those of services, for the code under test, and those of mlmock, for the test author.

MlmockError (AssertionError)
    InvalidRule: a rule, answer, match value, name or option is not allowed.
    NotMocked: a request would have been sent to AWS.
    UnmatchedCall: no rule of a scripted resource matches a call.
    UnusedRule: a rule was not used as often as it requires.
"""

from __future__ import annotations

from typing import Any


class ServiceError(Exception):
    """An error response of a service, which reaches the caller as ClientError.

    Attributes:
        code: The code of a modeled error such as ``ConflictException``, or any code with `status`.
        message: The text of the error.
        status: The HTTP status; by default the status in the service model.
        members: Further modeled members of the error.
    """

    def __init__(
        self, code: str, message: str | None = None, *, status: int | None = None, **members: Any
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = status
        self.members = members


class ConnectionFailure(Exception):  # noqa: N818 - each client raises its own error instead
    """A connection that fails. `kind` is read_timeout, connect_timeout, drop or unreachable."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class MlmockError(AssertionError):
    """An error for the test author. No service sends it, and botocore does not retry it."""


def hide_traceback(caught: Any) -> bool:
    """Return whether pytest hides the frames of mlmock, so that a traceback ends in the test.

    Modules that tests call have it as `__tracebackhide__`. `caught` is pytest's ExceptionInfo.
    """
    return bool(caught.errisinstance(AssertionError))


class NotMocked(MlmockError):  # noqa: N818 - an assertion that fails
    """Raised when a request would have been sent to AWS.

    Either a mock is active that does not mock the service, or the client was created inside a mock
    that has ended. The message lists what to do.
    """


class UnmatchedCall(MlmockError):  # noqa: N818
    """Raised when no rule of a scripted resource matches a call.

    The message shows the call, the nearest rules, and a rule to add.
    """


class UnusedRule(MlmockError):  # noqa: N818
    """Raised when a mock ends without an exception and a rule was used too rarely.

    Remove the rule, or mark it `.optional()`.
    """


class InvalidRule(MlmockError):  # noqa: N818
    """Raised where a rule is written that cannot exist, such as an answer with an unknown member.

    The service model does not allow the answer, or the rule names what does not exist.
    """


class MissingExtra(ImportError):  # noqa: N818
    """Raised when a feature requires a package that is not installed.

    The message contains the command that installs it.
    """


class UnusedRuleWarning(UserWarning):
    """Issued instead of UnusedRule if the mock is not strict."""
