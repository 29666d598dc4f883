"""Responders, which turn the answer of a model into the output of an operation."""

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

MODEL_SECONDS = 60.0  # The time limit of a container.
STREAM_SECONDS = 480.0  # Assumption: the time limit of a whole stream.


class SyncResponder:
    """The responder of InvokeEndpoint: the answer in one piece."""

    waited = 0.0  # The latency so far, in seconds.

    def __init__(self, invocation: Invocation) -> None:
        self.invocation = invocation

    def wait(self, seconds: float) -> None:
        """Simulate latency of the model.

        Args:
            seconds: The latency in virtual time.

        Raises:
            ServiceError: The model takes more than 60 seconds.
        """
        invocation, remaining = self.invocation, MODEL_SECONDS - self.waited
        self.waited += seconds
        invocation.backend.state.simulate_latency(invocation.call, min(seconds, remaining))
        if seconds > remaining:
            raise errors.timed_out(
                invocation.backend.scope, invocation.endpoint.name, invocation.container
            )

    def respond_error(self, error: ServiceError) -> Result:
        """Raise the error of the model or of a rule, with the members that the service adds.

        Raises:
            InvalidRule: The operation does not have the error.
            ServiceError: The complete error.
        """
        if error.code in STREAM_ERRORS and error.status is None:
            return self._broken_at_once(error)
        validate_error(
            self.invocation.call.compiled_operation, ErrorAnswer(error.code, status=error.status)
        )
        raise self.invocation.complete_error(error) from None

    def _broken_at_once(self, error: ServiceError) -> Result:
        """Raise the error of InvokeEndpoint for a stream that ends with an error."""
        raise self.invocation.model_error(500, None) from None

    def respond(self, answer: ModelAnswer) -> Result:
        """Return the output members of the operation."""
        invocation = self.invocation
        body = answer.body if answer.parts is None else answer.join_parts(self.wait)
        config = invocation.endpoint.config
        if body is None or len(body) > invocation.max_body_bytes:
            raise invocation.model_error(500, None)
        result = self._headers(answer)
        result["Body"] = body
        if config.session_seconds is not None or answer.new_session or answer.closed_session:
            result.update(invocation.backend.sessions.headers(invocation, answer))
        if config.capture is not None:
            data_capture.write(invocation, config.capture, body, answer.content_type)
        return result

    def _headers(self, answer: ModelAnswer) -> Result:
        result: Result = {
            "ContentType": answer.content_type,
            "InvokedProductionVariant": self.invocation.variant,
        }
        if answer.custom_attributes is not None:
            result["CustomAttributes"] = answer.custom_attributes
        return result


class StreamResponder(SyncResponder):
    """The responder of InvokeEndpointWithResponseStream: one lazy event for each part."""

    def _broken_at_once(self, error: ServiceError) -> Result:
        """Return a stream that starts with the error. Source: recorded response."""
        ending = ErrorAnswer(error.code, error.message, None, error.members)
        return self.respond(ModelAnswer(content_type="application/json", parts=(), ending=ending))

    def respond(self, answer: ModelAnswer) -> Result:
        """Return the output members of the operation, with a lazy stream of events."""
        result = self._headers(answer)
        result["Body"] = self._events(answer)
        return result

    def _events(self, answer: ModelAnswer) -> Iterator[dict[str, Any]]:
        clock = self.invocation.backend.clock
        started = clock.seconds()
        for index, part in enumerate((answer.body,) if answer.parts is None else answer.parts):
            if index and answer.pause:
                clock.advance(seconds=answer.pause)
                if clock.seconds() - started > STREAM_SECONDS:
                    raise _stream_timed_out()
            if isinstance(part, ErrorAnswer):
                check_ending(part)
                raise _broken(part)
            yield {"PayloadPart": {"Bytes": to_bytes(part)}}
        if answer.ending is not None:
            raise _broken(answer.ending)


def _stream_timed_out() -> ServiceError:
    text = "The model took too long to send all of its stream."
    return ServiceError("ModelStreamError", text, ErrorCode="ModelInvocationTimeExceeded")


def _broken(part: ErrorAnswer) -> ServiceError:
    """Return the error that ends a stream. Assumption: its ErrorCode is StreamBroken."""
    members = dict(part.members)
    if part.code == "ModelStreamError":
        members.setdefault("ErrorCode", "StreamBroken")
    return errors.with_text(ServiceError(part.code, part.message, **members))
