"""The NewSessionId header: ``id; Expires=2030-01-01T00:00:00Z``."""

from __future__ import annotations

from datetime import datetime, timezone

from mlmock.errors import InvalidRule
from mlmock.simulation.clock import to_seconds

MOMENT = "%Y-%m-%dT%H:%M:%SZ"


def expiry_of(header: str) -> float:
    """Return when the session of a NewSessionId header expires, in seconds since 1970.

    Raises:
        InvalidRule: The date or time does not exist.
    """
    moment = header.partition("Expires=")[2]
    try:
        return to_seconds(datetime.strptime(moment, MOMENT).replace(tzinfo=timezone.utc))
    except ValueError:
        raise InvalidRule(
            f"NewSessionId must expire at a valid date and time, not at {moment!r}"
        ) from None
