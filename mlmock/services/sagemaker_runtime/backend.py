"""The three operations of SageMaker Runtime."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, cast

from mlmock.aws.scope import Scope
from mlmock.call import Call
from mlmock.engine.state import MockState
from mlmock.errors import ServiceError
from mlmock.rules.answers import DefaultAnswer, Deferred
from mlmock.rules.rule import Rule, resolve_answer
from mlmock.services.common.backend import Result
from mlmock.services.sagemaker_runtime import errors
from mlmock.services.sagemaker_runtime.async_invocations import AsyncInvocation
from mlmock.services.sagemaker_runtime.endpoints import Endpoint, Endpoints, endpoint_key
from mlmock.services.sagemaker_runtime.invocation import (
    MAX_BODY_BYTES,
    Invocation,
    InvocationBackend,
    admit,
    check_attributes,
)
from mlmock.services.sagemaker_runtime.model_answers import AnswerOptions, ModelAnswer, to_bytes
from mlmock.services.sagemaker_runtime.responders import StreamResponder, SyncResponder
from mlmock.services.sagemaker_runtime.sessions import Sessions

_log = logging.getLogger("mlmock.sagemaker")
_HEADROOM = 4096  # what the front door takes beyond the largest body (seen, of an older limit)
Desk = SyncResponder | AsyncInvocation


class Invocations(InvocationBackend):
    """The invocations of one account and region."""

    service = "sagemaker-runtime"

    def __init__(self, state: MockState, scope: Scope) -> None:
        super().__init__(state, scope)
        self.endpoints = state.shared(Endpoints)
        self.sessions = Sessions(self)
        self.jobs: dict[int, AsyncInvocation] = {}

    # -- operations -------------------------------------------------------------------------

    def invoke_endpoint(self, call: Call) -> Result | Deferred:
        """Answer in one piece."""
        trip = admit(self, call, self._endpoint(call))
        if "SessionId" in call.params:
            self.sessions.route(trip)
        return self._asked(trip, SyncResponder(trip))

    def invoke_endpoint_with_response_stream(self, call: Call) -> Result | Deferred:
        """Answer part by part."""
        trip = admit(self, call, self._endpoint(call))
        if "SessionId" in call.params:
            self.sessions.route(trip)
        return self._asked(trip, StreamResponder(trip))

    def invoke_endpoint_async(self, call: Call) -> Result | Deferred:
        """Accept the invocation; its answer is in S3 when the work ends."""
        endpoint = self._endpoint(call)
        config = endpoint.config.later
        if config is None:
            raise errors.not_async_error(endpoint.name)
        check_attributes(call.params)
        if bool(call.params.get("Body")) == ("InputLocation" in call.params):
            raise errors.ambiguous_input_error()
        job = AsyncInvocation(self, call, endpoint, config)
        trip = job.trip(endpoint.variants.pick(self.state.context.random.choices))
        return job.accepted if trip is None else self._asked(trip, job)

    def translate_error(self, call: Call, fault: ServiceError) -> ServiceError:
        """Return the front door's 413 for a body that is far too large, else `fault`."""
        limit = MAX_BODY_BYTES + _HEADROOM
        return errors.payload_too_large_error(limit) if len(call.body) > limit else fault

    # -- the model --------------------------------------------------------------------------

    def _endpoint(self, call: Call) -> Endpoint:
        name = call.params["EndpointName"]
        found = self.endpoints.find(name, self.scope)
        if found is None:
            raise errors.not_found(name, self.scope)
        return found

    def _asked(self, trip: Invocation, desk: Desk) -> Result | Deferred:
        """Ask the rules of the endpoint, and let the desk do with the answer what it does."""
        name = trip.endpoint.name
        key, index = endpoint_key(name), self.state.rules
        if not index.has_rules_for(key):
            return desk.answered(_default(trip))
        seen = trip.seen
        found: Any = index.find((key,), trip.call, seen)
        if found is None:
            self.raise_unmatched(trip.call, (key,), seen, f"endpoint {name!r}")
            return desk.answered(_default(trip))
        rule, answer = found
        if type(answer) is ModelAnswer and not rule.latency:
            return desk.answered(rule.target.check.of(answer))  # the usual case, on the short way
        return _carried(desk, lambda: _given(desk, trip, rule, answer))


def _given(desk: Desk, trip: Invocation, rule: Rule, answer: Any) -> Result | Deferred:
    if rule.latency:
        desk.wait(rule.latency)
    if isinstance(answer, DefaultAnswer):
        return desk.answered(_default(trip))
    form = cast(AnswerOptions, rule.target.check)
    found: Result | Deferred = resolve_answer(
        answer, trip.call, lambda value: desk.answered(form.of(value))
    )
    return found


def _carried(desk: Desk, make: Callable[[], Any]) -> Result | Deferred:
    """Return what `make` comes to; the desk says what becomes of a service's error on the way."""
    try:
        found = make()
    except ServiceError as fault:
        return desk.failed(fault)
    if type(found) is Deferred:
        return Deferred(found.work, lambda value: _carried(desk, lambda: found.then(value)))
    return cast(Result, found)


def _default(trip: Invocation) -> ModelAnswer:
    """Return the answer of an endpoint that nobody has scripted: it says what it is."""
    said = {"mlmock": "this endpoint has no script", "endpoint": trip.endpoint.name}
    return ModelAnswer(to_bytes({**said, "variant": trip.variant}), "application/json")
