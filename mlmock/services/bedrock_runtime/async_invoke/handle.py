"""Handles `ml.bedrock.async_invokes` and `ml.bedrock.async_invoke(arn)`."""

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
    RULE_KEY,
    AsyncInvokes,
    AsyncProgress,
)
from mlmock.services.common.handle import ServiceHandle
from mlmock.simulation.object_store import json_bytes
from mlmock.simulation.progress import ProgressAttribute

_MAX_MESSAGE_LENGTH = 2048
_TITLE = "ml.bedrock.async_invokes"


@exposed("bedrock.AsyncInvokesHandle", "progress on fail complete __len__ __iter__")
class AsyncInvokesHandle:
    """The async invokes of Bedrock Runtime.

    Its rules script how invocations end that are started afterwards. Iterating yields a handle for
    each existing invocation, in the order in which they were started. `progress` is the policy
    that decides when they end.
    """

    progress = ProgressAttribute()
    """The policy for async invokes. Assign a policy to replace it."""

    def __init__(self, bedrock: ServiceHandle, members: dict[str, Any] | None = None) -> None:
        self._bedrock = bedrock
        self._members = members or {}
        self.progress = bedrock.state.shared(AsyncProgress).progress

    def __repr__(self) -> str:
        return f"<{len(self)} async invokes>"

    def __len__(self) -> int:
        return sum(len(each.invokes) for each in _all_async_invokes(self._bedrock))

    def __iter__(self) -> Iterator[AsyncInvokeHandle]:
        invokes = [i for each in _all_async_invokes(self._bedrock) for i in each.invokes.values()]
        for invoke in sorted(invokes, key=lambda invoke: invoke.sort_key[:2]):
            yield AsyncInvokeHandle(self._bedrock, invoke.arn)

    def on(self, **members: Any) -> AsyncInvokesHandle:
        """Return a handle for the invocations whose StartAsyncInvoke request matches.

        Args:
            **members: Match values of members of the request. ``modelId`` is the id of the
                foundation model, even if the caller names the model in another way.

        Raises:
            InvalidRule: If the request has no such member.
        """
        from mlmock.rules.operation_rules import check_members

        check_members("bedrock-runtime", "StartAsyncInvoke", members)
        return AsyncInvokesHandle(self._bedrock, members)

    def fail(self, message: str, *, times: int | None = None) -> Rule:
        """Make invocations fail that are started afterwards.

        Args:
            message: The failureMessage, of at most 2048 characters.
            times: The number of invocations that fail. Default: all.

        Returns:
            The rule.

        Raises:
            InvalidRule: If `message` is not a str or too long.
        """
        return self._rule(Failure(_valid_message(message)), times)

    def complete(self, body: Any = None, *, times: int | None = None) -> Rule:
        """Make invocations complete with another main output that are started afterwards.

        Args:
            body: The main output: bytes, a str or a JSON value. Default: the default output.
            times: The number of invocations that complete with it. Default: all.

        Returns:
            The rule.

        Raises:
            InvalidRule: If `body` cannot be encoded as JSON.
        """
        return self._rule(Completion(_to_bytes(body)), times)

    def _rule(self, outcome: Outcome, times: int | None) -> Rule:
        target = RuleTarget(
            key=RULE_KEY,
            title=_TITLE,
            check=lambda answer: answer,
            allows_connection_failures=False,
        )
        rule = self._bedrock.rule(target, self._members)
        if times is not None:
            rule.times(times)
        return rule.reply(outcome)


@exposed(
    "bedrock.AsyncInvokeHandle",
    "arn status output_uri model_input failure_message",
    "complete fail finish",
)
class AsyncInvokeHandle:
    """One async invoke, named by its ARN.

    Every property and method raises InvalidRule if no invocation has the ARN.

    Attributes:
        arn: The ARN.
    """

    def __init__(self, bedrock: ServiceHandle, arn: str) -> None:
        self._bedrock = bedrock
        self.arn = arn

    def __repr__(self) -> str:
        return f"<async invoke {self.arn}: {self.status}>"

    @property
    def status(self) -> str:
        """The status: InProgress, Completed or Failed. Reading it does not poll the invocation."""
        return self._find()[1].status

    @property
    def output_uri(self) -> str:
        """The S3 URI of the output folder."""
        return self._find()[1].invocation.folder

    @property
    def model_input(self) -> Any:
        """The ``modelInput`` of the request."""
        return self._find()[1].invocation.model_input

    @property
    def tags(self) -> dict[str, str]:
        """The tags of the request, which no operation of the service returns."""
        return dict(self._find()[1].tags)

    @property
    def failure_message(self) -> str | None:
        """The failureMessage, or None if the invocation has not failed."""
        return self._find()[1].failure_message

    def complete(self, body: Any = None) -> None:
        """Complete the invocation now.

        Args:
            body: The main output: bytes, a str or a JSON value. Default: the default output.

        Raises:
            InvalidRule: If the invocation has already ended.
        """
        self._end(Completion(_to_bytes(body)))

    def fail(self, message: str) -> None:
        """Fail the invocation now.

        Args:
            message: The failureMessage, of at most 2048 characters.

        Raises:
            InvalidRule: If the invocation has already ended.
        """
        self._end(Failure(_valid_message(message)))

    def finish(self) -> None:
        """End the invocation now with the outcome that it would have had.

        Raises:
            InvalidRule: If the invocation has already ended.
        """
        self._end(self._find()[1].outcome)

    def _end(self, outcome: Outcome) -> None:
        # The lock prevents a call of another thread from ending the invocation at the same time.
        with self._bedrock.state.lock:
            async_invokes, invoke = self._find()
            if invoke.status != "InProgress":
                raise InvalidRule(
                    f"async invoke {self.arn} has already ended: its status is {invoke.status}. "
                    "To end it in the test, set ml.bedrock.async_invokes.progress = manually() "
                    "before it starts"
                )
            async_invokes.end(invoke, outcome)

    def _find(self) -> tuple[AsyncInvokes, AsyncInvokeRecord]:
        for async_invokes in _all_async_invokes(self._bedrock):
            if self.arn in async_invokes.invokes:
                return async_invokes, async_invokes.invokes[self.arn]
        raise InvalidRule(f"there is no async invoke with the ARN {self.arn!r}")


def _all_async_invokes(bedrock: ServiceHandle) -> list[AsyncInvokes]:
    return [backend.async_invokes for backend in bedrock.backends()]


def _valid_message(message: Any) -> str:
    if not isinstance(message, str) or len(message) > _MAX_MESSAGE_LENGTH:
        raise InvalidRule(
            f"a failure message requires a str of at most {_MAX_MESSAGE_LENGTH} characters, "
            f"not {message!r:.80}"
        )
    return message


def _to_bytes(body: Any) -> bytes | None:
    if body is None or isinstance(body, (bytes, bytearray, memoryview)):
        return None if body is None else bytes(body)
    if isinstance(body, str):
        return body.encode()
    try:
        return json_bytes(body)
    except (TypeError, ValueError) as error:
        raise InvalidRule(
            f"an output requires bytes, a str or a JSON value, not {body!r:.80}: {error}"
        ) from None
