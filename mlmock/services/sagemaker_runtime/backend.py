"""The three operations of SageMaker Runtime."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, cast

from mlmock.aws.scope import Scope
from mlmock.call import Call
from mlmock.engine.state import World
from mlmock.errors import ServiceError
from mlmock.rules.answers import Default, Later
from mlmock.rules.rule import Rule, given
from mlmock.services.common.backend import Result
from mlmock.services.sagemaker_runtime import errors as refusals
from mlmock.services.sagemaker_runtime.async_invocations import Job
from mlmock.services.sagemaker_runtime.endpoints import Endpoint, Endpoints, endpoint_key
from mlmock.services.sagemaker_runtime.invocation import (
    MOST,
    InvocationBackend,
    Trip,
    admitted,
    check_attributes,
)
from mlmock.services.sagemaker_runtime.model_answers import Form, Reply, body_of
from mlmock.services.sagemaker_runtime.responders import Streamed, Whole
from mlmock.services.sagemaker_runtime.sessions import Sessions

_log = logging.getLogger("mlmock.sagemaker")
_HEADROOM = 4096  # what the front door takes beyond the largest body (seen, of an older limit)
Desk = Whole | Job


class Invocations(InvocationBackend):
    """The invocations of one account and region."""

    service = "sagemaker-runtime"

    def __init__(self, world: World, scope: Scope) -> None:
        super().__init__(world, scope)
        self.endpoints = world.part(Endpoints)
        self._owner = scope.owner
        self.sessions = Sessions(self)
        self.jobs: dict[int, Job] = {}

    # -- operations -------------------------------------------------------------------------

    def invoke_endpoint(self, call: Call) -> Result | Later:
        """Answer in one piece."""
        trip = admitted(self, call, self._endpoint(call))
        if "SessionId" in call.params:
            self.sessions.route(trip)
        return self._asked(trip, Whole(trip))

    def invoke_endpoint_with_response_stream(self, call: Call) -> Result | Later:
        """Answer part by part."""
        trip = admitted(self, call, self._endpoint(call))
        if "SessionId" in call.params:
            self.sessions.route(trip)
        return self._asked(trip, Streamed(trip))

    def invoke_endpoint_async(self, call: Call) -> Result | Later:
        """Accept the invocation; its answer is in S3 when the work ends."""
        endpoint = self._endpoint(call)
        config = endpoint.config.later
        if config is None:
            raise refusals.never_later(endpoint.name)
        check_attributes(call.params)
        if bool(call.params.get("Body")) == ("InputLocation" in call.params):
            raise refusals.one_input()
        job = Job(self, call, endpoint, config)
        trip = job.trip(endpoint.variants.pick(self.world.block.random.choices))
        return job.accepted if trip is None else self._asked(trip, job)

    def refusal(self, call: Call, fault: ServiceError) -> ServiceError:
        """Return the front door's 413 for a body that is far too large, else `fault`."""
        limit = MOST + _HEADROOM
        return refusals.too_large(limit) if len(call.body) > limit else fault

    # -- the model --------------------------------------------------------------------------

    def _endpoint(self, call: Call) -> Endpoint:
        name = call.params["EndpointName"]
        found = self.endpoints.find(name, self.scope, self._owner)
        if found is None:
            raise refusals.not_found(name, self.scope)
        return found

    def _asked(self, trip: Trip, desk: Desk) -> Result | Later:
        """Ask the rules of the endpoint, and let the desk do with the answer what it does."""
        name = trip.endpoint.name
        key, book = endpoint_key(name), self.world.book
        if not book.has(key):
            return desk.answered(_default(trip))
        seen = trip.seen
        found: Any = book.find((key,), trip.call, seen)
        if found is None:
            self.nobody_takes(trip.call, (key,), seen, f"endpoint {name}")
            return desk.answered(_default(trip))
        rule, answer = found
        if type(answer) is Reply and not rule.seconds:
            return desk.answered(rule.subject.check.of(answer))  # the usual case, on the short way
        return _carried(desk, lambda: _given(desk, trip, rule, answer))


def _given(desk: Desk, trip: Trip, rule: Rule, answer: Any) -> Result | Later:
    if rule.seconds:
        desk.wait(rule.seconds)
    if isinstance(answer, Default):
        return desk.answered(_default(trip))
    form = cast(Form, rule.subject.check)
    found: Result | Later = given(answer, trip.call, lambda value: desk.answered(form.of(value)))
    return found


def _carried(desk: Desk, make: Callable[[], Any]) -> Result | Later:
    """Return what `make` comes to; the desk says what becomes of a service's error on the way."""
    try:
        found = make()
    except ServiceError as fault:
        return desk.failed(fault)
    if type(found) is Later:
        return Later(found.work, lambda value: _carried(desk, lambda: found.then(value)))
    return cast(Result, found)


def _default(trip: Trip) -> Reply:
    """Return the answer of an endpoint that nobody has scripted: it says what it is."""
    said = {"mlmock": "this endpoint has no script", "endpoint": trip.endpoint.name}
    return Reply(body_of({**said, "variant": trip.variant}), "application/json")
