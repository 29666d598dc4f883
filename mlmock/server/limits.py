"""Limits of the server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerLimits:
    """Limits of what one client may use.

    Attributes:
        max_body_bytes: The maximum size of a request body, as received and as decoded.
        idle_timeout: The time in seconds after which a connection without traffic is closed, or
            one whose request body stops arriving.
        hold_timeout: The time in seconds that a rule's `.timeout()` keeps a client waiting that
            does not give up by itself.
    """

    max_body_bytes: int = 64 * 1024 * 1024
    idle_timeout: float = 75.0
    hold_timeout: float = 120.0
