"""Which requests are for ourselves and not for a service: the control API and the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlmock.server.application import Application

Room = Callable[[dict[str, Any], Any], Iterable[bytes]]


def room_for(application: Application, environ: dict[str, Any], target: str) -> Room | None:
    """Return what answers a request of our own, or None for one to a service."""
    return None
