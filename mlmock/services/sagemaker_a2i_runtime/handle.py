"""`ml.a2i`: flow definitions and their workers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlmock.errors import InvalidRule
from mlmock.exposed import exposed
from mlmock.reporting.resource import Resource
from mlmock.rules.rule import Rule
from mlmock.services.common.handle import ServiceHandle
from mlmock.services.sagemaker_a2i_runtime.flow_definitions import NAME, Flow, Flows
from mlmock.services.sagemaker_a2i_runtime.human_loop_handle import HumanLoop, worker_rule
from mlmock.services.sagemaker_a2i_runtime.human_loops import HUMAN_LOOP
from mlmock.services.sagemaker_a2i_runtime.workers import Automatic, LoopView, flow_key
from mlmock.simulation.object_store import parse_s3_uri
from mlmock.simulation.progress import ProgressAttribute


@exposed("a2i.A2I", "flow_definition human_loop progress resources")
class A2I(ServiceHandle):
    """Human loops: declare flow definitions, answer, fail, expire."""

    service = "sagemaker-a2i-runtime"

    def __repr__(self) -> str:
        loops = [loop for backend in self.backends() for loop in backend.loops.values()]
        return f"<a2i: {len(loops)} human loops>"

    def resources(self) -> list[Resource]:
        """Return the human loops with their states."""
        return [
            Resource(
                "human loop",
                loop.name,
                loop.status,
                backend.scope,
                HUMAN_LOOP,
                (("a2i", ()), ("human_loop", (loop.name,))),
            )
            for backend in self.backends()
            for loop in backend.loops.values()
        ]

    def flow_definition(
        self, name: str, *, output: str | None = None, workers: int | None = None
    ) -> FlowDefinition:
        """Return the flow definition `name`, declared if it is new or was deleted.

        `output`: the S3 prefix of its answers (``s3://bucket/prefix``); `workers`: how many of them
        answer each loop, 1 to 3. Both hold for loops that start from here on. ValueError for
        anything else.
        """
        given = _checked(name, output, workers)
        flows, undo_log = self.state.shared(Flows), self.state.undo_log
        flow = flows.declared.get_or_add(
            name, self.at, lambda: Flow(name, self.at, self.progress.child())
        )
        if flow.deleted:
            undo_log.set(flow, deleted=False, output=None, workers=None)
        undo_log.set(flow, **given)
        return FlowDefinition(self, flow)

    def human_loop(self, name: str) -> HumanLoop:
        """Return the human loop `name`, wherever it is; it may be scripted before it exists.

        ValueError for a name that StartHumanLoop refuses.
        """
        if not NAME.fullmatch(name):
            raise ValueError(f"a human loop's name is lower case and hyphens, not {name!r}")
        return HumanLoop(self, name)


@exposed("a2i.FlowDefinition", "name arn progress delete")
class FlowDefinition:
    """One declared flow definition."""

    progress = ProgressAttribute()

    def __init__(self, a2i: A2I, flow: Flow) -> None:
        self._a2i = a2i
        self._flow = flow
        self.progress = flow.progress

    def __repr__(self) -> str:
        return f"<flow definition {self._flow.name}{' (deleted)' if self._flow.deleted else ''}>"

    @property
    def name(self) -> str:
        """Its name."""
        return self._flow.name

    @property
    def arn(self) -> str:
        """Its ARN in the mock's own region and account, or in those of `ml.at`."""
        return self._a2i.default_scope().arn("sagemaker", f"flow-definition/{self._flow.name}")

    def answer(self, worker: Callable[[LoopView], Any]) -> Rule:
        """Let a function of the loop answer, sync or async: asked once for every worker.

        It returns the answer (a JSON object), or ``error(code, reason)`` to fail the loop. With
        ``.delay(seconds)`` the answers come when the virtual clock gets there; ``.times(n)`` counts
        loops. InvalidRule if it can't be called.
        """
        if not callable(worker):
            raise InvalidRule(f"answer() takes a function of the loop, not {worker!r}")
        title = f'ml.a2i.flow_definition("{self.name}")'
        return worker_rule(self._a2i, flow_key(self.name), title).reply(Automatic(worker))

    def delete(self) -> None:
        """Delete the flow definition: its loops are stopped and deleted, and their answers stay.

        From then on StartHumanLoop refuses its ARN and ListHumanLoops doesn't find it (the
        developer guide's page on deleting a flow definition).
        """
        flows = self._a2i.state.shared(Flows)
        for backend in self._a2i.backends():
            if flows.find(self.name, backend.scope) is self._flow:
                backend.delete_loops_of(self._flow)
        self._a2i.state.undo_log.set(self._flow, deleted=True)


def _checked(name: str, output: str | None, workers: int | None) -> dict[str, Any]:
    """Return what is said of a flow definition, if the control plane would take it."""
    if not NAME.fullmatch(name):
        raise ValueError(f"a flow definition's name is lower case and hyphens, not {name!r}")
    if output is not None:
        parse_s3_uri(output)
    if workers is not None and (type(workers) is not int or workers not in range(1, 4)):
        raise ValueError(f"a flow definition has 1 to 3 workers, not {workers!r}")
    said = {"output": output, "workers": workers}
    return {key: value for key, value in said.items() if value is not None}
