"""The objects that a client of the control API uses, and what it reads of them as JSON."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from mlmock.call import Call
from mlmock.engine.state import MockState
from mlmock.errors import InvalidRule
from mlmock.mock.handle import MockML
from mlmock.reporting.messages import outcome_text
from mlmock.reporting.resource import Resource
from mlmock.rules.rule import Rule, rule_text
from mlmock.server.exposed_members import access, exposed_name, is_exposed
from mlmock.server.json_values import keywords, positional, to_json
from mlmock.simulation.events import Event

_MAX_REFERENCES = 10_000  # the least recently used object is forgotten first


class UnknownReference(Exception):  # noqa: N818 - becomes a 404
    """A reference or a savepoint id that the control API doesn't know."""


class RemoteObjects:
    """The objects of one control API: the handle, those passed by reference, open savepoints."""

    def __init__(self, ml: MockML, state: MockState) -> None:
        self.ml = ml
        self.state = state
        self._objects: OrderedDict[str, Any] = OrderedDict()
        self._ids = itertools.count(1)
        self._savepoints: list[tuple[str, ExitStack]] = []

    # -- access by steps --------------------------------------------------------------------

    def execute_steps(self, request: Mapping[str, Any]) -> Any:
        """Access members one after another, and return the last result as JSON.

        Args:
            request: `steps`; `ref`, the object to start from, or the handle without one;
                `location`, the line of the client's code, for a rule.

        Raises:
            InvalidRule: The steps are malformed, or use a member that is not exposed.
            UnknownReference: No object has this reference.
        """
        steps, location = request.get("steps"), request.get("location")
        if not isinstance(steps, list):
            raise InvalidRule("steps must be a list of {invoke, args, kwargs}")
        with self.state.lock:
            thing = self._object(request.get("ref"))
            for step in steps:
                thing = _execute_step(thing, step)
            if isinstance(thing, Rule) and isinstance(location, str):
                thing.location = location
            return self.to_json(thing)

    def _object(self, ref: Any) -> Any:
        if ref is None:
            return self.ml
        if ref not in self._objects:
            raise UnknownReference(f"no object has the reference {ref!r}; a reset forgets them")
        self._objects.move_to_end(ref)
        return self._objects[ref]

    def to_json(self, thing: Any) -> Any:
        """Return a result as JSON: values as they are, data by its fields, objects by reference."""
        if isinstance(thing, Call):
            return call_to_json(thing)
        if isinstance(thing, Event):
            return event_to_json(thing)
        if isinstance(thing, Resource):
            return resource_to_json(thing)
        if isinstance(thing, list):
            return [self.to_json(item) for item in thing]
        return self._reference(thing) if is_exposed(thing) else to_json(thing)

    def _reference(self, thing: Any) -> dict[str, Any]:
        ref = f"h{next(self._ids)}"
        self._objects[ref] = thing
        if len(self._objects) > _MAX_REFERENCES:
            self._objects.popitem(last=False)
        return {"$handle": {"ref": ref, "kind": exposed_name(type(thing)), "text": repr(thing)}}

    # -- reset and savepoints ---------------------------------------------------------------

    def reset(self) -> None:
        """Reset the mock, and forget all references and savepoints."""
        with self.state.lock:
            if self._savepoints:
                self.roll_back(self._savepoints[0][0])
            self.ml.reset()
            self._objects.clear()

    def open_savepoint(self) -> str:
        """Open a savepoint and return its id."""
        with self.state.lock:
            stack = ExitStack()
            stack.enter_context(self.ml.savepoint())
            name = f"s{next(self._ids)}"
            self._savepoints.append((name, stack))
            return name

    def roll_back(self, name: str) -> None:
        """Roll back to a savepoint, and close it and those opened after it.

        Raises:
            UnknownReference: No savepoint with this id is open.
        """
        with self.state.lock:
            if name not in self.savepoints():
                raise UnknownReference(f"no savepoint {name!r} is open")
            while True:
                last, stack = self._savepoints.pop()
                stack.close()
                if last == name:
                    return

    def savepoints(self) -> list[str]:
        """Return the ids of the open savepoints, oldest first."""
        return [name for name, _ in self._savepoints]


def _execute_step(thing: Any, step: Any) -> Any:
    if not isinstance(step, dict) or not isinstance(step.get("invoke"), str):
        raise InvalidRule(
            f'a step must be {{"invoke": name, "args": [], "kwargs": {{}}}}, not {step!r}'
        )
    return access(thing, step["invoke"], positional(step), keywords(step))


# -- data as JSON ----------------------------------------------------------------------------


def call_to_json(call: Call, number: int | None = None) -> dict[str, Any]:
    """Return a call of the journal as JSON, with its number if there is one."""
    response = call.response
    found = {
        "service": call.service,
        "operation": call.operation,
        "params": to_json(call.params),
        "region": call.region,
        "account_id": call.account_id,
        "attempt": call.attempt,
        "started_at": call.started_at,
        "duration": call.duration,
        "request_id": call.request_id,
        "outcome": outcome_text(call),
        "response": None if response is None else to_json(response),
        "error": None if call.error is None else _error_to_json(call.error),
        "body": to_json(call.body),
    }
    return found if number is None else {"number": number, **found}


def _error_to_json(error: BaseException) -> dict[str, Any]:
    message = getattr(error, "message", None)
    code = getattr(error, "code", None) or type(error).__name__
    return {"code": code, "message": message if isinstance(message, str) else str(error)}


def event_to_json(event: Event) -> dict[str, Any]:
    """Return an event as JSON."""
    return {
        "source": event.source,
        "detail_type": event.detail_type,
        "detail": to_json(event.detail),
        "resources": list(event.resources),
        "time": event.time.isoformat(),
        "region": event.region,
        "account_id": event.account_id,
        "topic": event.topic,
        "message": event.message,
    }


def resource_to_json(resource: Resource) -> dict[str, Any]:
    """Return a resource as JSON, with the states of its state machine."""
    machine = resource.machine
    return {
        "kind": resource.kind,
        "name": resource.name,
        "state": resource.state,
        "region": resource.scope.region,
        "account_id": resource.scope.account_id,
        "states": list(machine.states) if machine else [],
        "mermaid": machine.mermaid() if machine else None,
        "steps": [{"invoke": name, "args": list(args)} for name, args in resource.handle_path],
    }


def rule_to_json(rule: Rule) -> dict[str, Any]:
    """Return a rule as JSON, with how often it was used."""
    return {
        "title": rule.target.title,
        "text": rule_text(rule),
        "number": rule.number,
        "used": rule.used,
        "expected": rule.expected,
        "remaining": rule.remaining,
        "optional": rule.is_optional,
        "region": rule.match.region,
        "account_id": rule.match.account_id,
        "location": rule.location,
    }
