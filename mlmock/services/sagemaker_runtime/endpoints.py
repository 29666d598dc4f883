"""Endpoints, declared by the test or found in the control plane of moto."""

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
    ALL_TRAFFIC,
    UNSPECIFIED,
    AsyncConfig,
    EndpointConfig,
    Variants,
)
from mlmock.services.sagemaker_runtime.model_answers import SERVICE
from mlmock.simulation.progress import ProgressSetting

_log = logging.getLogger("mlmock.sagemaker")
_UNKNOWN = (
    'endpoint "%s" does not exist: declare it with ml.sagemaker.endpoint("%s"), or create it in '
    "moto's sagemaker"
)
_GONE = (
    'endpoint "%s" no longer exists in moto\'s sagemaker: create it there, or declare it without '
    'moto by ml.sagemaker.endpoint("%s", variants=["AllTraffic"])'
)
# The statuses in which an endpoint answers. During an update the old instances still do.
SERVING = frozenset(
    {"InService", "Updating", "SystemUpdating", "RollingBack", "UpdateRollbackFailed"}
)


SESSION_SECONDS = 1200.0  # Assumption: the default of SageMaker's LMI container.
_UNRESTRICTED = EndpointConfig(async_config=AsyncConfig(), session_seconds=SESSION_SECONDS)


@dataclass(slots=True)
class Endpoint:
    """An endpoint with its configuration and the progress policy of asynchronous invocations.

    `is_found`: it was found in moto's control plane, which from then on decides whether it exists.
    `is_assumed`: it is not declared, and accepts every call because the mock is not strict.
    """

    name: str
    progress: ProgressSetting
    config: EndpointConfig = UNSPECIFIED
    deleted: bool = False
    is_found: bool = False
    is_assumed: bool = False
    at: ScopeFilter = field(default_factory=ScopeFilter)

    @property
    def variants(self) -> Variants:
        """The production variants."""
        return self.config.variants or ALL_TRAFFIC


class Endpoints:
    """The endpoints of a mock."""

    def __init__(self, state: MockState) -> None:
        self._state = state
        self._policy = state.shared(ServiceProgress).of(SERVICE)
        self._declared: ScopedRegistry[Endpoint] = ScopedRegistry(state.undo_log)

    def declared(self) -> list[Endpoint]:
        """Return the declared endpoints that are not deleted."""
        return [endpoint for endpoint in self._declared.values() if not endpoint.deleted]

    def declare(self, name: str, at: ScopeFilter, fields: Mapping[str, Any]) -> Endpoint:
        """Return the endpoint `name`, and declare it if it is new or was deleted.

        Args:
            name: The name of the endpoint.
            at: The scopes in which it exists.
            fields: The fields of the configuration to change.
        """
        found = self._declared.get_or_add(
            name, at, lambda: Endpoint(name, self._policy.child(), at=at)
        )
        if fields or found.deleted:
            config = replace(found.config, **fields) if fields else found.config
            self._state.undo_log.set(found, config=config, deleted=False)
        return found

    def find(self, name: str, scope: Scope) -> Endpoint | None:
        """Return the endpoint `name` in `scope`, or None if there is none in service.

        An endpoint that is declared with options does not depend on moto. Any other is looked up
        in the control plane of an active moto; once found there, it exists as long as it does
        there.
        """
        declared = self._declared.find(name, scope)
        if declared is not None and (declared.deleted or declared.config is not UNSPECIFIED):
            return None if declared.deleted else _in_service(declared)
        describe = self._state.external_service(self._state, "sagemaker", scope)
        found = self._find_in_moto(describe, name, declared) if describe is not None else None
        if found is not None:
            return _in_service(found)
        if declared is None or (declared.is_found and describe is not None):
            return self._undeclared(name, _UNKNOWN if declared is None else _GONE)
        return declared

    def _find_in_moto(self, describe: Any, name: str, declared: Endpoint | None) -> Endpoint | None:
        from mlmock.services.sagemaker_runtime.control_plane import config_of

        config = config_of(describe, name)
        if config is None:
            return None
        if declared is None:
            return Endpoint(name, self._policy, config)
        if not declared.is_found:
            self._state.undo_log.set(declared, is_found=True)
        return Endpoint(name, declared.progress, config)

    def _undeclared(self, name: str, hint: str) -> Endpoint | None:
        if not self._state.context.options.strict:
            return Endpoint(name, self._policy, _UNRESTRICTED, is_assumed=True)
        _log.warning(hint, name, name)
        return None


def _in_service(endpoint: Endpoint) -> Endpoint | None:
    return endpoint if endpoint.config.status in SERVING else None


def endpoint_key(name: str) -> tuple[str, str]:
    """Return the key of the rules for an endpoint."""
    return ("endpoint", name)
