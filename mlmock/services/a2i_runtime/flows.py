"""Flow definitions: declared by the test's author, or taken as Active when well formed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mlmock.progress import Progress
from mlmock.services.arns import Arn, parse_arn
from mlmock.services.base import Declared, Narrowing, Policies, Scope
from mlmock.world import World


@dataclass(slots=True)
class Flow:
    """What is declared of one flow definition."""

    name: str
    at: Narrowing
    progress: Progress
    output: str | None = None
    workers: int = 1
    deleted: bool = False

    def output_prefix(self, scope: Scope) -> str:
        """Return where the answers go; an undeclared place is the account's default bucket."""
        return self.output or default_output(scope)


class Flows:
    """The flow definitions of a world, and the scripts of their workers."""

    def __init__(self, world: World) -> None:
        self.declared: Declared[Flow] = Declared(world.ledger)
        self._policy = world.part(Policies).of("sagemaker-a2i-runtime")

    def find(self, name: str, scope: Scope) -> Flow | None:
        """Return the declaration that holds for the flow definition `name` in `scope`."""
        return self.declared.find(name, scope)

    def progress_of(self, arn: str, scope: Scope) -> Progress:
        """Return the policy that holds for the loops of a flow definition."""
        parts = flow_of(arn, scope)
        flow = self.find(parts.name, scope) if parts else None
        return flow.progress if flow else self._policy


def default_bucket(scope: Scope) -> str:
    """Return the name of SageMaker's default bucket of an account and region."""
    return f"sagemaker-{scope.region}-{scope.account_id}"


def default_output(scope: Scope) -> str:
    """Return where the answers of a flow definition go for which nobody declared a place."""
    return f"s3://{default_bucket(scope)}/a2i"


def flow_of(arn: str, scope: Scope) -> Arn | None:
    """Return the parts of a flow definition's ARN if it is one of `scope`, else None."""
    parts = parse_arn(arn)
    if parts is None or not parts.name:
        return None
    mine = (scope.partition, scope.region, scope.account_id)
    return parts if (parts.partition, parts.region, parts.account_id) == mine else None


def flow_key(name: str) -> tuple[str, str]:
    """Return the key of the rules about a flow definition's workers."""
    return ("flow definition", name)


def loop_key(name: str) -> tuple[str, str]:
    """Return the key of the rules about one human loop."""
    return ("human loop", name)


@dataclass(frozen=True, slots=True)
class Submitted:
    """The answers that workers submit, one each."""

    contents: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """The loop fails, with the FailureCode and FailureReason that A2I would show."""

    code: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Automatic:
    """A worker that is a function of the loop."""

    worker: Callable[[Any], Any]
