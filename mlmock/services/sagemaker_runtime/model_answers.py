"""What a model answers: a body, or parts of one, and what stands in the headers beside it."""

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
from mlmock.services.sagemaker_runtime.errors import LONGEST
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
    """One answer of a model: `body` in one piece, or `parts` that are sent one after another.

    `ending` breaks the stream after its last part; `pause` is virtual seconds between two parts.
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
        """Show the answer as its author would write it, without its headers."""
        if self.parts is not None:
            return repr(list(self.parts) if isinstance(self.parts, tuple) else self.parts)
        try:
            return repr(self.body.decode())
        except UnicodeDecodeError:
            return repr(self.body)

    def whole(self, wait: Callable[[float], object]) -> bytes | None:
        """Return the body in one piece; None for a stream that breaks.

        `wait` is told how many seconds pass between its parts.
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
    """How the answers of one rule are written: as what type, with which attributes, in parts.

    Calling it checks an answer at the line that writes it, and returns the form that is kept; `of`
    takes what is kept, and what a callable has made, to a Reply.
    """

    content_type: str | None = None
    custom_attributes: str | None = None
    in_parts: bool = False
    ending: ErrorAnswer | None = None
    pause: float = 0.0

    def __call__(self, answer: Any) -> Any:
        """Return `answer` as the rule keeps it; InvalidRule if no endpoint could answer so."""
        if isinstance(answer, Iterator):
            raise InvalidRule(
                f"{abbreviate_repr(answer)} can be read only once: give a list, or a function that makes it"
            )
        if is_callable(answer) or isinstance(answer, type):
            return answer
        if isinstance(answer, ErrorAnswer):
            _check_error(answer)
            return answer
        return self.of(answer)

    def of(self, value: Any) -> ModelAnswer:
        """Return the Reply that `value` stands for; InvalidRule if it stands for none."""
        if type(value) is ModelAnswer:
            return value if value.parts is None or not self._shapes else self._shaped(value)
        if isinstance(value, OutputAnswer):
            return self._all_members(value)
        if isinstance(value, AsyncIterator):
            raise InvalidRule("a stream is made by a plain generator, not by an asynchronous one")
        if self.in_parts or isinstance(value, Iterator):
            return self._streamed(value)
        body = to_bytes(value)
        return ModelAnswer(body, self.content_type or type_of(value, body), self.custom_attributes)

    @property
    def _shapes(self) -> bool:
        return self.ending is not None or bool(self.pause)

    def _shaped(self, reply: ModelAnswer) -> ModelAnswer:
        return replace(reply, ending=self.ending, pause=self.pause)

    def _streamed(self, parts: Any) -> ModelAnswer:
        if isinstance(parts, (str, bytes, Mapping)) or not isinstance(parts, Iterable):
            raise InvalidRule(
                f"a stream is a list or generator of its parts, not {abbreviate_repr(parts)}"
            )
        if isinstance(parts, (list, tuple)):
            parts = tuple(p if isinstance(p, ErrorAnswer) else to_bytes(p) for p in parts)
            for part in parts:
                check_ending(part)
        content_type = self.content_type or "application/json"
        reply = ModelAnswer(
            content_type=content_type, custom_attributes=self.custom_attributes, parts=parts
        )
        return self._shaped(reply)

    def _all_members(self, answer: OutputAnswer) -> ModelAnswer:
        members = dict(answer.members)
        value = members.pop("Body", b"")
        check_headers(members)
        body = to_bytes(value)
        given = {_MEMBERS[name]: text for name, text in members.items()}
        given.setdefault("content_type", self.content_type or type_of(value, body))
        given.setdefault("custom_attributes", self.custom_attributes)
        return ModelAnswer(body, **given)


def to_bytes(value: Any) -> bytes:
    """Return the bytes of a payload: `bytes` and `str` as they stand, everything else as JSON."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    try:
        return json.dumps(value, separators=(",", ":")).encode()
    except (TypeError, ValueError) as fault:
        raise InvalidRule(
            f"an endpoint answers bytes, text or JSON, and {abbreviate_repr(value)} is none: {fault}"
        ) from None


def type_of(value: Any, body: bytes) -> str:
    """Return the content type of an answer whose author says none (judged)."""
    if isinstance(value, (str, bytes, bytearray, memoryview)):
        return default_content_type(value if isinstance(value, str) else body)
    return "application/json"


def check_headers(members: Mapping[str, Any]) -> None:
    """Raise InvalidRule for members that InvokeEndpoint can't answer with."""
    plan = operation(SERVICE, "InvokeEndpoint")
    for name in members:
        if name not in _MEMBERS and name in plan.model.output_shape.members:
            raise InvalidRule(f"{plan}: {name} is the service's to say, not the model's")
    validate_result(plan, {"Body": b"", **members})
    for name in ("ContentType", "CustomAttributes"):
        if _VISIBLE.fullmatch(members.get(name) or "") is None:
            raise InvalidRule(f"{plan}: {name} takes visible US-ASCII characters only")
    if "NewSessionId" in members:
        expiry_of(members["NewSessionId"])


def check_ending(part: Any) -> None:
    """Raise InvalidRule for an error that can't come in mid-stream."""
    if isinstance(part, ErrorAnswer) and part.code not in STREAM_ERRORS:
        names = " or ".join(STREAM_ERRORS)
        raise InvalidRule(f"a stream breaks with {names}, not with {part.code}")


def _check_error(answer: ErrorAnswer) -> None:
    """Accept an error that one of the three operations can send.

    A model may say more than the service hands on of it, which is cut.
    """
    original = answer.members.get("OriginalMessage")
    if isinstance(original, str):
        answer = replace(answer, members={**answer.members, "OriginalMessage": original[:LONGEST]})
    plans = [operation(SERVICE, name) for name in OPERATIONS]
    modelled = [plan for plan in plans if error_shape(plan.model, answer.code) is not None]
    validate_error((modelled or plans)[0], answer)
