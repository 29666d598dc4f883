"""What a mock has from outside: the S3, SNS and EventBridge of an active moto, and interception."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from mlmock.engine.state import MockState
from mlmock.interception.installer import Patcher
from mlmock.mock.handle import REGISTRY

if TYPE_CHECKING:
    from mlmock.aws.scope import Scope
    from mlmock.engine.state import ExternalCall
    from mlmock.simulation.events import Event
    from mlmock.simulation.object_store import BucketStore

    Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def connect_externals(state: MockState) -> None:
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
    connect_externals(state)
    state.interception = Patcher(with_caches=state.first.options.cache)
