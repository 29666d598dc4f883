"""Stateful sessions: opened, used and closed by what the model says, or by its default manners.

The service only routes; the books are the model's. Where no rule answers, the model behaves as
SageMaker's own large-model container does: a request of type NEW_SESSION opens, CLOSE closes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlmock.clock import to_datetime

if TYPE_CHECKING:
    from mlmock.services.sagemaker_runtime.backend import Invocations
    from mlmock.services.sagemaker_runtime.replies import Reply
    from mlmock.services.sagemaker_runtime.trips import Trip

NEW = "NEW_SESSION"


class Sessions:
    """The open sessions of one account and region, with the instants at which they expire."""

    def __init__(self, backend: Invocations) -> None:
        self._backend = backend
        self._ledger = backend.ledger
        self._open: dict[tuple[str, str], float] = {}

    def check(self, trip: Trip) -> None:
        """Raise ModelError for a session that the model doesn't know (any more).

        The call names one.
        """
        session = trip.call.params["SessionId"]
        if trip.endpoint.config.session_seconds is None:
            raise trip.model_error(400, "Invalid payload. stateful sessions not enabled")
        if session != NEW and not self._is_open(trip, session):
            raise trip.model_error(400, f"Invalid payload. session {session} not found")

    def headers(self, trip: Trip, reply: Reply) -> dict[str, str]:
        """Return NewSessionId and ClosedSessionId of an answer, and keep the books."""
        session = trip.call.params.get("SessionId")
        found: dict[str, str] = {}
        new = reply.new_session
        if new is None and session == NEW:
            new = self._fresh(trip)
        if new is not None:
            found["NewSessionId"] = self._opened(trip, new)
        closed = reply.closed_session
        if closed is None and session not in (None, NEW) and _asks_to_close(trip.call.body):
            closed = session
        if closed is not None:
            self._close(trip, closed)
            found["ClosedSessionId"] = closed
        return found

    def _is_open(self, trip: Trip, session: str) -> bool:
        expires = self._open.get((trip.endpoint.name, session))
        return expires is not None and self._backend.clock.seconds() < expires

    def _fresh(self, trip: Trip) -> str:
        seconds = trip.endpoint.config.session_seconds or 0.0
        expires = to_datetime(self._backend.clock.seconds() + seconds)
        moment = expires.strftime("%Y-%m-%dT%H:%M:%SZ")
        return f"{self._backend.world.new_id()}; Expires={moment}"

    def _opened(self, trip: Trip, header: str) -> str:
        session = header.partition(";")[0]
        seconds = trip.endpoint.config.session_seconds or 0.0
        expires = self._backend.clock.seconds() + seconds
        self._ledger.put(self._open, (trip.endpoint.name, session), expires)
        return header

    def _close(self, trip: Trip, session: str) -> None:
        key = (trip.endpoint.name, session)
        if key in self._open:
            self._ledger.drop(self._open, key)


def _asks_to_close(body: bytes) -> bool:
    try:
        request: Any = json.loads(body)
    except ValueError:
        return False
    return isinstance(request, dict) and request.get("requestType") == "CLOSE"
