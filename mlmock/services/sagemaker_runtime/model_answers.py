"""Answers of a model: a body or a stream of parts, with the members in headers."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mlmock.aws.protocol.compiler import operation
from mlmock.aws.protocol.errors import error_shape
from mlmock.errors import InvalidRule
from mlmock.rules.answers import (
    ErrorAnswer,
    OutputAnswer,
    default_content_type,
    validate_error,
    validate_result,
)
from mlmock.rules.matchers import abbreviate_repr
from mlmock.rules.rule import is_callable
from mlmock.services.sagemaker_runtime.errors import MAX_MESSAGE_LENGTH
from mlmock.services.sagemaker_runtime.session_header import expiry_of

SERVICE = "sagemaker-runtime"
OPERATIONS = ("InvokeEndpoint", "InvokeEndpointWithResponseStream", "InvokeEndpointAsync")
STREAM_ERRORS = ("ModelStreamError", "InternalStreamFailure")
_VISIBLE = re.compile(r"[\t\x20-\x7e]*")
_MEMBERS = {
    "ContentType": "content_type",
    "CustomAttributes": "custom_attributes",
    "NewSessionId": "new_session",
    "ClosedSessionId": "closed_session",
}


@dataclass(frozen=True, slots=True, repr=False)
class ModelAnswer:
    """An answer of a model: a `body` in one piece, or the `parts` of a stream.

    `ending` is an error after the last part; `pause` is virtual time between parts, in seconds.
    """

    body: bytes = b""
    content_type: str = "application/octet-stream"
    custom_attributes: str | None = None
    new_session: str | None = None
    closed_session: str | None = None
    parts: Iterable[Any] | None = None
    ending: ErrorAnswer | None = None
    pause: float = 0.0

    def __repr__(self) -> str:
        """Return the answer as test code writes it, without headers."""
        if self.parts is not None:
            return repr(list(self.parts) if isinstance(self.parts, tuple) else self.parts)
        try:
            return repr(self.body.decode())
        except UnicodeDecodeError:
            return repr(self.body)

    def join_parts(self, wait: Callable[[float], object]) -> bytes | None:
        """Return the body in one piece, or None for a stream that ends with an error.

        `wait` is called with the time that passes between the parts, in seconds.
        """
        if self.parts is None:
            return self.body
        if self.ending is not None:
            return None
        sent: list[bytes] = []
        for part in self.parts:
            if isinstance(part, ErrorAnswer):
                check_ending(part)
                return None
            sent.append(to_bytes(part))
        if self.pause and len(sent) > 1:
            wait(self.pause * (len(sent) - 1))
        return b"".join(sent)


@dataclass(frozen=True, slots=True)
class AnswerOptions:
    """The options that all answers of a rule share.

    A call validates an answer of a rule and returns it in its stored form. `of` converts a stored
    answer, or the return value of a callable, to a `ModelAnswer`.
    """

    content_type: str | None = None
    custom_attributes: str | None = None
    in_parts: bool = False
    ending: ErrorAnswer | None = None
    pause: float = 0.0

    def __call__(self, answer: Any) -> Any:
        """Return `answer` in the form that a rule stores.

        Raises:
            InvalidRule: An endpoint can't send such an answer.
        """
        if isinstance(answer, Iterator):
            raise InvalidRule(
                f"{abbreviate_repr(answer)} can be read only once; use a list, or a function that "
                "returns it"
            )
        if is_callable(answer) or isinstance(answer, type):
            return answer
        if isinstance(answer, ErrorAnswer):
            _check_error(answer)
            return answer
        return self.of(answer)

    def of(self, value: Any) -> ModelAnswer:
        """Return `value` as a `ModelAnswer`.

        Raises:
            InvalidRule: An endpoint can't send such an answer.
        """
        if type(value) is ModelAnswer:
            return (
                value if value.parts is None or not self._has_ending else self._with_ending(value)
            )
        if isinstance(value, OutputAnswer):
            return self._from_output(value)
        if isinstance(value, AsyncIterator):
            raise InvalidRule(
                "a stream must come from a plain generator, not from an asynchronous one"
            )
        if self.in_parts or isinstance(value, Iterator):
            return self._stream(value)
        body = to_bytes(value)
        return ModelAnswer(
            body, self.content_type or content_type_of(value, body), self.custom_attributes
        )

    @property
    def _has_ending(self) -> bool:
        return self.ending is not None or bool(self.pause)

    def _with_ending(self, answer: ModelAnswer) -> ModelAnswer:
        return replace(answer, ending=self.ending, pause=self.pause)

    def _stream(self, parts: Any) -> ModelAnswer:
        if isinstance(parts, (str, bytes, Mapping)) or not isinstance(parts, Iterable):
            raise InvalidRule(
                f"a stream must be a list or generator of its parts, not {abbreviate_repr(parts)}"
            )
        if isinstance(parts, (list, tuple)):
            parts = tuple(p if isinstance(p, ErrorAnswer) else to_bytes(p) for p in parts)
            for part in parts:
                check_ending(part)
        content_type = self.content_type or "application/json"
        answer = ModelAnswer(
            content_type=content_type, custom_attributes=self.custom_attributes, parts=parts
        )
        return self._with_ending(answer)

    def _from_output(self, answer: OutputAnswer) -> ModelAnswer:
        members = dict(answer.members)
        value = members.pop("Body", b"")
        check_headers(members)
        body = to_bytes(value)
        fields = {_MEMBERS[name]: text for name, text in members.items()}
        fields.setdefault("content_type", self.content_type or content_type_of(value, body))
        fields.setdefault("custom_attributes", self.custom_attributes)
        return ModelAnswer(body, **fields)


def to_bytes(value: Any) -> bytes:
    """Return a payload as bytes: `bytes` and `str` unchanged, everything else as JSON.

    Raises:
        InvalidRule: `value` can't be encoded as JSON.
    """
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    try:
        return json.dumps(value, separators=(",", ":")).encode()
    except (TypeError, ValueError) as error:
        raise InvalidRule(
            f"an endpoint answers bytes, text or JSON, not {abbreviate_repr(value)}: {error}"
        ) from None


def content_type_of(value: Any, body: bytes) -> str:
    """Return the default content type of an answer. Assumption: all defaults."""
    if isinstance(value, (str, bytes, bytearray, memoryview)):
        return default_content_type(value if isinstance(value, str) else body)
    return "application/json"


def check_headers(members: Mapping[str, Any]) -> None:
    """Check members of an answer.

    Raises:
        InvalidRule: A model can't set a member, or a value is not valid.
    """
    compiled = operation(SERVICE, "InvokeEndpoint")
    for name in members:
        if name not in _MEMBERS and name in compiled.model.output_shape.members:
            raise InvalidRule(f"{compiled}: the service sets {name}, not the model")
    validate_result(compiled, {"Body": b"", **members})
    for name in ("ContentType", "CustomAttributes"):
        if _VISIBLE.fullmatch(members.get(name) or "") is None:
            raise InvalidRule(f"{compiled}: {name} must have visible US-ASCII characters only")
    if "NewSessionId" in members:
        expiry_of(members["NewSessionId"])


def check_ending(part: Any) -> None:
    """Check an error that ends a stream.

    Raises:
        InvalidRule: A stream can't end with this error.
    """
    if isinstance(part, ErrorAnswer) and part.code not in STREAM_ERRORS:
        names = " or ".join(STREAM_ERRORS)
        raise InvalidRule(f"a stream can end with the error {names}, not with {part.code}")


def _check_error(answer: ErrorAnswer) -> None:
    """Raise InvalidRule for an error that no operation has.

    The OriginalMessage may be too long, because the service cuts it.
    """
    original = answer.members.get("OriginalMessage")
    if isinstance(original, str):
        answer = replace(
            answer, members={**answer.members, "OriginalMessage": original[:MAX_MESSAGE_LENGTH]}
        )
    compiled_operations = [operation(SERVICE, name) for name in OPERATIONS]
    modelled = [
        compiled
        for compiled in compiled_operations
        if error_shape(compiled.model, answer.code) is not None
    ]
    validate_error((modelled or compiled_operations)[0], answer)
