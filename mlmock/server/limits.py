"""Limits of the server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerLimits:
    """Limits of what one client may use.

    `max_body_bytes` applies to a request body as received and as decoded. `idle_timeout`, in
    seconds, applies to a connection without traffic and to a request body that stops arriving.
    `hold_timeout`, in seconds, is how long a rule's `.timeout()` keeps a client waiting that
    doesn't give up by itself.
    """

    max_body_bytes: int = 64 * 1024 * 1024
    idle_timeout: float = 75.0
    hold_timeout: float = 120.0
