"""The base of every service's handle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlmock.aws.scope import Scope, ScopeFilter
from mlmock.reporting.resource import Resource
from mlmock.rules.rule import CallMatcher, Rule, RuleTarget
from mlmock.simulation.progress import Policy, ProgressSetting

if TYPE_CHECKING:
    from mlmock.engine.state import MockState


class ServiceProgressAttribute:
    """A service's `progress`: looked up each time, since a reset begins anew; set with a policy."""

    def __get__(self, handle: ServiceHandle, owner: type | None = None) -> ProgressSetting:
        return handle.state.shared(ServiceProgress).of(handle.service)

    def __set__(self, handle: ServiceHandle, value: Policy | None) -> None:
        handle.progress.set(value)


class ServiceHandle:
    """What a test author holds of one service: `ml.<name>`, narrowed where `ml.at` says."""

    service = ""
    progress = ServiceProgressAttribute()

    def __init__(self, state: MockState, at: ScopeFilter) -> None:
        self.state = state
        self.at = at

    def default_scope(self) -> Scope:
        """Return the scope in which seeded state is put: the narrowed one, or the mock's own."""
        options = self.state.context.options
        return Scope(
            account_id=self.at.account_id or options.account_id,
            region=self.at.region or options.region,
        )

    def backend(self) -> Any:
        """Return the backend of the scope in which seeded state is put."""
        scope = self.default_scope()
        return self.state.backend(self.service, scope.account_id, scope.region)

    def backends(self) -> list[Any]:
        """Return the backends in use that this handle speaks of."""
        return [b for b in self.state.backends(self.service) if self.at.covers(b.scope)]

    def resources(self) -> list[Resource]:
        """Return what there is of this service, for people to look at."""
        return []

    def _repr_html_(self) -> str:
        from mlmock.reporting.html import resources_html

        return resources_html(self.resources())

    def rule(self, subject: RuleTarget, members: Mapping[str, Any] | None = None) -> Rule:
        """Return a new rule about `subject`, which exists once it has an answer."""
        match = CallMatcher(members or {}, None, self.at.region, self.at.account_id)
        return Rule(self.state.rules, subject, match)


class ServiceProgress:
    """The progress policy of each service of a world."""

    def __init__(self, state: MockState) -> None:
        self._root = state.progress
        self._known: dict[str, ProgressSetting] = {}

    def of(self, service: str) -> ProgressSetting:
        """Return the policy of `service`: the mock's, until it is set."""
        if service not in self._known:
            self._known[service] = self._root.child()
        return self._known[service]
