"""The rules of an endpoint: what its model answers."""

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
    """One rule of an endpoint. It serves all three operations: it is what the model answers.

    What is answered in one piece is one part where the caller wants a stream; a stream's parts are
    joined where it wants one piece.
    """

    def reply(
        self, *answers: Any, content_type: str | None = None, custom_attributes: str | None = None
    ) -> Self:
        """Answer with `answers`: one for every call, or several in order.

        `bytes` and `str` as they stand, any other value as JSON, a callable of the Call (a
        generator streams), `output(Body=..., NewSessionId=...)`, `error(...)`, an exception.
        `content_type` and `custom_attributes` are the response's; unless it is said, the type is
        that of JSON, text or bytes. InvalidRule for what no endpoint can answer.
        """
        return self._written(answers, content_type, custom_attributes)

    def handler(self, function: Handler) -> Handler:
        """Answer with what `function` of the Call returns or yields; as a decorator."""
        self.reply(function)
        return function

    def model_error(self, status: int, message: Any = "") -> Self:
        """Let the container answer `status` (400 to 599) with `message` (JSON if no text).

        Callers get ModelError 424 with OriginalStatusCode and OriginalMessage (at most 2048
        characters); on asynchronous work the message is the failure object. InvalidRule otherwise.
        """
        if type(status) is not int or not 400 <= status <= 599:
            raise InvalidRule(f"a model fails with a status of 400 to 599, not {status!r}")
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
        """Answer in `parts`: a list of bytes, text or JSON values, or a function that makes them.

        A part `error("ModelStreamError", ...)` breaks the stream there. `pause`: virtual seconds
        between two parts; after 480 the service breaks it off. InvalidRule for anything else.
        """
        if not pause >= 0:
            raise InvalidRule(f"pause takes seconds, not {pause!r}")
        more = {"in_parts": True, "pause": float(pause)}
        return self._written((parts,), content_type, custom_attributes, **more)

    def then_error(self, code: str, message: str | None = None, **members: Any) -> Self:
        """Break the stream after its last part, with ModelStreamError or InternalStreamFailure.

        `ErrorCode="ModelInvocationTimeExceeded"` is a member of the first; else it is StreamBroken.
        """
        form = cast(AnswerOptions, self.target.check)
        if not form.in_parts:
            raise InvalidRule("then_error() follows stream(): stream([...]).then_error(...)")
        ending = ErrorAnswer(code, message, None, members)
        check_ending(ending)
        form(ending)
        self.target = replace(self.target, check=replace(form, ending=ending))
        return self

    def _written(
        self,
        answers: tuple[Any, ...],
        content_type: str | None,
        custom_attributes: str | None,
        **more: Any,
    ) -> Self:
        """Write `answers` down in their form; where they are refused, the rule's own stays."""
        said = {"ContentType": content_type, "CustomAttributes": custom_attributes}
        check_headers({name: value for name, value in said.items() if value is not None})
        form = AnswerOptions(content_type=content_type, custom_attributes=custom_attributes, **more)
        before, self.target = self.target, replace(self.target, check=form)
        try:
            return super().reply(*answers)
        except InvalidRule:
            self.target = before
            raise


def _original(status: int, text: str) -> dict[str, Any]:
    return {"OriginalStatusCode": status, "OriginalMessage": text}
