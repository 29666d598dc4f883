"""Async invokes: what is stored of one, and its life."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mlmock.lifecycle import Machine, Transition
from mlmock.progress import Work as Progressing
from mlmock.services.bedrock_runtime.outputs import Family, Work
from mlmock.wire.timestamps import iso8601

# The states are the model's; there is no operation that moves them.
ASYNC_INVOKE = Machine(
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


@dataclass(slots=True)
class Invoke:
    """One async invoke as the service stores it; `place` is its place in the listings."""

    place: Place
    model_arn: str
    token: str | None
    destination: dict[str, str]
    family: Family
    work: Work
    outcome: Outcome
    submitted: datetime
    status: str = ASYNC_INVOKE.start
    failure_message: str | None = None
    ended: datetime | None = None
    progress: Progressing | None = None
    row: dict[str, Any] | None = None

    @property
    def arn(self) -> str:
        """Its invocationArn."""
        return self.work.arn

    def shown(self) -> dict[str, Any]:
        """Return the invocation as GetAsyncInvoke and ListAsyncInvokes show it.

        `lastModifiedTime` is there from the start, `endTime` once it has ended (judged). Whoever
        changes the invocation sets `row` to None; times are written once, not for every listing.
        """
        if self.row is None:
            self.row = self._row()
        return self.row

    def _row(self) -> dict[str, Any]:
        submitted = iso8601(self.submitted)
        ended = None if self.ended is None else iso8601(self.ended)
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
