"""Human loops: what is stored of one, and its life."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mlmock.aws.scope import Scope
from mlmock.simulation.progress import Task
from mlmock.simulation.state_machine import StateMachine, Transition

# The states are the model's; who moves them, and that Stopping waits for a worker who has begun, is
# the developer guide's page on stopping and deleting a human loop.
HUMAN_LOOP = StateMachine(
    name="human loop",
    start="InProgress",
    transitions=(
        Transition("complete", ("InProgress",), "Completed"),
        Transition("fail", ("InProgress", "Stopping"), "Failed"),
        Transition("StopHumanLoop", ("InProgress", "Stopping"), "Stopping"),
        Transition("stopped", ("Stopping",), "Stopped"),
        Transition("DeleteHumanLoop", ("Completed", "Failed", "Stopped"), None),
    ),
)


@dataclass(frozen=True, slots=True)
class WorkerAnswer:
    """What one worker submitted, and when."""

    content: Any
    worker_id: str
    accepted: datetime
    submitted: datetime

    def as_json(self) -> dict[str, Any]:
        """Return the answer as the output file has it."""
        return {
            "acceptanceTime": milliseconds(self.accepted),
            "answerContent": self.content,
            "submissionTime": milliseconds(self.submitted),
            "timeSpentInSeconds": round((self.submitted - self.accepted).total_seconds(), 3),
            "workerId": self.worker_id,
        }


@dataclass(frozen=True, slots=True)
class FlowSettings:
    """What a flow definition asks of the loops started under it, which share these.

    `output` is the prefix of their answers; `workers` is None where nobody said how many.
    """

    flow_arn: str
    flow_name: str
    output: str
    workers: int | None


@dataclass(slots=True)
class HumanLoopRecord:
    """One human loop as the service stores it."""

    name: str
    terms: FlowSettings
    input_content: str
    classifiers: tuple[str, ...] | None
    created: datetime
    place: tuple[float, int, str]
    status: str = HUMAN_LOOP.start
    failure_code: str | None = None
    failure_reason: str | None = None
    answers: tuple[WorkerAnswer, ...] = ()
    stopping: Task | None = None
    known_uri: str = ""

    def same_request(
        self, flow_arn: str, content: str, classifiers: tuple[str, ...] | None
    ) -> bool:
        """True when starting with this input again is the same request."""
        mine = (self.flow_arn, self.input_content, self.classifiers)
        return mine == (flow_arn, content, classifiers)

    @property
    def flow_arn(self) -> str:
        """The ARN of its flow definition."""
        return self.terms.flow_arn

    @property
    def output_uri(self) -> str:
        """Where its answers go: the documented key under the flow definition's prefix."""
        if not self.known_uri:  # every look shows it, and writing a date takes longest of all
            self.known_uri = self._output_uri()
        return self.known_uri

    def _output_uri(self) -> str:
        moment = self.created.strftime("%Y/%m/%d/%H/%M/%S")
        prefix = self.terms.output.rstrip("/")
        return f"{prefix}/{self.terms.flow_name}/{moment}/{self.name}/output.json"

    @property
    def input(self) -> Any:
        """The parsed InputContent."""
        return json.loads(self.input_content)

    @property
    def is_open(self) -> bool:
        """True as long as it takes answers."""
        return self.status in {"InProgress", "Stopping"}

    def summary(self) -> dict[str, Any]:
        """Return the loop as ListHumanLoops shows it."""
        shown = {
            "HumanLoopName": self.name,
            "HumanLoopStatus": self.status,
            "CreationTime": self.created,
            "FlowDefinitionArn": self.flow_arn,
        }
        if self.failure_reason is not None:
            shown["FailureReason"] = self.failure_reason
        return shown

    def description(self, scope: Scope) -> dict[str, Any]:
        """Return the loop as DescribeHumanLoop shows it.

        HumanLoopOutput is there from the start: a recorded answer of a loop in progress has it.
        """
        shown = self.summary()
        shown["HumanLoopArn"] = loop_arn(scope, self.name)
        shown["HumanLoopOutput"] = {"OutputS3Uri": self.output_uri}
        if self.failure_code is not None:
            shown["FailureCode"] = self.failure_code
        return shown


def loop_arn(scope: Scope, name: str) -> str:
    """Return the ARN of the human loop `name`."""
    return scope.arn("sagemaker", f"human-loop/{name}")


def milliseconds(moment: datetime) -> str:
    """Return an instant as A2I's output files and events write it."""
    return f"{moment.strftime('%Y-%m-%dT%H:%M:%S')}.{moment.microsecond // 1000:03d}Z"


def output_json(loop: HumanLoopRecord) -> dict[str, Any]:
    """Return the content of the output file of a custom task type (recorded ones look so)."""
    return {
        "flowDefinitionArn": loop.flow_arn,
        "humanAnswers": [answer.as_json() for answer in loop.answers],
        "humanLoopName": loop.name,
        "inputContent": json.loads(loop.input_content, parse_float=_number),
    }


def _number(text: str) -> float | int:
    """Return a number as the output file repeats it: ``996.0`` becomes ``996``."""
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def event_detail(loop: HumanLoopRecord, scope: Scope) -> dict[str, Any]:
    """Return the detail of the EventBridge event of an end state."""
    return {
        "creationTime": milliseconds(loop.created),
        "failureCode": loop.failure_code,
        "failureReason": loop.failure_reason,
        "flowDefinitionArn": loop.flow_arn,
        "humanLoopArn": loop_arn(scope, loop.name),
        "humanLoopName": loop.name,
        "humanLoopOutput": {"outputS3Uri": loop.output_uri},
        "humanLoopStatus": loop.status,
    }
