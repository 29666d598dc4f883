"""Guardrails as tests declare them: what CreateGuardrail would have stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mlmock.aws.arns import parse_arn
from mlmock.aws.scope import Scope, ScopeFilter
from mlmock.engine.state import MockState
from mlmock.services.bedrock_runtime.guardrails.policies import Policy
from mlmock.services.common.declarations import ScopedRegistry

# What the console proposes for both.
_MESSAGE = "Sorry, the model cannot answer this question."


@dataclass(slots=True)
class Definition:
    """A guardrail: its policies in the order in which they were declared, and its messages."""

    policies: tuple[Policy, ...] = ()
    input_message: str = _MESSAGE
    output_message: str = _MESSAGE


@dataclass(frozen=True, slots=True)
class Name:
    """A guardrail as a call names it, and where it lives."""

    id: str
    version: str
    scope: Scope

    @property
    def arn(self) -> str:
        """Its ARN."""
        return self.scope.arn("bedrock", f"guardrail/{self.id}")


class Guardrails:
    """The guardrails of a world."""

    def __init__(self, state: MockState) -> None:
        self._declared: ScopedRegistry[Definition] = ScopedRegistry(state.undo_log)

    def declare(
        self, name: str, version: str | None, at: ScopeFilter, make: Callable[[], Definition]
    ) -> Definition:
        """Return the guardrail `name` in a version (None: all others), made if it is new."""
        return self._declared.get_or_add(_key(name, version), at, make)

    def find(self, name: Name) -> Definition | None:
        """Return what holds as `name`: its own version, or the one for all."""
        own = self._declared.find(_key(name.id, name.version), name.scope)
        return own or self._declared.find(_key(name.id, None), name.scope)


def _key(name: str, version: str | None) -> str:
    return f"{name}:{version or '*'}"


def named(identifier: str, version: str, scope: Scope) -> Name | None:
    """Return what an id or ARN names in a call of `scope`; None for another region's ARN."""
    if not identifier.startswith("arn:"):
        return Name(identifier, version, scope)
    arn = parse_arn(identifier)
    if arn is None or (arn.partition, arn.region) != (scope.partition, scope.region):
        return None
    return Name(arn.name, version, Scope(arn.account_id, arn.region))
