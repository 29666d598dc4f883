"""Definitions of guardrails: what CreateGuardrail would have stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mlmock.aws.arns import parse_arn
from mlmock.aws.scope import Scope, ScopeFilter
from mlmock.engine.state import MockState
from mlmock.services.bedrock_runtime.guardrails.policies import Policy
from mlmock.services.common.declarations import ScopedRegistry

# The default of the AWS console for both messages.
_DEFAULT_MESSAGE = "Sorry, the model cannot answer this question."


@dataclass(slots=True)
class GuardrailDefinition:
    """The policies of a guardrail, in the order of their declaration, and its messages."""

    policies: tuple[Policy, ...] = ()
    input_message: str = _DEFAULT_MESSAGE
    output_message: str = _DEFAULT_MESSAGE


@dataclass(frozen=True, slots=True)
class GuardrailName:
    """A guardrail as a call names it, and the scope to which it belongs."""

    id: str
    version: str
    scope: Scope

    @property
    def arn(self) -> str:
        """The ARN of the guardrail."""
        return self.scope.arn("bedrock", f"guardrail/{self.id}")


class Guardrails:
    """The declared guardrails of a mock."""

    def __init__(self, state: MockState) -> None:
        self._registry: ScopedRegistry[GuardrailDefinition] = ScopedRegistry(state.undo_log)

    def declare(
        self,
        guardrail_id: str,
        version: str | None,
        at: ScopeFilter,
        make: Callable[[], GuardrailDefinition],
    ) -> GuardrailDefinition:
        """Return the definition of a guardrail, which is created if it does not exist.

        Args:
            guardrail_id: The id of the guardrail.
            version: The version, or None for all versions that are not declared themselves.
            at: The scopes in which the guardrail exists.
            make: A function that returns a new definition.
        """
        return self._registry.get_or_add(_key(guardrail_id, version), at, make)

    def find(self, name: GuardrailName) -> GuardrailDefinition | None:
        """Return the definition of the version of `name`, or of all versions, or None."""
        definition = self._registry.find(_key(name.id, name.version), name.scope)
        return definition or self._registry.find(_key(name.id, None), name.scope)


def _key(guardrail_id: str, version: str | None) -> str:
    return f"{guardrail_id}:{version or '*'}"


def parse_guardrail_name(identifier: str, version: str, scope: Scope) -> GuardrailName | None:
    """Return the guardrail that an id or ARN names.

    Args:
        identifier: The id or ARN in the call.
        version: The version in the call.
        scope: The scope of the call.

    Returns:
        The name, or None if the ARN is of another region or partition.
    """
    if not identifier.startswith("arn:"):
        return GuardrailName(identifier, version, scope)
    arn = parse_arn(identifier)
    if arn is None or (arn.partition, arn.region) != (scope.partition, scope.region):
        return None
    return GuardrailName(arn.name, version, Scope(arn.account_id, arn.region))
