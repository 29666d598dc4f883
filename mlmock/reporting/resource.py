"""A resource as people see it in notebooks and on the server's page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlmock.aws.scope import Scope
from mlmock.simulation.state_machine import StateMachine

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource as notebooks and the page show it: what it is, its name, its state, where.

    `steps` lead to what holds it: names of `ml` and of what follows, with what each is given.
    """

    kind: str
    name: str
    state: str
    scope: Scope
    machine: StateMachine | None = None
    handle_path: tuple[tuple[str, tuple[Any, ...]], ...] = ()
