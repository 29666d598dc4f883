"""Outcomes of a human loop: submitted answers, or a failure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlmock.errors import InvalidRule

if TYPE_CHECKING:
    pass

_FAILURE_CODES = ("ValidationError", "Expired", "InternalError")  # those of the model's docs
_LONGEST_REASON = 1024


@dataclass(frozen=True, slots=True)
class Submitted:
    """The answers that workers submit, one each."""

    contents: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """The loop fails, with the FailureCode and FailureReason that A2I would show."""

    code: str
    reason: str | None = None


def failure(code: str, reason: str | None) -> Failed:
    """Return a failure that A2I can show; InvalidRule for any other code or a longer reason."""
    if code not in _FAILURE_CODES:
        raise InvalidRule(f"a human loop fails with {', '.join(_FAILURE_CODES)}, not {code!r}")
    given: object = reason
    if given is not None and not isinstance(given, str):
        raise InvalidRule(f"a FailureReason is a text, not {given!r}")
    if reason is not None and len(reason) > _LONGEST_REASON:
        raise InvalidRule(
            f"a FailureReason has at most {_LONGEST_REASON} characters, not {len(reason)}"
        )
    return Failed(code, reason)
