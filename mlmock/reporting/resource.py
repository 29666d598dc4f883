"""Resources as reports show them, in notebooks and on the dashboard of the server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mlmock.aws.scope import Scope
from mlmock.simulation.state_machine import StateMachine


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of a mocked service: its kind, name, state and scope.

    `handle_path` leads from `ml` to the handle of the resource: each step is the name of an
    attribute or method and the arguments of the call.
    """

    kind: str
    name: str
    state: str
    scope: Scope
    machine: StateMachine | None = None
    handle_path: tuple[tuple[str, tuple[Any, ...]], ...] = ()
