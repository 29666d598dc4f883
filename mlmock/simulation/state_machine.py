"""Declared state machines: the states and transitions of a resource, and its diagram."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


class InvalidTransition(Exception):  # noqa: N818 - backends translate it
    """The event is not possible in this state."""


@dataclass(frozen=True, slots=True)
class Transition:
    """A transition: in each of `sources`, `event` leads to `target`; None deletes the resource."""

    event: str
    sources: tuple[str, ...]
    target: str | None


@dataclass(frozen=True)
class StateMachine:
    """The state machine of a kind of resource."""

    name: str
    start: str
    transitions: tuple[Transition, ...]

    @property
    def states(self) -> tuple[str, ...]:
        """All states in the order of their declaration."""
        states = dict.fromkeys([self.start])
        for step in self.transitions:
            states.update(dict.fromkeys(step.sources))
            if step.target is not None:
                states[step.target] = None
        return tuple(states)

    def allows(self, state: str, event: str) -> bool:
        """Return whether `event` is possible in `state`."""
        return any(step.event == event and state in step.sources for step in self.transitions)

    def after(self, state: str, event: str) -> str:
        """Return the state after `event`; InvalidTransition if it is not possible."""
        for step in self.transitions:
            if step.event == event and state in step.sources:
                if step.target is None:
                    break
                return step.target
        raise InvalidTransition(f"{self.name}: no {event} in {state}")

    def edges(self) -> Iterator[tuple[str, str, str]]:
        """Yield source, event and target of each edge; the final state is ``[*]``."""
        for step in self.transitions:
            for source in step.sources:
                yield source, step.event, step.target or "[*]"

    def mermaid(self) -> str:
        """Return the state machine as a Mermaid diagram."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.start}"]
        lines += [f"    {source} --> {target}: {event}" for source, event, target in self.edges()]
        return "\n".join(lines)
