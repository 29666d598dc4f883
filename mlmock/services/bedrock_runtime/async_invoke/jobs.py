"""Async invokes: what is stored of one, and its life."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from mlmock.aws.protocol.json_body import plain_serializer
from mlmock.services.bedrock_runtime.async_invoke.families import Family, Work
from mlmock.simulation.progress import Task as Progressing
from mlmock.simulation.state_machine import StateMachine, Transition

# The states are the model's; there is no operation that moves them.
ASYNC_INVOKE = StateMachine(
    name="async invoke",
    start="InProgress",
    transitions=(
        Transition("complete", ("InProgress",), "Completed"),
        Transition("fail", ("InProgress",), "Failed"),
    ),
)
Place = tuple[float, int, str]


@dataclass(frozen=True, slots=True)
class Completion:
    """The invocation completes; `body` is its main output, None for the family's own."""

    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """The invocation fails with this failureMessage."""

    message: str


Outcome = Completion | Failure


class InvokeSummary(NamedTuple):
    """What is shown of an invocation: the members as boto3 shows them, and their JSON."""

    members: dict[str, Any]
    written: bytes


_write = plain_serializer("iso8601")


@dataclass(slots=True)
class AsyncInvokeRecord:
    """One async invoke as the service stores it; `place` is its place in the listings."""

    place: Place
    model_arn: str
    token: str | None
    destination: dict[str, str]
    family: Family
    work: Work
    outcome: Outcome
    submitted: datetime
    tags: dict[str, str] = field(default_factory=dict)
    status: str = ASYNC_INVOKE.start
    failure_message: str | None = None
    ended: datetime | None = None
    progress: Progressing | None = None
    row: InvokeSummary | None = None

    @property
    def arn(self) -> str:
        """Its invocationArn."""
        return self.work.arn

    def shown(self) -> InvokeSummary:
        """Return the invocation as GetAsyncInvoke and ListAsyncInvokes show it.

        `lastModifiedTime` is there from the start, `endTime` once it has ended (judged). It is
        written once, not for every page; whoever changes the invocation sets `row` to None.
        """
        if self.row is None:
            members = self._members()
            self.row = InvokeSummary(members, _write(members))
        return self.row

    def _members(self) -> dict[str, Any]:
        submitted, ended = self.submitted, self.ended
        shown = {
            "invocationArn": self.work.arn,
            "modelArn": self.model_arn,
            "status": self.status,
            "submitTime": submitted,
            "lastModifiedTime": ended or submitted,
            "outputDataConfig": {"s3OutputDataConfig": self.destination},
            "clientRequestToken": self.token,
            "endTime": ended,
            "failureMessage": self.failure_message,
        }
        return {name: value for name, value in shown.items() if value is not None}
