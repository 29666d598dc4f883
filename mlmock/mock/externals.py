"""What a mock has from outside: the S3, SNS and EventBridge of an active moto, and interception."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from mlmock.engine.state import World
from mlmock.interception.installer import Interception
from mlmock.mock.handle import REGISTRY

if TYPE_CHECKING:
    from mlmock.aws.scope import Owner
    from mlmock.engine.state import Ask
    from mlmock.simulation.events import Event
    from mlmock.simulation.object_store import Buckets

    Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def _furnish(world: World) -> None:
    world.registry = REGISTRY
    world.outside = _buckets
    world.deliver = _deliver
    world.neighbour = _neighbour


def _buckets(world: World) -> Buckets | None:
    from mlmock.interception.moto import coexistence as moto

    return moto.buckets(world)


def _deliver(world: World, event: Event) -> None:
    from mlmock.interception.moto import coexistence as moto

    moto.deliver(world, event)


def _neighbour(world: World, service: str, owner: Owner) -> Ask | None:
    from mlmock.interception.moto import coexistence as moto

    return moto.neighbour(world, service, owner)


def _equip(world: World) -> None:
    _furnish(world)
    world.interception = Interception(with_memos=world.first.options.memos)
