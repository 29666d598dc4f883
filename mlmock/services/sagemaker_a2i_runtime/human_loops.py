"""Human loops: the stored record and its state machine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mlmock.aws.scope import Scope
from mlmock.simulation.progress import Task
from mlmock.simulation.state_machine import StateMachine, Transition

# Source: service model (states); Amazon SageMaker Developer Guide, Stop and Delete a Human Loop
# (transitions, and that Stopping waits for a worker who has started).
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
    """The answer of one worker."""

    content: Any
    worker_id: str
    accepted: datetime
    submitted: datetime

    def as_json(self) -> dict[str, Any]:
        """Return the answer in the form of the output file."""
        return {
            "acceptanceTime": milliseconds(self.accepted),
            "answerContent": self.content,
            "submissionTime": milliseconds(self.submitted),
            "timeSpentInSeconds": round((self.submitted - self.accepted).total_seconds(), 3),
            "workerId": self.worker_id,
        }


@dataclass(frozen=True, slots=True)
class FlowSettings:
    """The settings of a flow definition, shared by the loops that were started with them.

    `output` is the S3 prefix of the output; `workers` is None if no number is declared.
    """

    flow_arn: str
    flow_name: str
    output: str
    workers: int | None


@dataclass(slots=True)
class HumanLoopRecord:
    """A human loop as stored."""

    name: str
    settings: FlowSettings
    input_content: str
    classifiers: tuple[str, ...] | None
    created: datetime
    sort_key: tuple[float, int, str]
    status: str = HUMAN_LOOP.start
    failure_code: str | None = None
    failure_reason: str | None = None
    answers: tuple[WorkerAnswer, ...] = ()
    stopping: Task | None = None
    cached_uri: str = ""

    def same_request(
        self, flow_arn: str, content: str, classifiers: tuple[str, ...] | None
    ) -> bool:
        """Return whether a start with these arguments repeats the start of this loop."""
        own = (self.flow_arn, self.input_content, self.classifiers)
        return own == (flow_arn, content, classifiers)

    @property
    def flow_arn(self) -> str:
        """The ARN of the flow definition."""
        return self.settings.flow_arn

    @property
    def output_uri(self) -> str:
        """The S3 URI of the output: the documented key under the prefix of the flow definition."""
        if not self.cached_uri:  # Every description has it, and strftime is slow.
            self.cached_uri = self._output_uri()
        return self.cached_uri

    def _output_uri(self) -> str:
        time = self.created.strftime("%Y/%m/%d/%H/%M/%S")
        prefix = self.settings.output.rstrip("/")
        return f"{prefix}/{self.settings.flow_name}/{time}/{self.name}/output.json"

    @property
    def input(self) -> Any:
        """The parsed InputContent."""
        return json.loads(self.input_content)

    @property
    def is_open(self) -> bool:
        """Whether the loop takes answers."""
        return self.status in {"InProgress", "Stopping"}

    def summary(self) -> dict[str, Any]:
        """Return the summary in ListHumanLoops."""
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
        """Return the output of DescribeHumanLoop.

        HumanLoopOutput is present from the start. Source: recorded response.
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


def milliseconds(time: datetime) -> str:
    """Return a time in the format of A2I's output files and events."""
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S')}.{time.microsecond // 1000:03d}Z"


def output_json(loop: HumanLoopRecord) -> dict[str, Any]:
    """Return the output file of a custom task type. Source: recorded files."""
    return {
        "flowDefinitionArn": loop.flow_arn,
        "humanAnswers": [answer.as_json() for answer in loop.answers],
        "humanLoopName": loop.name,
        "inputContent": json.loads(loop.input_content, parse_float=_number),
    }


def _number(text: str) -> float | int:
    """Return a number in the format of the output file: ``996.0`` becomes ``996``."""
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def event_detail(loop: HumanLoopRecord, scope: Scope) -> dict[str, Any]:
    """Return the detail of the EventBridge event for the end of a loop."""
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
