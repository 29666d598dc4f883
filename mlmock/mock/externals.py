"""Connections of a mock's state to the outside: interception, and moto's services.

An active moto provides S3, SNS, EventBridge and SageMaker's control plane.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlmock.engine.state import MockState
from mlmock.interception.installer import Patcher
from mlmock.mock.handle import REGISTRY

if TYPE_CHECKING:
    from mlmock.aws.scope import Scope
    from mlmock.engine.state import ExternalCall
    from mlmock.simulation.events import Event
    from mlmock.simulation.object_store import BucketStore


def connect_externals(state: MockState) -> None:
    """Connect `state` to the services of mlmock and of an active moto."""
    state.registry = REGISTRY
    state.external_buckets = _buckets
    state.forward_event = _forward_event
    state.external_service = _external_service


def _buckets(state: MockState) -> BucketStore | None:
    from mlmock.interception.moto import coexistence

    return coexistence.buckets(state)


def _forward_event(state: MockState, event: Event) -> None:
    from mlmock.interception.moto import coexistence

    coexistence.forward_event(state, event)


def _external_service(state: MockState, service: str, scope: Scope) -> ExternalCall | None:
    from mlmock.interception.moto import coexistence

    return coexistence.external_service(state, service, scope)


def install_interception(state: MockState) -> None:
    """Connect `state`, and create its `Patcher`, which applies the patches of this process."""
    connect_externals(state)
    state.interception = Patcher(with_caches=state.first.options.cache)
