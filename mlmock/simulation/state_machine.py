"""Declared state machines: the states of a resource, what moves it, and the docs' diagrams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


class InvalidTransition(Exception):  # noqa: N818 - a backend's bug or a caller's refusal, never shown
    """The machine doesn't know this event in this state."""


@dataclass(frozen=True, slots=True)
class Transition:
    """In each of `sources`, `event` leads to `target`; None as target ends the resource."""

    event: str
    sources: tuple[str, ...]
    target: str | None


@dataclass(frozen=True)
class StateMachine:
    """The life of one kind of resource."""

    name: str
    start: str
    transitions: tuple[Transition, ...]

    @property
    def states(self) -> tuple[str, ...]:
        """Every state, in the order of the declaration."""
        found = dict.fromkeys([self.start])
        for step in self.transitions:
            found.update(dict.fromkeys(step.sources))
            if step.target is not None:
                found[step.target] = None
        return tuple(found)

    def allows(self, state: str, event: str) -> bool:
        """True when `event` is possible in `state`."""
        return any(step.event == event and state in step.sources for step in self.transitions)

    def after(self, state: str, event: str) -> str:
        """Return the state after `event`; NoTransition where it isn't possible."""
        for step in self.transitions:
            if step.event == event and state in step.sources:
                if step.target is None:
                    break
                return step.target
        raise InvalidTransition(f"{self.name}: no {event} in {state}")

    def edges(self) -> Iterator[tuple[str, str, str]]:
        """Yield source, event and target of every edge; the end is ``[*]``."""
        for step in self.transitions:
            for source in step.sources:
                yield source, step.event, step.target or "[*]"

    def mermaid(self) -> str:
        """Return the machine as a Mermaid state diagram."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.start}"]
        lines += [f"    {source} --> {target}: {event}" for source, event, target in self.edges()]
        return "\n".join(lines)
