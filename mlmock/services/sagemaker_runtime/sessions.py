"""Stateful sessions, opened and closed by answers of the model.

Where no rule sets the session headers, the model behaves as SageMaker's LMI container: a request
of type NEW_SESSION opens a session, and CLOSE closes it.
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
    """An open session: when it expires, in seconds since 1970, and the variant it is bound to."""

    expires: float
    variant: str


class Sessions:
    """The open sessions of one account and region."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._undo_log = backend.undo_log
        self._open: dict[tuple[str, str], _Session] = {}

    def route(self, invocation: Invocation) -> None:
        """Set the variant of a call with a session to that of the session.

        A call that names a variant keeps it.

        Raises:
            ServiceError: The session is not open, or the endpoint has no sessions.
        """
        name, session = invocation.endpoint.name, invocation.call.params["SessionId"]
        if invocation.endpoint.config.session_seconds is None:
            _log.warning(
                'endpoint "%s" has no sessions: declare it with ml.sagemaker.endpoint("%s", '
                "sessions=True)",
                name,
                name,
            )
            raise invocation.model_error(400, "Invalid payload. stateful sessions not enabled")
        if session == NEW:
            return
        found = self._open.get((name, session))
        if found is None or found.expires <= self._backend.clock.seconds():
            raise invocation.model_error(400, f"Invalid payload. session {session} not found")
        variant_exists = found.variant in invocation.endpoint.variants.weights
        if variant_exists and "TargetVariant" not in invocation.call.params:
            invocation.variant = found.variant

    def headers(self, invocation: Invocation, answer: ModelAnswer) -> dict[str, str]:
        """Return NewSessionId and ClosedSessionId of an answer, and open or close the sessions.

        Args:
            invocation: The invocation.
            answer: The answer of the model.
        """
        session = invocation.call.params.get("SessionId")
        headers: dict[str, str] = {}
        new = answer.new_session
        if new is None and session == NEW:
            new = self._new_header(invocation)
        if new is not None:
            self._open_session(invocation, new)
            headers["NewSessionId"] = new
        closed = answer.closed_session
        if closed is None and session not in (None, NEW) and _asks_to_close(invocation.call.body):
            closed = session
        if closed is not None:
            self._close(invocation, closed)
            headers["ClosedSessionId"] = closed
        return headers

    def _new_header(self, invocation: Invocation) -> str:
        seconds = invocation.endpoint.config.session_seconds or 0.0
        expires = to_datetime(math.ceil(self._backend.clock.seconds() + seconds))
        return f"{self._backend.state.new_id()}; Expires={expires.strftime(MOMENT)}"

    def _open_session(self, invocation: Invocation, header: str) -> None:
        key = (invocation.endpoint.name, header.partition(";")[0])
        self._undo_log.set_item(self._open, key, _Session(expiry_of(header), invocation.variant))

    def _close(self, invocation: Invocation, session: str) -> None:
        key = (invocation.endpoint.name, session)
        if key in self._open:
            self._undo_log.pop_item(self._open, key)


def _asks_to_close(body: bytes) -> bool:
    try:
        request: Any = json.loads(body)
    except ValueError:
        return False
    return isinstance(request, dict) and request.get("requestType") == "CLOSE"
