"""Asynchronous invocations: accepted at once, answered in S3 when their work ends."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from mlmock.calls import Call
from mlmock.errors import ServiceError
from mlmock.events import Event
from mlmock.objects import MissingBucket, MissingObject
from mlmock.progress import Work
from mlmock.services.base import Result
from mlmock.services.sagemaker_runtime import refusals
from mlmock.services.sagemaker_runtime.endpoints import Endpoint
from mlmock.services.sagemaker_runtime.endpoints import Later as LaterConfig
from mlmock.services.sagemaker_runtime.replies import Reply, type_of
from mlmock.services.sagemaker_runtime.trips import Trip
from mlmock.wire.message import Request

if TYPE_CHECKING:
    from mlmock.services.sagemaker_runtime.backend import Invocations

_TTL, _TIMEOUT = 21_600, 900  # seconds, where the call says none
_TOLD_AT_MOST = 131_072  # bytes of an answer that a notification repeats
_LOGS = "See the SageMaker Endpoint logs in your account for more information."


@dataclass(frozen=True, slots=True)
class Failure:
    """How an invocation failed: the reason in the notification, the object's body and type."""

    reason: str
    body: bytes
    content_type: str


def failure_of(fault: ServiceError) -> Failure:
    """Return what a model's (or the service's) `fault` leaves behind."""
    if fault.code != "ModelError":
        text = fault.message or fault.code
        return Failure(f"{fault.code}: {text}", text.encode(), "text/plain; charset=utf-8")
    status = fault.members.get("OriginalStatusCode", 500)
    original = fault.members.get("OriginalMessage") or fault.message or ""
    whose = "client" if 400 <= status < 500 else "server"
    blame = "ClientError: " if whose == "client" else ""
    reason = f"{blame}Received {whose} error ({status}) from model. {_LOGS}"
    return Failure(reason, original.encode(), type_of(original, original.encode()))


def _no_answer(why: str) -> Failure:
    text = f"Received server error (0) from model. {why} {_LOGS}"
    return Failure(text, why.encode(), "text/plain; charset=utf-8")


