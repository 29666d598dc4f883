"""Endpoints: declared by the test's author, or found in the control plane beside us."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mlmock.aws.scope import Scope, ScopeFilter
from mlmock.engine.state import MockState
from mlmock.services.common.declarations import ScopedRegistry
from mlmock.services.common.handle import ServiceProgress
from mlmock.services.sagemaker_runtime.endpoint_config import (
    _UNSPECIFIED,
    ALL_TRAFFIC,
    AsyncConfig,
    EndpointConfig,
    Variants,
)
from mlmock.services.sagemaker_runtime.model_answers import SERVICE
from mlmock.simulation.progress import ProgressSetting

_log = logging.getLogger("mlmock.sagemaker")
_UNKNOWN = (
    'no endpoint %s: declare it with ml.sagemaker.endpoint("%s"), or create it in moto\'s sagemaker'
)
_GONE = (
    "no endpoint %s in moto's sagemaker, which had it: create it there, or let it stand alone with "
    'ml.sagemaker.endpoint("%s", variants=["AllTraffic"])'
)
# The statuses in which an endpoint answers: while it is changed, the old fleet still does.
SERVING = frozenset(
    {"InService", "Updating", "SystemUpdating", "RollingBack", "UpdateRollbackFailed"}
)


SESSION_SECONDS = 1200.0  # what SageMaker's large-model container gives a session (judged)
_ANYTHING = EndpointConfig(later=AsyncConfig(), session_seconds=SESSION_SECONDS)


@dataclass(slots=True)
class Endpoint:
    """One endpoint: its name, its set-up, and when its asynchronous work ends.

    `is_found`: the control plane beside us has had it, and says from then on where it is.
    `is_made_up`: nobody has declared it, and it answers whatever it is asked.
    """

    name: str
    progress: ProgressSetting
    config: EndpointConfig = _UNSPECIFIED
    deleted: bool = False
    is_found: bool = False
    is_made_up: bool = False
    at: ScopeFilter = field(default_factory=ScopeFilter)

    @property
    def variants(self) -> Variants:
        """Its production variants."""
        return self.config.variants or ALL_TRAFFIC


class Endpoints:
    """The endpoints of a world."""

    def __init__(self, state: MockState) -> None:
        self._state = state
        self._policy = state.shared(ServiceProgress).of(SERVICE)
        self._declared: ScopedRegistry[Endpoint] = ScopedRegistry(state.undo_log)

    def declared(self) -> list[Endpoint]:
        """Return what is declared, and not deleted."""
        return [endpoint for endpoint in self._declared.values() if not endpoint.deleted]

    def declare(self, name: str, at: ScopeFilter, said: Mapping[str, Any]) -> Endpoint:
        """Return the endpoint `name`, with `said` (fields of Config) changed."""
        found = self._declared.get_or_add(
            name, at, lambda: Endpoint(name, self._policy.child(), at=at)
        )
        if said or found.deleted:
            config = replace(found.config, **said) if said else found.config
            self._state.undo_log.set(found, config=config, deleted=False)
        return found

    def find(self, name: str, scope: Scope) -> Endpoint | None:
        """Return the endpoint that answers as `name` in `scope`, or None.

        A declaration that says how it is set up stands alone; for the others the control plane of
        an active moto is asked, on behalf of `scope`. One that was found there is gone when it is
        gone there.
        """
        declared = self._declared.find(name, scope)
        if declared is not None and (declared.deleted or declared.config is not _UNSPECIFIED):
            return None if declared.deleted else _in_service(declared)
        ask = self._state.external_service(self._state, "sagemaker", scope)
        found = self._found(ask, name, declared) if ask is not None else None
        if found is not None:
            return _in_service(found)
        if declared is None or (declared.is_found and ask is not None):
            return self._undeclared(name, _UNKNOWN if declared is None else _GONE)
        return declared

    def _found(self, ask: Any, name: str, declared: Endpoint | None) -> Endpoint | None:
        from mlmock.services.sagemaker_runtime.control_plane import config_of

        config = config_of(ask, name)
        if config is None:
            return None
        if declared is None:
            return Endpoint(name, self._policy, config)
        if not declared.is_found:
            self._state.undo_log.set(declared, is_found=True)
        return Endpoint(name, declared.progress, config)

    def _undeclared(self, name: str, hint: str) -> Endpoint | None:
        if not self._state.context.options.strict:
            return Endpoint(name, self._policy, _ANYTHING, is_made_up=True)
        _log.warning(hint, name, name)
        return None


def _in_service(endpoint: Endpoint) -> Endpoint | None:
    return endpoint if endpoint.config.status in SERVING else None


def endpoint_key(name: str) -> tuple[str, str]:
    """Return the key of the rules about an endpoint."""
    return ("endpoint", name)
