"""Flow definitions: declared by the test's author, or taken as Active when well formed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mlmock.aws.arns import Arn, parse_arn
from mlmock.aws.scope import Scope, ScopeFilter
from mlmock.engine.state import MockState
from mlmock.services.common.buckets import default_bucket
from mlmock.services.common.declarations import ScopedRegistry
from mlmock.services.common.handle import ServiceProgress
from mlmock.simulation.progress import ProgressSetting

# The names of flow definitions and of human loops, as their models spell them.
NAME = re.compile(r"[a-z0-9](-*[a-z0-9]){0,62}")


@dataclass(slots=True)
class Flow:
    """What is declared of one flow definition; `workers` is None where nobody said how many."""

    name: str
    at: ScopeFilter
    progress: ProgressSetting
    output: str | None = None
    workers: int | None = None
    deleted: bool = False


class Flows:
    """The flow definitions of a world, and the policies of single loops."""

    def __init__(self, state: MockState) -> None:
        self.declared: ScopedRegistry[Flow] = ScopedRegistry(state.undo_log)
        self.loop_progress: ScopedRegistry[ProgressSetting] = ScopedRegistry(state.undo_log)
        self._policy = state.shared(ServiceProgress).of("sagemaker-a2i-runtime")

    def find(self, name: str, scope: Scope) -> Flow | None:
        """Return the declaration that holds for the flow definition `name` in `scope`."""
        return self.declared.find(name, scope)

    def is_deleted(self, name: str, scope: Scope) -> bool:
        """True when the flow definition `name` was deleted in `scope`."""
        flow = self.find(name, scope)
        return flow is not None and flow.deleted

    def output_prefix(self, name: str, scope: Scope) -> str:
        """Return where the answers go; where nobody said, SageMaker's default bucket (judged)."""
        flow = self.find(name, scope)
        return (flow and flow.output) or f"s3://{default_bucket(scope)}/a2i"

    def progress_of(self, loop_name: str, flow_arn: str, scope: Scope) -> ProgressSetting:
        """Return the policy of a loop: its own, under its flow definition's or the service's."""
        parts = flow_of(flow_arn, scope)
        flow = self.find(parts.name, scope) if parts else None
        around = flow.progress if flow else self._policy
        own = self.loop_progress.find(loop_name, scope)
        if own is None:
            own = self.loop_progress.get_or_add(loop_name, ScopeFilter(), around.child)
        own.set_parent(around)
        return own


def flow_of(arn: str, scope: Scope) -> Arn | None:
    """Return the parts of a flow definition's ARN if it is one of `scope`, else None."""
    parts = parse_arn(arn)
    if parts is None or not NAME.fullmatch(parts.name):
        return None
    mine = (scope.partition, scope.region, scope.account_id)
    return parts if (parts.partition, parts.region, parts.account_id) == mine else None
