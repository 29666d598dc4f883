"""Flow definitions, declared or assumed.

A flow definition that is not declared counts as Active if its ARN is well formed.
"""

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

# The pattern of both names, of flow definitions and human loops, in the service models.
NAME = re.compile(r"[a-z0-9](-*[a-z0-9]){0,62}")


@dataclass(slots=True)
class Flow:
    """A declared flow definition; `workers` is None if the declaration has no number."""

    name: str
    at: ScopeFilter
    progress: ProgressSetting
    output: str | None = None
    workers: int | None = None
    deleted: bool = False


class Flows:
    """The declared flow definitions of a mock, and the progress policies of human loops."""

    def __init__(self, state: MockState) -> None:
        self.declared: ScopedRegistry[Flow] = ScopedRegistry(state.undo_log)
        self.loop_progress: ScopedRegistry[ProgressSetting] = ScopedRegistry(state.undo_log)
        self._policy = state.shared(ServiceProgress).of("sagemaker-a2i-runtime")

    def find(self, name: str, scope: Scope) -> Flow | None:
        """Return the declaration of the flow definition `name` in `scope`, or None."""
        return self.declared.find(name, scope)

    def is_deleted(self, name: str, scope: Scope) -> bool:
        """Return whether the flow definition `name` was deleted in `scope`."""
        flow = self.find(name, scope)
        return flow is not None and flow.deleted

    def output_prefix(self, name: str, scope: Scope) -> str:
        """Return the S3 prefix of the output.

        Assumption: without a declared prefix it is in SageMaker's default bucket.
        """
        flow = self.find(name, scope)
        return (flow and flow.output) or f"s3://{default_bucket(scope)}/a2i"

    def progress_of(self, loop_name: str, flow_arn: str, scope: Scope) -> ProgressSetting:
        """Return the policy of a human loop.

        It inherits from the policy of the flow definition if that is declared, else of the service.
        """
        parts = parse_flow_arn(flow_arn, scope)
        flow = self.find(parts.name, scope) if parts else None
        parent = flow.progress if flow else self._policy
        own = self.loop_progress.find(loop_name, scope)
        if own is None:
            own = self.loop_progress.get_or_add(loop_name, ScopeFilter(), parent.child)
        own.set_parent(parent)
        return own


def parse_flow_arn(arn: str, scope: Scope) -> Arn | None:
    """Return the parts of the ARN of a flow definition in `scope`, or None for any other text."""
    parts = parse_arn(arn)
    if parts is None or not NAME.fullmatch(parts.name):
        return None
    expected = (scope.partition, scope.region, scope.account_id)
    return parts if (parts.partition, parts.region, parts.account_id) == expected else None
