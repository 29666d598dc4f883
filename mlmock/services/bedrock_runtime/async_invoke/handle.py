"""`ml.bedrock.async_invokes` and `ml.bedrock.async_invoke(arn)`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlmock.errors import InvalidRule
from mlmock.exposed import exposed
from mlmock.rules.rule import Rule
from mlmock.rules.target import RuleTarget
from mlmock.services.bedrock_runtime.async_invoke.jobs import (
    AsyncInvokeRecord,
    Completion,
    Failure,
    Outcome,
)
from mlmock.services.bedrock_runtime.async_invoke.operations import (
    RULES,
    AsyncInvokes,
    AsyncProgress,
)
from mlmock.services.common.handle import ServiceHandle
from mlmock.simulation.object_store import json_bytes
from mlmock.simulation.progress import ProgressAttribute

_LONGEST = 2048
_TITLE = "ml.bedrock.async_invokes"


@exposed("bedrock.AsyncInvokesHandle", "progress on fail complete __len__ __iter__")
class AsyncInvokesHandle:
    """The async invokes that are started from here on, and those that are there.

    Iterating yields those that are there, in the order in which they were started.
    """

    progress = ProgressAttribute()

    def __init__(self, bedrock: ServiceHandle, members: dict[str, Any] | None = None) -> None:
        self._bedrock = bedrock
        self._members = members or {}
        self.progress = bedrock.state.shared(AsyncProgress).progress

    def __repr__(self) -> str:
        return f"<{len(self)} async invokes>"

    def __len__(self) -> int:
        return sum(len(part.invokes) for part in _parts(self._bedrock))

    def __iter__(self) -> Iterator[AsyncInvokeHandle]:
        found = [invoke for part in _parts(self._bedrock) for invoke in part.invokes.values()]
        for invoke in sorted(found, key=lambda invoke: invoke.place[:2]):
            yield AsyncInvokeHandle(self._bedrock, invoke.arn)

    def on(self, **members: Any) -> AsyncInvokesHandle:
        """Return this for those whose StartAsyncInvoke fits match values of its members.

        `modelId` is held against the foundation model's id, whatever the caller wrote. InvalidRule
        for a member that the call doesn't have.
        """
        from mlmock.rules.operation_rules import check_members

        check_members("bedrock-runtime", "StartAsyncInvoke", members)
        return AsyncInvokesHandle(self._bedrock, members)

    def fail(self, message: str, *, times: int | None = None) -> Rule:
        """Let those that are started from here on, or the next `times` of them, fail.

        `message` is their failureMessage, 2048 characters at most; InvalidRule otherwise.
        """
        return self._rule(Failure(_checked(message)), times)

    def complete(self, body: Any = None, *, times: int | None = None) -> Rule:
        """Let them complete with `body` as their main output: bytes, text, or a JSON value.

        Without one they write what they write by themselves.
        """
        return self._rule(Completion(_bytes(body)), times)

    def _rule(self, outcome: Outcome, times: int | None) -> Rule:
        subject = RuleTarget(
            key=RULES, title=_TITLE, check=lambda answer: answer, allows_connection_failures=False
        )
        rule = self._bedrock.rule(subject, self._members)
        if times is not None:
            rule.times(times)
        return rule.reply(outcome)


@exposed(
    "bedrock.AsyncInvokeHandle",
    "arn status output_uri model_input failure_message",
    "complete fail finish",
)
class AsyncInvokeHandle:
    """One async invoke, by its ARN."""

    def __init__(self, bedrock: ServiceHandle, arn: str) -> None:
        self._bedrock = bedrock
        self.arn = arn

    def __repr__(self) -> str:
        return f"<async invoke {self.arn}: {self.status}>"

    @property
    def status(self) -> str:
        """InProgress, Completed or Failed. Asking isn't a look."""
        return self._found()[1].status

    @property
    def output_uri(self) -> str:
        """The S3 URI of the folder with its outputs."""
        return self._found()[1].work.folder

    @property
    def model_input(self) -> Any:
        """The modelInput with which it was started."""
        return self._found()[1].work.model_input

    @property
    def tags(self) -> dict[str, str]:
        """The tags with which it was started; the service's own API doesn't show them."""
        return dict(self._found()[1].tags)

    @property
    def failure_message(self) -> str | None:
        """Why it failed, or None."""
        return self._found()[1].failure_message

    def complete(self, body: Any = None) -> None:
        """Complete it now, with `body` as its main output: bytes, text, or a JSON value.

        Without one it writes what it writes by itself. InvalidRule if it has ended.
        """
        self._end(Completion(_bytes(body)))

    def fail(self, message: str) -> None:
        """Fail it now, with `message` as its failureMessage. InvalidRule if it has ended."""
        self._end(Failure(_checked(message)))

    def finish(self) -> None:
        """End it now, as it would have ended by itself. InvalidRule if it has ended."""
        self._end(self._found()[1].outcome)

    def _end(self, outcome: Outcome) -> None:
        with self._bedrock.state.lock:  # a call in another thread may be its last look
            part, invoke = self._found()
            if invoke.status != "InProgress":
                raise InvalidRule(
                    f"async invoke {self.arn} is {invoke.status} and can't end again. To end it by "
                    "hand, set ml.bedrock.async_invokes.progress = manually() before it starts."
                )
            part.end(invoke, outcome)

    def _found(self) -> tuple[AsyncInvokes, AsyncInvokeRecord]:
        for part in _parts(self._bedrock):
            if self.arn in part.invokes:
                return part, part.invokes[self.arn]
        raise InvalidRule(f"no async invoke has the ARN {self.arn}")


def _parts(bedrock: ServiceHandle) -> list[AsyncInvokes]:
    return [backend.async_invokes for backend in bedrock.backends()]


def _checked(message: Any) -> str:
    if not isinstance(message, str) or len(message) > _LONGEST:
        raise InvalidRule(
            f"a failureMessage is a text of at most {_LONGEST} characters, not {message!r:.80}"
        )
    return message


def _bytes(body: Any) -> bytes | None:
    if body is None or isinstance(body, (bytes, bytearray, memoryview)):
        return None if body is None else bytes(body)
    if isinstance(body, str):
        return body.encode()
    try:
        return json_bytes(body)
    except (TypeError, ValueError) as fault:
        raise InvalidRule(f"an output is bytes, text or JSON, not {body!r:.80}: {fault}") from None
