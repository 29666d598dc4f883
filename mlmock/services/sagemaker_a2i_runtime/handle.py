"""The handle `ml.a2i`: flow definitions and their workers."""

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
    """The handle of Augmented AI Runtime, `ml.a2i`."""

    service = "sagemaker-a2i-runtime"

    def __repr__(self) -> str:
        loops = [loop for backend in self.backends() for loop in backend.loops.values()]
        return f"<a2i: {len(loops)} human loops>"

    def resources(self) -> list[Resource]:
        """Return the human loops for display."""
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
        """Return the flow definition `name`, and declare it if it is new or was deleted.

        Args:
            name: The name of the flow definition.
            output: The S3 prefix of the output of loops that start later, as
                ``s3://bucket/prefix``. By default it is in SageMaker's default bucket.
            workers: The number of workers that answer each loop that starts later, 1 to 3.

        Raises:
            ValueError: One of the arguments is not valid.
        """
        members = _flow_members(name, output, workers)
        flows, undo_log = self.state.shared(Flows), self.state.undo_log
        flow = flows.declared.get_or_add(
            name, self.at, lambda: Flow(name, self.at, self.progress.child())
        )
        if flow.deleted:
            undo_log.set(flow, deleted=False, output=None, workers=None)
        undo_log.set(flow, **members)
        return FlowDefinition(self, flow)

    def human_loop(self, name: str) -> HumanLoop:
        """Return the human loop `name`, in any region and account.

        The loop may be scripted before it is started.

        Raises:
            ValueError: StartHumanLoop does not accept the name.
        """
        if not NAME.fullmatch(name):
            raise ValueError(
                "the name of a human loop has 1 to 63 lower-case letters, digits and hyphens, "
                f"not {name!r}"
            )
        return HumanLoop(self, name)


@exposed("a2i.FlowDefinition", "name arn progress delete")
class FlowDefinition:
    """The handle of a declared flow definition."""

    progress = ProgressAttribute()
    """The policy for stopping the loops of the flow definition. Assign a policy to replace it."""

    def __init__(self, a2i: A2I, flow: Flow) -> None:
        self._a2i = a2i
        self._flow = flow
        self.progress = flow.progress

    def __repr__(self) -> str:
        return f"<flow definition {self._flow.name}{' (deleted)' if self._flow.deleted else ''}>"

    @property
    def name(self) -> str:
        """The name."""
        return self._flow.name

    @property
    def arn(self) -> str:
        """The ARN in the scope of `ml.at`, else in that of the mock."""
        return self._a2i.default_scope().arn("sagemaker", f"flow-definition/{self._flow.name}")

    def answer(self, worker: Callable[[LoopView], Any]) -> Rule:
        """Answer human loops by a function, and return the rule.

        The function is called once for every worker. With ``.delay(seconds)`` it is called after
        that much virtual time; ``.times(n)`` limits the number of loops.

        Args:
            worker: A function, sync or async, of the loop. It returns the answer (a JSON object),
                or ``error(code, reason)`` to fail the loop.

        Raises:
            InvalidRule: `worker` is not callable.
        """
        if not callable(worker):
            raise InvalidRule(f"answer() requires a function of the human loop, not {worker!r}")
        title = f'ml.a2i.flow_definition("{self.name}")'
        return worker_rule(self._a2i, flow_key(self.name), title).reply(Automatic(worker))

    def delete(self) -> None:
        """Delete the flow definition. Its loops are stopped and deleted; their output stays in S3.

        StartHumanLoop then rejects its ARN, and ListHumanLoops does not find it.

        Source: Amazon SageMaker Developer Guide, Delete a Flow Definition.
        """
        flows = self._a2i.state.shared(Flows)
        for backend in self._a2i.backends():
            if flows.find(self.name, backend.scope) is self._flow:
                backend.delete_loops_of(self._flow)
        self._a2i.state.undo_log.set(self._flow, deleted=True)


def _flow_members(name: str, output: str | None, workers: int | None) -> dict[str, Any]:
    """Return the given members of a flow definition; ValueError for invalid ones."""
    if not NAME.fullmatch(name):
        raise ValueError(
            "the name of a flow definition has 1 to 63 lower-case letters, digits and hyphens, "
            f"not {name!r}"
        )
    if output is not None:
        parse_s3_uri(output)
    if workers is not None and (type(workers) is not int or workers not in range(1, 4)):
        raise ValueError(f"a flow definition has 1 to 3 workers, not {workers!r}")
    members = {"output": output, "workers": workers}
    return {key: value for key, value in members.items() if value is not None}
