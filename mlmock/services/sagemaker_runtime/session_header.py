"""The NewSessionId header: ``id; Expires=2030-01-01T00:00:00Z``."""

from __future__ import annotations

from datetime import datetime, timezone

from mlmock.errors import InvalidRule
from mlmock.simulation.clock import to_seconds

MOMENT = "%Y-%m-%dT%H:%M:%SZ"


def expiry_of(header: str) -> float:
    """Return when a NewSessionId (``id; Expires=2030-01-01T00:00:00Z``) expires, in seconds.

    InvalidRule for a day or an hour that no calendar has.
    """
    moment = header.partition("Expires=")[2]
    try:
        return to_seconds(datetime.strptime(moment, MOMENT).replace(tzinfo=timezone.utc))
    except ValueError:
        raise InvalidRule(f"NewSessionId expires at an instant, not at {moment!r}") from None
