"""What goes wrong: the service's errors for the code under test, ours for its author."""

from __future__ import annotations

from typing import Any


class ServiceError(Exception):
    """An error that the service sends: it goes on the wire and reaches the caller as ClientError.

    `code` is the modelled error (``ConflictException``), or any code with `status`;
    `message` is its text, `members` are its other modelled members.
    """

    def __init__(
        self, code: str, message: str | None = None, *, status: int | None = None, **members: Any
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = status
        self.members = members


class ConnectionFailure(Exception):  # noqa: N818 - the transport turns it into its client's own
    """The connection is to fail in the way `kind` names."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class MlmockError(AssertionError):
    """Something the test's author has to know. Never retried by botocore, never on the wire."""


def hide_traceback(caught: Any) -> bool:
    """Say to pytest whether to leave our lines out of a traceback: what fails is the author's line.

    Modules that authors call have it as `__tracebackhide__`; `caught` is pytest's ExceptionInfo.
    """
    return bool(caught.errisinstance(AssertionError))


class NotMocked(MlmockError):  # noqa: N818 - it fails a test, it is an assertion
    """A request was about to leave for AWS although a mock is, or was, to hold it."""


class UnmatchedCall(MlmockError):  # noqa: N818
    """A scripted resource got a call that none of its rules takes."""


class UnusedRule(MlmockError):  # noqa: N818
    """A block ended well, and a rule that was written for it was not used as often as it says."""


class InvalidRule(MlmockError):  # noqa: N818
    """A rule answers what the service's model doesn't allow. Raised at the line that writes it."""


class MissingExtra(ImportError):  # noqa: N818
    """A feature needs a package that isn't installed; the message has the line that installs it."""


class UnusedRuleWarning(UserWarning):
    """A rule was not used, in a block that isn't strict."""
