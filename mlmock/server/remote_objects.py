"""The handle at the other end of a wire: what was handed out, and what is asked of it."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from mlmock.call import Call
from mlmock.engine.state import World
from mlmock.errors import BadAnswer
from mlmock.mock.handle import MockML
from mlmock.reporting.resource import Resource
from mlmock.rules.rule import Rule
from mlmock.server import exposed_members as reach
from mlmock.server.json_values import arguments, keywords, written
from mlmock.simulation.events import Event

_KEPT = 10_000  # so many things that were handed out can still be asked


class Unknown(Exception):  # noqa: N818 - becomes a 404
    """What is named isn't there."""


class Desk:
    """What one control API knows: the handle, what it handed out, open savepoints."""

    def __init__(self, ml: MockML, world: World) -> None:
        self.ml = ml
        self.world = world
        self._handed: OrderedDict[str, Any] = OrderedDict()
        self._count = itertools.count(1)
        self._savepoints: list[tuple[str, ExitStack]] = []

    # -- words ------------------------------------------------------------------------------

    def do(self, said: Mapping[str, Any]) -> Any:
        """Take the `steps` from what `ref` names (the handle itself without one); return JSON."""
        steps = said.get("steps")
        if not isinstance(steps, list):
            raise BadAnswer("steps is a list of {do, args, kwargs}")
        place = said.get("place")
        with self.world.lock:
            thing = self._named(said.get("ref"))
            for step in steps:
                thing = self._step(thing, step)
            if isinstance(thing, Rule) and isinstance(place, str):
                thing.place = place
            return self.shown(thing)

    def _named(self, ref: Any) -> Any:
        if ref is None:
            return self.ml
        with self.world.lock:
            if ref not in self._handed:
                raise Unknown(f"nothing that was handed out is {ref!r}; a reset forgets them")
            self._handed.move_to_end(ref)
            return self._handed[ref]

    def _step(self, thing: Any, step: Any) -> Any:
        if not isinstance(step, dict) or not isinstance(step.get("do"), str):
            raise BadAnswer("a step is {do, args, kwargs}, and do is a name")
        return reach.ask(thing, step["do"], arguments(step), keywords(step))

    def shown(self, thing: Any) -> Any:
        """Return a thing as JSON: values as words, data by its fields, handles by reference."""
        if isinstance(thing, Call):
            return call_json(thing)
        if isinstance(thing, Event):
            return event_json(thing)
        if isinstance(thing, Resource):
            return resource_json(thing)
        if isinstance(thing, list):
            return [self.shown(item) for item in thing]
        return self._handle(thing) if reach.is_handle(thing) else written(thing)

    def _handle(self, thing: Any) -> dict[str, Any]:
        ref = f"h{next(self._count)}"
        self._handed[ref] = thing
        if len(self._handed) > _KEPT:
            self._handed.popitem(last=False)
        kind = reach.title_of(_known_class(type(thing)))
        return {"$handle": {"ref": ref, "kind": kind, "text": repr(thing)}}

    # -- beginnings and ends ----------------------------------------------------------------

    def reset(self) -> None:
        """Forget everything, and what was handed out of it."""
        with self.world.lock:
            if self._savepoints:
                self.roll_back(self._savepoints[0][0])
            self.ml.reset()
            self._handed.clear()

    def open_savepoint(self) -> str:
        """Open a savepoint and return its id."""
        with self.world.lock:
            stack = ExitStack()
            stack.enter_context(self.ml.savepoint())
            name = f"s{next(self._count)}"
            self._savepoints.append((name, stack))
            return name

    def roll_back(self, name: str) -> None:
        """Roll back to a savepoint; those opened after it go with it. Unknown."""
        with self.world.lock:
            if name not in self.savepoints():
                raise Unknown(f"no savepoint {name} is open")
            while True:
                last, stack = self._savepoints.pop()
                stack.close()
                if last == name:
                    return

    def savepoints(self) -> list[str]:
        """Return the ids of the open savepoints, oldest first."""
        return [name for name, _ in self._savepoints]


def _known_class(kind: type) -> type:
    return next(base for base in kind.__mro__ if base in reach.classes())


# -- data as JSON ----------------------------------------------------------------------------


def call_json(call: Call, number: int | None = None) -> dict[str, Any]:
    """Return one call of the journal as JSON."""
    from mlmock.reporting.messages import outcome_text

    response = call.response
    found = {
        "service": call.service,
        "operation": call.operation,
        "params": written(call.params),
        "region": call.region,
        "account_id": call.account_id,
        "attempt": call.attempt,
        "started_at": call.started_at,
        "duration": call.duration,
        "request_id": call.request_id,
        "outcome": outcome_text(call),
        "response": None if response is None else written(response),
        "error": None if call.error is None else _error_json(call.error),
        "body": written(call.body),
    }
    return found if number is None else {"number": number, **found}


def _error_json(fault: BaseException) -> dict[str, Any]:
    text = getattr(fault, "message", None)
    code = getattr(fault, "code", None) or type(fault).__name__
    return {"code": code, "message": text if isinstance(text, str) else str(fault)}


def event_json(event: Event) -> dict[str, Any]:
    """Return an event as JSON."""
    return {
        "source": event.source,
        "detail_type": event.detail_type,
        "detail": written(event.detail),
        "resources": list(event.resources),
        "time": event.time.isoformat(),
        "region": event.region,
        "account_id": event.account_id,
        "topic": event.topic,
        "message": event.message,
    }


def resource_json(resource: Resource) -> dict[str, Any]:
    """Return a resource as JSON, with the states that its machine knows."""
    machine = resource.machine
    return {
        "kind": resource.kind,
        "name": resource.name,
        "state": resource.state,
        "region": resource.scope.region,
        "account_id": resource.scope.account_id,
        "states": list(machine.states) if machine else [],
        "mermaid": machine.mermaid() if machine else None,
        "steps": [{"do": name, "args": list(args)} for name, args in resource.steps],
    }


def rule_json(rule: Rule) -> dict[str, Any]:
    """Return a rule with its counts as JSON."""
    from mlmock.rules.rule import rule_text

    return {
        "title": rule.subject.title,
        "text": rule_text(rule),
        "number": rule.number,
        "used": rule.used,
        "wanted": rule.wanted,
        "left": rule.left,
        "optional": rule.is_optional,
        "region": rule.match.region,
        "account_id": rule.match.account_id,
        "place": rule.place,
    }
