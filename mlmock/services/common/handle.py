"""The base of every service's handle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlmock.aws.scope import Scope, ScopeFilter
from mlmock.reporting.resource import Resource
from mlmock.rules.rule import Rule
from mlmock.rules.target import CallMatcher, RuleTarget
from mlmock.simulation.progress import Policy, ProgressSetting

if TYPE_CHECKING:
    from mlmock.engine.state import MockState


class ServiceProgressAttribute:
    """The attribute `progress` of a service, looked up anew since a reset replaces it."""

    def __get__(self, handle: ServiceHandle, owner: type | None = None) -> ProgressSetting:
        return handle.state.shared(ServiceProgress).of(handle.service)

    def __set__(self, handle: ServiceHandle, value: Policy | None) -> None:
        handle.progress.set(value)


class ServiceHandle:
    """The handle of a service, `ml.<name>`, restricted to the scope of `ml.at`."""

    service = ""
    progress = ServiceProgressAttribute()
    """The policy for asynchronous work of the service. Assign a policy to replace it."""

    def __init__(self, state: MockState, at: ScopeFilter) -> None:
        self.state = state
        self.at = at

    def default_scope(self) -> Scope:
        """Return the scope of seeded state: that of `ml.at`, else that of the mock."""
        options = self.state.context.options
        return Scope(
            account_id=self.at.account_id or options.account_id,
            region=self.at.region or options.region,
        )

    def backend(self) -> Any:
        """Return the backend of the default scope."""
        scope = self.default_scope()
        return self.state.backend(self.service, scope.account_id, scope.region)

    def backends(self) -> list[Any]:
        """Return the backends in use that this handle covers."""
        return [b for b in self.state.backends(self.service) if self.at.covers(b.scope)]

    def resources(self) -> list[Resource]:
        """Return the resources of this service for display."""
        return []

    def _repr_html_(self) -> str:
        from mlmock.reporting.html import resources_html

        return resources_html(self.resources())

    def rule(self, target: RuleTarget, members: Mapping[str, Any] | None = None) -> Rule:
        """Return a new rule for `target`. The rule takes effect once it has an answer."""
        match = CallMatcher(members or {}, None, self.at.region, self.at.account_id)
        return Rule(self.state.rules, target, match)


class ServiceProgress:
    """The progress policies of the services of a mock."""

    def __init__(self, state: MockState) -> None:
        self._root = state.progress
        self._settings: dict[str, ProgressSetting] = {}

    def of(self, service: str) -> ProgressSetting:
        """Return the setting of `service`, which inherits from the mock's."""
        if service not in self._settings:
            self._settings[service] = self._root.child()
        return self._settings[service]
