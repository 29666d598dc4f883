"""One asynchronous invocation, in the hands of the test's author."""

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
    """One asynchronous invocation that was under way when it was asked for."""

    def __init__(self, job: AsyncInvocation) -> None:
        self._job = job

    def __repr__(self) -> str:
        return repr(self._job)

    @property
    def inference_id(self) -> str:
        """Its InferenceId."""
        return self._job.inference_id

    @property
    def output_uri(self) -> str:
        """Where its output goes."""
        return self._job.output

    @property
    def status(self) -> str:
        """Queued, Processing, Completed or Failed."""
        return self._job.status

    def finish(self) -> None:
        """End it as the model answered."""
        self._under_way().end()

    def complete(self, answer: Any, *, content_type: str | None = None) -> None:
        """End it with `answer`, as `reply` takes it; InvalidRule for callables and errors."""
        form = AnswerOptions(content_type=content_type)
        if callable(answer) or isinstance(answer, (ErrorAnswer, BaseException)):
            raise InvalidRule(f"complete() takes the answer itself, not {answer!r}")
        self._under_way().end(form.of(answer))

    def fail(self, message: str, *, status: int = 500) -> None:
        """End it as failed: the model answered `status` with `message`."""
        members: dict[str, Any] = {"OriginalStatusCode": status, "OriginalMessage": message}
        self._under_way().end(failure_of(ServiceError("ModelError", message, **members)))

    def _under_way(self) -> AsyncInvocation:
        if self._job.done:
            raise InvalidRule(f"the invocation {self.inference_id} has ended")
        return self._job
