"""Rules of an endpoint, which script the answers of its model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from mlmock.errors import InvalidRule
from mlmock.exposed import exposed
from mlmock.rules.answers import ErrorAnswer
from mlmock.rules.rule import Rule
from mlmock.services.sagemaker_runtime.model_answers import (
    AnswerOptions,
    check_ending,
    check_headers,
    to_bytes,
)

if TYPE_CHECKING:
    from typing_extensions import Self

Handler = TypeVar("Handler", bound=Callable[..., Any])


@exposed("sagemaker.ModelRule", "model_error stream then_error")
class ModelRule(Rule):
    """A rule of an endpoint, which applies to all three operations.

    A stream has an answer in one piece as its only part; other operations join the parts of a
    stream.
    """

    def reply(
        self, *answers: Any, content_type: str | None = None, custom_attributes: str | None = None
    ) -> Self:
        """Answer with `answers`.

        Args:
            *answers: One answer for all calls, or several answers in order. An answer is `bytes`,
                `str`, any other value (sent as JSON), a callable of the `Call` (a generator
                function streams), `output(Body=..., NewSessionId=...)`, `error(...)`, or an
                exception.
            content_type: The content type; by default that of JSON, text or bytes.
            custom_attributes: The CustomAttributes of the response.

        Raises:
            InvalidRule: An endpoint can't send such an answer.
        """
        return self._reply(answers, content_type, custom_attributes)

    def handler(self, function: Handler) -> Handler:
        """Answer with the values that `function` of the `Call` returns or yields. A decorator."""
        self.reply(function)
        return function

    def model_error(self, status: int, message: Any = "") -> Self:
        """Answer with an error response of the container.

        Callers get ModelError 424 with OriginalStatusCode and OriginalMessage (cut to 2048
        characters). For an asynchronous invocation the message is the failure object.

        Args:
            status: The HTTP status of the container, 400 to 599.
            message: The body of the error response: text, bytes or a JSON value.

        Raises:
            InvalidRule: `status` is not valid, or `message` is none of these.
        """
        if type(status) is not int or not 400 <= status <= 599:
            raise InvalidRule(f"the status of a model error must be 400 to 599, not {status!r}")
        text = to_bytes(message).decode(errors="replace")
        return self.reply(ErrorAnswer("ModelError", None, None, _original(status, text)))

    def stream(
        self,
        parts: Any,
        *,
        content_type: str | None = None,
        custom_attributes: str | None = None,
        pause: float = 0.0,
    ) -> Self:
        """Answer with a stream of `parts`.

        Args:
            parts: A list of bytes, text or JSON values, or a function that returns or yields them.
                A part `error("ModelStreamError", ...)` ends the stream with this error.
            content_type: The content type; by default JSON.
            custom_attributes: The CustomAttributes of the response.
            pause: The virtual time between two parts, in seconds. The service ends a stream with
                an error after 480 seconds.

        Raises:
            InvalidRule: An endpoint can't send such a stream.
        """
        if not pause >= 0:
            raise InvalidRule(f"pause= must be a number of seconds from 0, not {pause!r}")
        stream_options = {"in_parts": True, "pause": float(pause)}
        return self._reply((parts,), content_type, custom_attributes, **stream_options)

    def then_error(self, code: str, message: str | None = None, **members: Any) -> Self:
        """End the stream with an error after its last part.

        Args:
            code: ``ModelStreamError`` or ``InternalStreamFailure``.
            message: The message.
            **members: Other members of the error. The ErrorCode of ModelStreamError is
                StreamBroken by default.

        Raises:
            InvalidRule: The rule has no stream, or a stream can't end with this error.
        """
        options = cast(AnswerOptions, self.target.check)
        if not options.in_parts:
            raise InvalidRule(
                "then_error() must follow stream(), as in stream([...]).then_error(...)"
            )
        ending = ErrorAnswer(code, message, None, members)
        check_ending(ending)
        options(ending)
        self.target = replace(self.target, check=replace(options, ending=ending))
        return self

    def _reply(
        self,
        answers: tuple[Any, ...],
        content_type: str | None,
        custom_attributes: str | None,
        **stream_options: Any,
    ) -> Self:
        """Set `answers` with their options, which are restored if an answer is not valid."""
        members = {"ContentType": content_type, "CustomAttributes": custom_attributes}
        check_headers({name: value for name, value in members.items() if value is not None})
        options = AnswerOptions(
            content_type=content_type, custom_attributes=custom_attributes, **stream_options
        )
        before, self.target = self.target, replace(self.target, check=options)
        try:
            return super().reply(*answers)
        except InvalidRule:
            self.target = before
            raise


def _original(status: int, text: str) -> dict[str, Any]:
    return {"OriginalStatusCode": status, "OriginalMessage": text}
