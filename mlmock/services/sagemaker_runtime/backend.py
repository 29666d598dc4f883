"""The operations of SageMaker Runtime."""

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
_HEADROOM = 4096  # Bytes over the limit until status 413. Source: recorded response.
Responder = SyncResponder | AsyncInvocation


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
        """Return the answer of the model in one piece."""
        invocation = admit(self, call, self._endpoint(call))
        if "SessionId" in call.params:
            self.sessions.route(invocation)
        return self._respond(invocation, SyncResponder(invocation))

    def invoke_endpoint_with_response_stream(self, call: Call) -> Result | Deferred:
        """Return the answer of the model as a stream of parts."""
        invocation = admit(self, call, self._endpoint(call))
        if "SessionId" in call.params:
            self.sessions.route(invocation)
        return self._respond(invocation, StreamResponder(invocation))

    def invoke_endpoint_async(self, call: Call) -> Result | Deferred:
        """Start an asynchronous invocation, which writes its answer to S3 when it ends."""
        endpoint = self._endpoint(call)
        config = endpoint.config.async_config
        if config is None:
            raise errors.not_async_error(endpoint.name)
        check_attributes(call.params)
        if bool(call.params.get("Body")) == ("InputLocation" in call.params):
            raise errors.ambiguous_input_error()
        job = AsyncInvocation(self, call, endpoint, config)
        invocation = job.model_invocation(endpoint.variants.pick(self.state.context.random.choices))
        return job.accepted if invocation is None else self._respond(invocation, job)

    def translate_error(self, call: Call, error: ServiceError) -> ServiceError:
        """Return the gateway's error 413 if the body is far too large, else `error`."""
        limit = MAX_BODY_BYTES + _HEADROOM
        return errors.payload_too_large_error(limit) if len(call.body) > limit else error

    # -- answers ----------------------------------------------------------------------------

    def _endpoint(self, call: Call) -> Endpoint:
        name = call.params["EndpointName"]
        found = self.endpoints.find(name, self.scope)
        if found is None:
            raise errors.not_found(name, self.scope)
        return found

    def _respond(self, invocation: Invocation, responder: Responder) -> Result | Deferred:
        """Find the answer in the rules of the endpoint, and respond with it."""
        name = invocation.endpoint.name
        key, index = endpoint_key(name), self.state.rules
        if not index.has_rules_for(key):
            return responder.respond(_default_answer(invocation))
        values = invocation.match_values
        found: Any = index.find((key,), invocation.call, values)
        if found is None:
            self.raise_unmatched(invocation.call, (key,), values, f"endpoint {name!r}")
            return responder.respond(_default_answer(invocation))
        rule, answer = found
        if type(answer) is ModelAnswer and not rule.latency:
            return responder.respond(rule.target.check.of(answer))  # Fast path.
        return _handle_errors(responder, lambda: _respond_with(responder, invocation, rule, answer))


def _respond_with(
    responder: Responder, invocation: Invocation, rule: Rule, answer: Any
) -> Result | Deferred:
    if rule.latency:
        responder.wait(rule.latency)
    if isinstance(answer, DefaultAnswer):
        return responder.respond(_default_answer(invocation))
    options = cast(AnswerOptions, rule.target.check)
    found: Result | Deferred = resolve_answer(
        answer, invocation.call, lambda value: responder.respond(options.of(value))
    )
    return found


def _handle_errors(responder: Responder, make: Callable[[], Any]) -> Result | Deferred:
    """Return the result of `make`, in which `responder` handles each ServiceError."""
    try:
        found = make()
    except ServiceError as error:
        return responder.respond_error(error)
    if type(found) is Deferred:
        return Deferred(
            found.work, lambda value: _handle_errors(responder, lambda: found.then(value))
        )
    return cast(Result, found)


def _default_answer(invocation: Invocation) -> ModelAnswer:
    """Return the default answer, which identifies the endpoint."""
    members = {"mlmock": "this endpoint has no script", "endpoint": invocation.endpoint.name}
    return ModelAnswer(to_bytes({**members, "variant": invocation.variant}), "application/json")
