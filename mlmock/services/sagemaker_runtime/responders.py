"""What becomes of a model's answer: handed out in one piece, or part by part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlmock.errors import ServiceError
from mlmock.rules.answers import ErrorAnswer, validate_error
from mlmock.services.common.backend import Result
from mlmock.services.sagemaker_runtime import data_capture, errors
from mlmock.services.sagemaker_runtime.invocation import Invocation
from mlmock.services.sagemaker_runtime.model_answers import (
    STREAM_ERRORS,
    ModelAnswer,
    check_ending,
    to_bytes,
)

MODEL_SECONDS = 60.0  # for a container to answer
STREAM_SECONDS = 480.0  # for all of a stream (judged)


class SyncResponder:
    """InvokeEndpoint: the answer in one piece."""

    waited = 0.0  # seconds that the model has taken

    def __init__(self, trip: Invocation) -> None:
        self.trip = trip

    def wait(self, seconds: float) -> None:
        """Let the model take its time: ModelError after 60 seconds, however much it wants."""
        trip, left = self.trip, MODEL_SECONDS - self.waited
        self.waited += seconds
        trip.backend.state.simulate_latency(trip.call, min(seconds, left))
        if seconds > left:
            raise errors.timed_out(trip.backend.scope, trip.endpoint.name, trip.container)

    def failed(self, fault: ServiceError) -> Result:
        """Raise what the model or a rule failed with, and what the service adds to it.

        InvalidRule for an error that the operation doesn't have.
        """
        if fault.code in STREAM_ERRORS and fault.status is None:
            return self._broken_at_once(fault)
        validate_error(
            self.trip.call.compiled_operation, ErrorAnswer(fault.code, status=fault.status)
        )
        raise self.trip.completed(fault) from None

    def _broken_at_once(self, fault: ServiceError) -> Result:
        """Raise what becomes of a stream that breaks for a caller that wants one piece."""
        raise self.trip.model_error(500, None) from None

    def answered(self, reply: ModelAnswer) -> Result:
        """Return the members of the answer."""
        trip = self.trip
        body = reply.body if reply.parts is None else reply.whole(self.wait)
        config = trip.endpoint.config
        if body is None or len(body) > trip.most:
            raise trip.model_error(500, None)
        result = self._headers(reply)
        result["Body"] = body
        if config.session_seconds is not None or reply.new_session or reply.closed_session:
            result.update(trip.backend.sessions.headers(trip, reply))
        if config.capture is not None:
            data_capture.write(trip, config.capture, body, reply.content_type)
        return result

    def _headers(self, reply: ModelAnswer) -> Result:
        result: Result = {
            "ContentType": reply.content_type,
            "InvokedProductionVariant": self.trip.variant,
        }
        if reply.custom_attributes is not None:
            result["CustomAttributes"] = reply.custom_attributes
        return result


class StreamResponder(SyncResponder):
    """InvokeEndpointWithResponseStream: one event a part, made when the caller pulls it."""

    def _broken_at_once(self, fault: ServiceError) -> Result:
        """Break the stream before its first part: such an error never comes by itself (seen)."""
        ending = ErrorAnswer(fault.code, fault.message, None, fault.members)
        return self.answered(ModelAnswer(content_type="application/json", parts=(), ending=ending))

    def answered(self, reply: ModelAnswer) -> Result:
        """Return the members of the answer; its events aren't made yet."""
        result = self._headers(reply)
        result["Body"] = self._events(reply)
        return result

    def _events(self, reply: ModelAnswer) -> Iterator[dict[str, Any]]:
        clock = self.trip.backend.clock
        started = clock.seconds()
        for place, part in enumerate((reply.body,) if reply.parts is None else reply.parts):
            if place and reply.pause:
                clock.advance(seconds=reply.pause)
                if clock.seconds() - started > STREAM_SECONDS:
                    raise _stream_timed_out()
            if isinstance(part, ErrorAnswer):
                check_ending(part)
                raise _broken(part)
            yield {"PayloadPart": {"Bytes": to_bytes(part)}}
        if reply.ending is not None:
            raise _broken(reply.ending)


def _stream_timed_out() -> ServiceError:
    text = "The model took too long to send all of its stream."
    return ServiceError("ModelStreamError", text, ErrorCode="ModelInvocationTimeExceeded")


def _broken(part: ErrorAnswer) -> ServiceError:
    """Return what ends a stream; StreamBroken unless the test says another code (judged)."""
    members = dict(part.members)
    if part.code == "ModelStreamError":
        members.setdefault("ErrorCode", "StreamBroken")
    return errors.with_text(ServiceError(part.code, part.message, **members))
