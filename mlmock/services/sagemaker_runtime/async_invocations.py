"""Asynchronous invocations: accepted at once, answered in S3 when their work ends."""

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

# The service shows no states; these are what its notifications and its S3 objects tell of them.
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
_TTL, _TIMEOUT = 21_600, 900  # seconds, where the call says none
_CONTENT_TYPE = "x-amzn-sagemaker-content-type"
_BROKEN_OFF = "The model's answer broke off."


class AsyncInvocation:
    """One asynchronous invocation, from the call to what it leaves in S3."""

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
        """True when it has ended."""
        return self.status in {"Completed", "Failed"}

    @property
    def accepted(self) -> Result:
        """The members of the answer to the call."""
        result = {"InferenceId": self.inference_id, "OutputLocation": self.output}
        if self.failure is not None:
            result["FailureLocation"] = self.failure
        return result

    def trip(self, variant: str) -> Invocation | None:
        """Return the trip with the input as its body; None, and a failure, if there is none."""
        location = self.params.get("InputLocation")
        if location is None:
            return Invocation(self.backend, self.call, self.endpoint, variant)
        try:
            found = self.backend.state.store.object(location, scope=self.backend.scope)
        except (NoSuchKey, NoSuchBucket, ValueError):
            self._begin(no_object("download the input from", location))
            return None
        content_type = self.params.get("ContentType", found.content_type)
        call = _with_input(self.call, found.body, content_type)
        return Invocation(self.backend, call, self.endpoint, variant)

    # -- the desk: what becomes of the model's answer -----------------------------------------

    def wait(self, seconds: float) -> None:
        """Let the model take its time once the work is begun: the call doesn't wait for it."""
        self.seconds += seconds

    def failed(self, fault: ServiceError) -> Result:
        """End as failed; the call itself succeeds."""
        if fault.code in STREAM_ERRORS:
            return self._begin(no_answer(_BROKEN_OFF))
        return self._begin(failure_of(errors.with_text(fault)))

    def answered(self, reply: ModelAnswer) -> Result:
        """Take the model's answer; it is written when the work ends."""
        body = reply.whole(self.wait)
        if body is None:
            return self._begin(no_answer(_BROKEN_OFF))
        return self._begin(ModelAnswer(body, reply.content_type))

    # -- the work ---------------------------------------------------------------------------

    def _begin(self, outcome: ModelAnswer | Failure) -> Result:
        """Start the work that ends in `outcome`, and return the answer to the call."""
        backend = self.backend
        self.outcome = outcome
        backend.undo_log.set_item(backend.jobs, id(self), self)
        work = self.endpoint.progress.begin(self._run)
        if work.policy.polls is not None:
            work.finish()  # nobody can look at it: so many polls count as none
        else:
            backend.undo_log.set(self, work=work)
            self._at(self.params.get("RequestTTLSeconds", _TTL), self._expire)
        return self.accepted

    def end(self, outcome: ModelAnswer | Failure | None = None) -> None:
        """End now, in `outcome` or as the model answered; nothing if it has ended."""
        backend, work = self.backend, self.work
        with backend.lock:  # waiters in other threads move the clock as well
            if self.done:
                return
            backend.undo_log.pop_item(backend.jobs, id(self))
            if work is not None and not work.done:
                work.cancel()
            left = self._leave(outcome or self.outcome)
            self._move("completes" if left else "fails")

    def _move(self, event: str) -> None:
        self.backend.undo_log.set(self, status=INVOCATION.after(self.status, event))

    def _run(self) -> None:
        """The queue is over: the model works, and ends in its time or in the caller's."""
        self._move("the model takes it")
        timeout = self.params.get("InvocationTimeoutSeconds", _TIMEOUT)
        if self.seconds > timeout:
            late = no_answer("The invocation timed out.")
            self._at(timeout, lambda: self.end(late))
        elif self.seconds:
            self._at(self.seconds, self.end)
        else:
            self.end()

    def _at(self, seconds: float, job: Callable[[], object]) -> None:
        self.backend.clock.call_at(self.backend.clock.seconds() + seconds, job)

    def _expire(self) -> None:
        if self.work is not None and not self.work.done:
            self.end(expired())

    # -- what it leaves behind --------------------------------------------------------------

    def _leave(self, outcome: ModelAnswer | Failure | None) -> bool:
        """Write what the work leaves; True for an output, False for a failure."""
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
            self.backend.warn_of_place(self.endpoint.name, uri)
            return False
        return True


def _with_input(call: Call, body: bytes, content_type: str) -> Call:
    """Return `call` as the model sees it: with the input object as its body."""
    wire = call.request
    seen = copy(call)
    seen.request = replace(wire, headers={**wire.headers, _CONTENT_TYPE: content_type}, body=body)
    seen.release_params()
    return seen
