"""The handle of an asynchronous invocation."""

from __future__ import annotations

from typing import Any

from mlmock.errors import InvalidRule, ServiceError
from mlmock.exposed import exposed
from mlmock.rules.answers import ErrorAnswer
from mlmock.services.sagemaker_runtime.async_failures import failure_of
from mlmock.services.sagemaker_runtime.async_invocations import AsyncInvocation
from mlmock.services.sagemaker_runtime.model_answers import AnswerOptions


@exposed("sagemaker.AsyncInvocationHandle", "inference_id output_uri status finish complete fail")
class AsyncInvocationHandle:
    """The handle of an asynchronous invocation that has not ended when it is looked up."""

    def __init__(self, job: AsyncInvocation) -> None:
        self._job = job

    def __repr__(self) -> str:
        return repr(self._job)

    @property
    def inference_id(self) -> str:
        """The InferenceId."""
        return self._job.inference_id

    @property
    def output_uri(self) -> str:
        """The S3 URI of the output."""
        return self._job.output

    @property
    def status(self) -> str:
        """The status: Queued, Processing, Completed or Failed."""
        return self._job.status

    def finish(self) -> None:
        """End the invocation with the answer of the model.

        Raises:
            InvalidRule: The invocation has ended.
        """
        self._active().end()

    def complete(self, answer: Any, *, content_type: str | None = None) -> None:
        """End the invocation with `answer`.

        Args:
            answer: The answer, as in `ModelRule.reply`, but not a callable or an error.
            content_type: The content type; by default that of JSON, text or bytes.

        Raises:
            InvalidRule: The invocation has ended, or `answer` is a callable or an error.
        """
        options = AnswerOptions(content_type=content_type)
        if callable(answer) or isinstance(answer, (ErrorAnswer, BaseException)):
            raise InvalidRule(f"complete() requires the answer itself, not {answer!r}")
        self._active().end(options.of(answer))

    def fail(self, message: str, *, status: int = 500) -> None:
        """Fail the invocation with an error response of the model.

        Args:
            message: The body of the error response.
            status: The HTTP status of the error response.

        Raises:
            InvalidRule: The invocation has ended.
        """
        members: dict[str, Any] = {"OriginalStatusCode": status, "OriginalMessage": message}
        self._active().end(failure_of(ServiceError("ModelError", message, **members)))

    def _active(self) -> AsyncInvocation:
        if self._job.done:
            raise InvalidRule(f"asynchronous invocation {self.inference_id!r} has ended")
        return self._job
