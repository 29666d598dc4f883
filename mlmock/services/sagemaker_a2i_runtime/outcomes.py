"""Outcomes of a human loop: submitted answers, or a failure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mlmock.errors import InvalidRule

_FAILURE_CODES = ("ValidationError", "Expired", "InternalError")  # Source: service model.
_MAX_REASON_LENGTH = 1024


@dataclass(frozen=True, slots=True)
class Submitted:
    """The answers that workers submit, one per worker."""

    contents: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """A failure of the loop, with its FailureCode and FailureReason."""

    code: str
    reason: str | None = None


def failure(code: str, reason: str | None) -> Failed:
    """Return a failure of a human loop.

    Args:
        code: The FailureCode.
        reason: The FailureReason.

    Raises:
        InvalidRule: A2I has no such code, or the reason is not a string or is too long.
    """
    if code not in _FAILURE_CODES:
        raise InvalidRule(f"a human loop can fail with {', '.join(_FAILURE_CODES)}, not {code!r}")
    value: object = reason
    if value is not None and not isinstance(value, str):
        raise InvalidRule(f"a FailureReason must be a string, not {value!r}")
    if reason is not None and len(reason) > _MAX_REASON_LENGTH:
        raise InvalidRule(
            f"a FailureReason can have at most {_MAX_REASON_LENGTH} characters, not {len(reason)}"
        )
    return Failed(code, reason)