class Job:
    """One asynchronous invocation, from the call to what it leaves in S3."""

    def __init__(
        self, backend: Invocations, call: Call, endpoint: Endpoint, config: LaterConfig
    ) -> None:
        self._backend = backend
        self._world = backend.world
        self._call = call
        self._endpoint = endpoint
        self._config = config
        params = self.params = call.params
        self.inference_id: str = params.get("InferenceId") or self._world.new_id()
        self.received = backend.now()
        self.output, self.failure = _locations(self, backend)
        self.seconds = 0.0
        self.outcome: Reply | Failure | None = None
        self.work: Work | None = None
        self.done = False

    def __repr__(self) -> str:
        state = "ended" if self.done else "under way"
        return f"<invocation {self.inference_id} of {self._endpoint.name}: {state}>"

    @property
    def accepted(self) -> Result:
        """The members of the answer to the call."""
        result = {"InferenceId": self.inference_id, "OutputLocation": self.output}
        if self.failure is not None:
            result["FailureLocation"] = self.failure
        return result

    @property
    def config(self) -> LaterConfig:
        """How the endpoint's asynchronous side is set up."""
        return self._config

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint."""
        return self._endpoint

    # -- the input --------------------------------------------------------------------------

    def trip(self, variant: str) -> Trip | None:
        """Return the trip with the input as its body; None, and a failure, if there is none."""
        location = self.params.get("InputLocation")
        if location is None:
            return Trip(self._backend, self._call, self._endpoint, variant)
        try:
            found = self._world.store.object(location, owner=self._backend.scope.owner)
        except (MissingObject, MissingBucket, ValueError):
            text = f"Unable to download the input from {location}."
            self.begin(Failure(f"ClientError: {text}", text.encode(), "text/plain; charset=utf-8"))
            return None
        content_type = self.params.get("ContentType", found.content_type)
        call = _with_input(self._call, found.body, content_type)
        return Trip(self._backend, call, self._endpoint, variant)

    # -- the desk: what becomes of the model's answer -----------------------------------------

    def wait(self, seconds: float) -> None:
        """Let the model take its time once the work is begun: the call doesn't wait for it."""
        self.seconds = seconds

    def failed(self, fault: ServiceError) -> Result:
        """End as failed; the call itself succeeds."""
        return self.begin(failure_of(refusals.with_text(fault)))

    def answered(self, reply: Reply) -> Result:
        """Take the model's answer; it is written when the work ends."""
        body = reply.whole()
        if body is None:
            return self.begin(_no_answer("The model's answer broke off."))
        return self.begin(Reply(body, reply.content_type, reply.custom_attributes))

    # -- the work ---------------------------------------------------------------------------

    def begin(self, outcome: Reply | Failure) -> Result:
        """Start the work that ends in `outcome`, and return the answer to the call."""
        self.outcome = outcome
        self._backend.ledger.put(self._backend.jobs, id(self), self)
        work = self._endpoint.progress.begin(self._run)
        if work.policy.polls is not None:
            work.finish()  # nobody can look at it: so many polls count as none
        elif not work.done:
            self._backend.ledger.change(self, work=work)
            ttl = self.params.get("RequestTTLSeconds", _TTL)
            self._backend.clock.at(self._backend.clock.seconds() + ttl, self._expire)
        return self.accepted

    def end(self, outcome: Reply | Failure | None = None) -> None:
        """End now, in `outcome` or as the model answered; nothing if it has ended."""
        if self.done:
            return
        ledger = self._backend.ledger
        if self.work is not None and not self.work.done:
            self.work.cancel()
        ledger.change(self, done=True)
        ledger.drop(self._backend.jobs, id(self))
        found = outcome or self.outcome
        if isinstance(found, Reply):
            found = self._write(found)
        if isinstance(found, Failure):
            self._write_failure(found)

    def _run(self) -> None:
        """The queue is over: the model works, and ends in its time or in the caller's."""
        timeout = self.params.get("InvocationTimeoutSeconds", _TIMEOUT)
        if self.seconds > timeout:
            late = _no_answer("The invocation timed out.")
            self._at(timeout, lambda: self.end(late))
        elif self.seconds:
            self._at(self.seconds, self.end)
        else:
            self.end()

    def _at(self, seconds: float, job: Any) -> None:
        self._backend.clock.at(self._backend.clock.seconds() + seconds, job)

    def _expire(self) -> None:
        if not self.done and self.work is not None and not self.work.done:
            self.end(_no_answer("The request expired before the model took it."))

    # -- what it leaves behind --------------------------------------------------------------

    def _write(self, reply: Reply) -> Failure | None:
        if self._put(self.output, reply.body, reply.content_type):
            said = {"contentType": reply.content_type, "outputLocation": self.output}
            message = self._message("Completed", {"responseParameters": said})
            self._tell(self._config.success_topic, message, "SUCCESS", reply.body)
            return None
        text = f"Unable to upload the output to {self.output}."
        return Failure(f"ClientError: {text}", text.encode(), "text/plain; charset=utf-8")

    def _write_failure(self, failure: Failure) -> None:
        if self.failure is not None:
            self._put(self.failure, failure.body, failure.content_type)
        message = self._message("Failed", {"failureReason": failure.reason})
        self._tell(self._config.error_topic, message, "ERROR", failure.body)

    def _put(self, uri: str, body: bytes, content_type: str) -> bool:
        store, owner = self._world.store, self._backend.scope.owner
        if self._config.output is None and uri == self.output:
            store.ensure_bucket(_default_bucket(self._backend), owner)
        try:
            store.put(uri, body, content_type, owner=owner)
        except MissingBucket:
            self._backend.warn_of_bucket(self._endpoint.name, uri)
            return False
        return True

    def _message(self, status: str, said: Mapping[str, Any]) -> dict[str, Any]:
        given = {
            name[:1].lower() + name[1:]: self.params[name]
            for name in ("Accept", "ContentType", "CustomAttributes", "EndpointName")
            if name in self.params
        }
        if "InputLocation" in self.params:
            given["inputLocation"] = self.params["InputLocation"]
        return {
            "awsRegion": self._backend.scope.region,
            "eventTime": _milliseconds(self._backend.now()),
            "receivedTime": _milliseconds(self.received),
            "invocationStatus": status,
            **({} if status == "Completed" else said),
            "requestParameters": given,
            **(said if status == "Completed" else {}),
            "inferenceId": self.inference_id,
            "eventVersion": "1.0",
            "eventSource": "aws:sagemaker",
            "eventName": "InferenceResult",
        }

    def _tell(self, topic: str | None, message: dict[str, Any], kind: str, body: bytes) -> None:
        if topic is None:
            return
        asked = f"{kind}_NOTIFICATION_TOPIC" in self._config.includes_response
        if asked and len(body) <= _TOLD_AT_MOST:
            content = base64.b64encode(body).decode()
            message["responseBody"] = {"content": content, "encoding": "BASE64"}
        scope = self._backend.scope
        self._world.emit(
            Event(
                source="aws:sagemaker",
                detail_type="InferenceResult",
                detail=message,
                resources=(scope.arn("sagemaker", f"endpoint/{self._endpoint.name.lower()}"),),
                time=self._backend.now(),
                region=scope.region,
                account_id=scope.account_id,
                topic=topic,
                message=json.dumps(message, separators=(",", ":")),
                id=self._world.new_id(),
            )
        )


def _locations(job: Job, backend: Invocations) -> tuple[str, str | None]:
    """Return where output and failure go: a fresh name, the same in both (seen).

    `Filename` replaces it, `S3OutputPathExtension` is a folder before it (judged).
    """
    name = PurePosixPath(job.params.get("Filename") or f"{backend.world.new_id()}.out")
    folder = job.params.get("S3OutputPathExtension", "").strip("/")
    between = f"/{folder}/" if folder else "/"
    output = job.config.output or _default_output(backend, job.endpoint.name)
    failure = job.config.failure
    where = f"{output.rstrip('/')}{between}{name}"
    if failure is None:
        return where, None
    return where, f"{failure.rstrip('/')}{between}{name.stem}-error{name.suffix}"


def _default_bucket(backend: Invocations) -> str:
    return f"sagemaker-{backend.scope.region}-{backend.scope.account_id}"


def _default_output(backend: Invocations, endpoint: str) -> str:
    return f"s3://{_default_bucket(backend)}/async-endpoint-outputs/{endpoint}"


def _with_input(call: Call, body: bytes, content_type: str) -> Call:
    """Return `call` as the model sees it: with the input object as its body."""
    wire = call.request
    headers = {**wire.headers, "x-amzn-sagemaker-content-type": content_type}
    seen = Call(
        call.plan,
        Request(wire.method, wire.url, headers, body),
        call.region,
        call.account_id,
        call.attempt,
        call.patience,
    )
    seen.started_at, seen.request_id = call.started_at, call.request_id
    return seen


def _milliseconds(moment: Any) -> str:
    return f"{moment.strftime('%Y-%m-%dT%H:%M:%S')}.{moment.microsecond // 1000:03d}Z"
