"""`ml.a2i`: human loops, their flow definitions and their workers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from mlmock.errors import BadAnswer
from mlmock.objects import split_uri
from mlmock.progress import ProgressSlot
from mlmock.rules import Rule, Subject
from mlmock.services.a2i_runtime.backend import HumanLoops
from mlmock.services.a2i_runtime.flows import (
    Automatic,
    Failed,
    Flow,
    Flows,
    Submitted,
    flow_key,
    loop_key,
)
from mlmock.services.a2i_runtime.loops import Loop
from mlmock.services.a2i_runtime.work import LoopView, checked_content
from mlmock.services.base import ServiceHandle

_FAILURE_CODES = ("ValidationError", "Expired", "InternalError")
_NAME = re.compile(r"[a-z0-9](-*[a-z0-9]){0,62}")


class A2I(ServiceHandle):
    """Human loops: declare flow definitions, answer, fail, expire."""

    service = "sagemaker-a2i-runtime"

    def __repr__(self) -> str:
        loops = [loop for backend in self.backends() for loop in backend.loops.values()]
        return f"<a2i: {len(loops)} human loops>"

    def flow_definition(
        self, name: str, *, output: str | None = None, workers: int | None = None
    ) -> FlowDefinition:
        """Return the flow definition `name`, declared if it is new.

        `output`: the S3 prefix of its answers (``s3://bucket/prefix``); `workers`: how many of them
        answer each loop, 1 to 3. ValueError for anything else.
        """
        if not _NAME.fullmatch(name):
            raise ValueError(f"a flow definition's name is lower case and hyphens, not {name!r}")
        if output is not None:
            split_uri(output)
        if workers is not None and workers not in (1, 2, 3):
            raise ValueError(f"a flow definition has 1 to 3 workers, not {workers!r}")
        flows = self.world.part(Flows)
        flow = flows.declared.get_or_add(
            name, self.at, lambda: Flow(name, self.at, self.progress.child())
        )
        if output is not None:
            self.world.ledger.change(flow, output=output)
        if workers is not None:
            self.world.ledger.change(flow, workers=workers)
        return FlowDefinition(self, flow)

    def human_loop(self, name: str) -> HumanLoop:
        """Return the human loop `name`, wherever it is; it may be scripted before it exists."""
        return HumanLoop(self, name)


class FlowDefinition:
    """One declared flow definition."""

    progress = ProgressSlot()

    def __init__(self, a2i: A2I, flow: Flow) -> None:
        self._a2i = a2i
        self._flow = flow
        self.progress = flow.progress

    def __repr__(self) -> str:
        return f"<flow definition {self._flow.name}>"

    @property
    def name(self) -> str:
        """Its name."""
        return self._flow.name

    @property
    def arn(self) -> str:
        """Its ARN in the mock's own region and account, or in those of `ml.at`."""
        return self._a2i.here().arn("sagemaker", f"flow-definition/{self._flow.name}")

    def answer(self, worker: Callable[[LoopView], Any]) -> Rule:
        """Let a function of the loop answer, once for every worker.

        It returns the answer (a JSON object), or ``error(code, reason)`` to fail the loop.
        """
        title = f'ml.a2i.flow_definition("{self.name}")'
        return _worker_rule(self._a2i, flow_key(self.name), title).reply(Automatic(worker))

    def delete(self) -> None:
        """Let the flow definition be gone, as DeleteFlowDefinition leaves it."""
        self._a2i.world.ledger.change(self._flow, deleted=True)


class HumanLoop:
    """One human loop, there already or not yet."""

    def __init__(self, a2i: A2I, name: str) -> None:
        self._a2i = a2i
        self.name = name

    def __repr__(self) -> str:
        found = self._find()
        return f"<human loop {self.name}: {found[1].status if found else 'not started'}>"

    @property
    def status(self) -> str | None:
        """Its HumanLoopStatus, or None before it is started."""
        found = self._find()
        return found[1].status if found else None

    @property
    def input(self) -> Any:
        """Its parsed InputContent, or None before it is started."""
        found = self._find()
        return found[1].input if found else None

    @property
    def output_uri(self) -> str | None:
        """Where its answers go, or None before it is started."""
        found = self._find()
        return found[1].output_uri if found else None

    def complete(self, *answers: dict[str, Any]) -> Rule | None:
        """Let workers submit `answers`, one each; as many as the flow definition asks end it.

        Before the loop is started this is a rule, which waits for it.
        """
        contents = tuple(checked_content(answer) for answer in answers)
        if not contents:
            raise BadAnswer('complete() needs an answer: complete({"decision": "approve"})')
        return self._now_or_then(Submitted(contents))

    def fail(self, code: str, reason: str | None = None) -> Rule | None:
        """Fail the loop with a FailureCode and a FailureReason."""
        if code not in _FAILURE_CODES:
            raise BadAnswer(f"a human loop fails with {', '.join(_FAILURE_CODES)}, not {code!r}")
        if reason is not None and len(reason) > 1024:
            raise BadAnswer(f"a FailureReason has at most 1024 characters, not {len(reason)}")
        return self._now_or_then(Failed(code, reason))

    def expire(self) -> Rule | None:
        """Let the loop's time be over before enough workers answered."""
        return self.fail("Expired", "The time for workers to answer is over.")

    def finish(self) -> None:
        """End a stop that is under way: Stopping becomes Stopped."""
        _, loop = self._found()
        if loop.stopping is None:
            raise BadAnswer(f"human loop {self.name} is {loop.status}: nothing is under way")
        loop.stopping.finish()

    def _now_or_then(self, outcome: Submitted | Failed) -> Rule | None:
        found = self._find()
        if found is None:
            title = f'ml.a2i.human_loop("{self.name}")'
            rule = _worker_rule(self._a2i, loop_key(self.name), title).times(1)
            return rule.reply(outcome)
        backend, loop = found
        backend.workforce.carry_out(loop, outcome)
        return None

    def _found(self) -> tuple[HumanLoops, Loop]:
        found = self._find()
        if found is None:
            raise BadAnswer(f"human loop {self.name} has not been started")
        return found

    def _find(self) -> tuple[HumanLoops, Loop] | None:
        for backend in self._a2i.backends():
            if self.name in backend.loops:
                return backend, backend.loops[self.name]
        return None


def _worker_rule(a2i: A2I, key: tuple[str, str], title: str) -> Rule:
    subject = Subject(key=key, title=title, check=lambda answer: answer, takes_faults=False)
    return a2i.rule(subject)
