"""Stateful sessions: opened, used and closed by what the model says, or by its default manners.

The service only routes; the books are the model's. Where no rule answers, the model behaves as
SageMaker's own large-model container does: a request of type NEW_SESSION opens, CLOSE closes.
"""

from __future__ import annotations

import json
import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlmock.services.sagemaker_runtime.session_header import MOMENT, expiry_of
from mlmock.simulation.clock import to_datetime

if TYPE_CHECKING:
    from mlmock.services.common.backend import Backend
    from mlmock.services.sagemaker_runtime.invocation import Invocation
    from mlmock.services.sagemaker_runtime.model_answers import ModelAnswer

NEW = "NEW_SESSION"
_log = logging.getLogger("mlmock.sagemaker")


@dataclass(frozen=True, slots=True)
class _Session:
    """An open session: when it expires, and the variant with the instance that holds it."""

    expires: float
    variant: str


class Sessions:
    """The open sessions of one account and region."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._undo_log = backend.undo_log
        self._open: dict[tuple[str, str], _Session] = {}

    def route(self, trip: Invocation) -> None:
        """Lead a call that names a session to where that was opened, unless it names a variant.

        Raises ModelError for a session that the model doesn't know (any more).
        """
        name, session = trip.endpoint.name, trip.call.params["SessionId"]
        if trip.endpoint.config.session_seconds is None:
            _log.warning(
                'endpoint %s has no sessions: declare it with ml.sagemaker.endpoint("%s", '
                "sessions=True)",
                name,
                name,
            )
            raise trip.model_error(400, "Invalid payload. stateful sessions not enabled")
        if session == NEW:
            return
        found = self._open.get((name, session))
        if found is None or found.expires <= self._backend.clock.seconds():
            raise trip.model_error(400, f"Invalid payload. session {session} not found")
        still_there = found.variant in trip.endpoint.variants.weights
        if still_there and "TargetVariant" not in trip.call.params:
            trip.variant = found.variant

    def headers(self, trip: Invocation, reply: ModelAnswer) -> dict[str, str]:
        """Return NewSessionId and ClosedSessionId of an answer, and keep the books."""
        session = trip.call.params.get("SessionId")
        found: dict[str, str] = {}
        new = reply.new_session
        if new is None and session == NEW:
            new = self._fresh(trip)
        if new is not None:
            self._open_one(trip, new)
            found["NewSessionId"] = new
        closed = reply.closed_session
        if closed is None and session not in (None, NEW) and _asks_to_close(trip.call.body):
            closed = session
        if closed is not None:
            self._close(trip, closed)
            found["ClosedSessionId"] = closed
        return found

    def _fresh(self, trip: Invocation) -> str:
        seconds = trip.endpoint.config.session_seconds or 0.0
        expires = to_datetime(math.ceil(self._backend.clock.seconds() + seconds))
        return f"{self._backend.state.new_id()}; Expires={expires.strftime(MOMENT)}"

    def _open_one(self, trip: Invocation, header: str) -> None:
        key = (trip.endpoint.name, header.partition(";")[0])
        self._undo_log.set_item(self._open, key, _Session(expiry_of(header), trip.variant))

    def _close(self, trip: Invocation, session: str) -> None:
        key = (trip.endpoint.name, session)
        if key in self._open:
            self._undo_log.pop_item(self._open, key)


def _asks_to_close(body: bytes) -> bool:
    try:
        request: Any = json.loads(body)
    except ValueError:
        return False
    return isinstance(request, dict) and request.get("requestType") == "CLOSE"
