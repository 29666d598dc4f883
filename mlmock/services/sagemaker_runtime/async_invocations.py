"""Asynchronous invocations, which write their results to S3 when they end."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING

from mlmock.call import Call
from mlmock.errors import ServiceError
from mlmock.services.common.backend import Result
from mlmock.services.common.buckets import default_bucket
from mlmock.services.sagemaker_runtime import errors, notifications, output_locations
from mlmock.services.sagemaker_runtime.async_failures import (
    Failure,
    expired,
    failure_of,
    no_answer,
    no_object,
)
from mlmock.services.sagemaker_runtime.endpoint_config import AsyncConfig
from mlmock.services.sagemaker_runtime.endpoints import Endpoint
from mlmock.services.sagemaker_runtime.invocation import Invocation
from mlmock.services.sagemaker_runtime.model_answers import STREAM_ERRORS, ModelAnswer
from mlmock.simulation.object_store import NoSuchBucket, NoSuchKey
from mlmock.simulation.progress import Task
from mlmock.simulation.state_machine import StateMachine, Transition

if TYPE_CHECKING:
    from mlmock.services.sagemaker_runtime.invocation import InvocationBackend

# Assumption: the service returns no states; these follow from its notifications and S3 objects.
INVOCATION = StateMachine(
    name="asynchronous invocation",
    start="Queued",
    transitions=(
        Transition("the model takes it", ("Queued",), "Processing"),
        Transition("expires", ("Queued",), "Failed"),
        Transition("completes", ("Queued", "Processing"), "Completed"),
        Transition("fails", ("Queued", "Processing"), "Failed"),
    ),
)
_TTL, _TIMEOUT = 21_600, 900  # Defaults in seconds.
_CONTENT_TYPE = "x-amzn-sagemaker-content-type"
_BROKEN_STREAM = "The model's answer broke off."


class AsyncInvocation:
    """An asynchronous invocation, from the call to the objects in S3."""

    def __init__(
        self, backend: InvocationBackend, call: Call, endpoint: Endpoint, config: AsyncConfig
    ) -> None:
        state = backend.state
        self.backend = backend
        self.call = call
        self.endpoint = endpoint
        self.config = config
        self.params = call.params
        self.inference_id: str = call.params.get("InferenceId") or state.new_id()
        self.received = backend.now()
        default = output_locations.default_output(backend.scope, endpoint.name)
        self.output, self.failure = output_locations.locations(
            config, call.params, default, state.new_id()
        )
        self.seconds = 0.0
        self.outcome: ModelAnswer | Failure | None = None
        self.work: Task | None = None
        self.status = INVOCATION.start

    def __repr__(self) -> str:
        return f"<invocation {self.inference_id} of {self.endpoint.name}: {self.status}>"

    @property
    def done(self) -> bool:
        """Whether the invocation has ended."""
        return self.status in {"Completed", "Failed"}

    @property
    def accepted(self) -> Result:
        """The output members of the call."""
        result = {"InferenceId": self.inference_id, "OutputLocation": self.output}
        if self.failure is not None:
            result["FailureLocation"] = self.failure
        return result

    def model_invocation(self, variant: str) -> Invocation | None:
        """Return the invocation with the input as its body, or fail and return None."""
        location = self.params.get("InputLocation")
        if location is None:
            return Invocation(self.backend, self.call, self.endpoint, variant)
        try:
            found = self.backend.state.store.object(location, scope=self.backend.scope)
        except (NoSuchKey, NoSuchBucket, ValueError):
            self._start(no_object("download the input from", location))
            return None
        content_type = self.params.get("ContentType", found.content_type)
        call = _with_input(self.call, found.body, content_type)
        return Invocation(self.backend, call, self.endpoint, variant)

    # -- responder -------------------------------------------------------------------------------

    def wait(self, seconds: float) -> None:
        """Add `seconds` to the processing time. The call does not wait for it."""
        self.seconds += seconds

    def respond_error(self, error: ServiceError) -> Result:
        """Start work that ends as failed. The call itself succeeds."""
        if error.code in STREAM_ERRORS:
            return self._start(no_answer(_BROKEN_STREAM))
        return self._start(failure_of(errors.with_text(error)))

    def respond(self, answer: ModelAnswer) -> Result:
        """Start work that writes the answer of the model when it ends."""
        body = answer.join_parts(self.wait)
        if body is None:
            return self._start(no_answer(_BROKEN_STREAM))
        return self._start(ModelAnswer(body, answer.content_type))

    # -- progress ---------------------------------------------------------------------------

    def _start(self, outcome: ModelAnswer | Failure) -> Result:
        """Start the work that ends with `outcome`, and return the output of the call."""
        backend = self.backend
        self.outcome = outcome
        backend.undo_log.set_item(backend.jobs, id(self), self)
        work = self.endpoint.progress.begin(self._process)
        if work.policy.polls is not None:
            work.finish()  # No operation polls it.
        else:
            backend.undo_log.set(self, work=work)
            self._call_after(self.params.get("RequestTTLSeconds", _TTL), self._expire)
        return self.accepted

    def end(self, outcome: ModelAnswer | Failure | None = None) -> None:
        """End the invocation with `outcome` or the answer of the model, unless it has ended."""
        backend, work = self.backend, self.work
        with backend.lock:  # Other threads may advance the clock too.
            if self.done:
                return
            backend.undo_log.pop_item(backend.jobs, id(self))
            if work is not None and not work.done:
                work.cancel()
            succeeded = self._write_results(outcome or self.outcome)
            self._move("completes" if succeeded else "fails")

    def _move(self, event: str) -> None:
        self.backend.undo_log.set(self, status=INVOCATION.after(self.status, event))

    def _process(self) -> None:
        """Start processing, which ends after the time of the model or at the timeout."""
        self._move("the model takes it")
        timeout = self.params.get("InvocationTimeoutSeconds", _TIMEOUT)
        if self.seconds > timeout:
            timed_out = no_answer("The invocation timed out.")
            self._call_after(timeout, lambda: self.end(timed_out))
        elif self.seconds:
            self._call_after(self.seconds, self.end)
        else:
            self.end()

    def _call_after(self, seconds: float, job: Callable[[], object]) -> None:
        self.backend.clock.call_at(self.backend.clock.seconds() + seconds, job)

    def _expire(self) -> None:
        if self.work is not None and not self.work.done:
            self.end(expired())

    # -- results ----------------------------------------------------------------------------

    def _write_results(self, outcome: ModelAnswer | Failure | None) -> bool:
        """Write the output or the failure, and return whether it was an output."""
        if isinstance(outcome, ModelAnswer):
            if self._put(self.output, outcome.body, outcome.content_type):
                notifications.notify_success(self, outcome.body, outcome.content_type)
                return True
            outcome = no_object("upload the output to", self.output)
        assert outcome is not None
        if self.failure is not None:
            self._put(self.failure, outcome.body, outcome.content_type)
        notifications.notify_failure(self, outcome)
        return False

    def _put(self, uri: str, body: bytes, content_type: str) -> bool:
        store, scope = self.backend.state.store, self.backend.scope
        if self.config.output is None and uri == self.output:
            store.ensure_bucket(default_bucket(scope), scope)
        try:
            store.put(uri, body, content_type, scope=scope)
        except (NoSuchBucket, ValueError):
            self.backend.warn_not_written(self.endpoint.name, uri)
            return False
        return True


def _with_input(call: Call, body: bytes, content_type: str) -> Call:
    """Return a copy of `call` with the input object as its body."""
    request = call.request
    model_call = copy(call)
    model_call.request = replace(
        request, headers={**request.headers, _CONTENT_TYPE: content_type}, body=body
    )
    model_call.release_params()
    return model_call
