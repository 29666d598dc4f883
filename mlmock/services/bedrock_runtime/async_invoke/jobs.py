"""Records of async invokes and their states."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from mlmock.aws.protocol.json_body import plain_serializer
from mlmock.services.bedrock_runtime.async_invoke.families import Family, Invocation
from mlmock.simulation.progress import Task
from mlmock.simulation.state_machine import StateMachine, Transition

# The states are those of the service model. No operation changes the state of an invocation.
ASYNC_INVOKE = StateMachine(
    name="async invoke",
    start="InProgress",
    transitions=(
        Transition("complete", ("InProgress",), "Completed"),
        Transition("fail", ("InProgress",), "Failed"),
    ),
)
# The time of submission in seconds since 1970, the order of submission, and the ARN.
SortKey = tuple[float, int, str]


@dataclass(frozen=True, slots=True)
class Completion:
    """The completion of an invocation. `body` is its main output, None for the default output."""

    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """The failure of an invocation with a failureMessage."""

    message: str


Outcome = Completion | Failure


class InvokeSummary(NamedTuple):
    """The members of an AsyncInvokeSummary as boto3 returns them, and their JSON."""

    members: dict[str, Any]
    json: bytes


_serialize = plain_serializer("iso8601")


@dataclass(slots=True)
class AsyncInvokeRecord:
    """An async invoke as the service stores it.

    `sort_key` is its position in listings. `outcome` is how it will end. `cached_summary` must be
    set to None whenever a member changes.
    """

    sort_key: SortKey
    model_arn: str
    token: str | None
    destination: dict[str, str]
    family: Family
    invocation: Invocation
    outcome: Outcome
    submit_time: datetime
    tags: dict[str, str] = field(default_factory=dict)
    status: str = ASYNC_INVOKE.start
    failure_message: str | None = None
    end_time: datetime | None = None
    task: Task | None = None
    cached_summary: InvokeSummary | None = None

    @property
    def arn(self) -> str:
        """The invocationArn."""
        return self.invocation.arn

    def summary(self) -> InvokeSummary:
        """Return the summary in GetAsyncInvoke and ListAsyncInvokes, serialized only once.

        Assumption: `lastModifiedTime` is present from the start, `endTime` once it has ended.
        """
        if self.cached_summary is None:
            members = self._members()
            self.cached_summary = InvokeSummary(members, _serialize(members))
        return self.cached_summary

    def _members(self) -> dict[str, Any]:
        submit_time, end_time = self.submit_time, self.end_time
        members = {
            "invocationArn": self.arn,
            "modelArn": self.model_arn,
            "status": self.status,
            "submitTime": submit_time,
            "lastModifiedTime": end_time or submit_time,
            "outputDataConfig": {"s3OutputDataConfig": self.destination},
            "clientRequestToken": self.token,
            "endTime": end_time,
            "failureMessage": self.failure_message,
        }
        return {name: value for name, value in members.items() if value is not None}
