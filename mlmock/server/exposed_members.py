"""What of the handle can be asked for over HTTP: declared names of declared classes, no others."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from types import FunctionType
from typing import Any

from mlmock.errors import BadAnswer
from mlmock.mock.handle import SLOTS, MockML, ServiceSlot
from mlmock.reporting.journal import Journal
from mlmock.rules.rule import Rule
from mlmock.simulation.clock import Clock
from mlmock.simulation.events import Events
from mlmock.simulation.object_store import ObjectStore
from mlmock.simulation.progress import Progress

_SLOTS = tuple(name for name, slot in vars(MockML).items() if isinstance(slot, ServiceSlot))
_HOUSE: dict[type, tuple[str, ...]] = {
    MockML: (
        *_SLOTS,
        *("on", "at", "calls", "clock", "progress", "s3", "events", "resources"),
        "assert_all_used",
    ),
    Rule: (
        *("reply", "fail", "timeout", "drop", "unreachable", "delay", "times", "optional"),
        *("malformed", "truncated", "wrong_length", "break_stream"),
        *("used", "wanted", "left", "is_spent", "is_unused"),
    ),
    Clock: ("now", "advance"),
    Progress: ("policy", "set", "step"),
    ObjectStore: ("put", "get", "list"),
    Events: ("last", "of", "clear", "__len__", "__iter__"),
    Journal: (
        *("last", "lost", "started", "of", "clear", "__len__", "__iter__"),
        *("assert_called", "assert_called_once", "assert_not_called", "assert_order"),
    ),
}


@cache
def classes() -> dict[type, tuple[str, ...]]:
    """Return the classes of handles, with the names of each that can be asked for."""
    found = dict(_HOUSE)
    for slot in SLOTS.values():
        found.update(import_module(f"{slot.module}.remote_access").REACH)
    return found


def names_of(kind: type) -> frozenset[str]:
    """Return the names that can be asked for of things of a class; none of an unknown one."""
    table = classes()
    return frozenset(name for base in kind.__mro__ for name in table.get(base, ()))


@cache
def class_named(name: str) -> type:
    """Return the class of handles with that name, module and all."""
    return next(kind for kind in classes() if title_of(kind) == name)


def title_of(kind: type) -> str:
    """Return the name of a class of handles: its service's folder, if it is in one, and its own."""
    parts = kind.__module__.split(".")
    return f"{parts[2]}.{kind.__name__}" if parts[1] == "services" else kind.__name__


def is_handle(thing: Any) -> bool:
    """True for what can be asked further."""
    return bool(names_of(type(thing)))


def is_method(kind: type, name: str) -> bool:
    """True when `name` of a class is called; False for what is looked at."""
    return callable(getattr(kind, name, None)) and not isinstance(vars(kind).get(name), property)


def ask(thing: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Return what `name` of a handle is or returns; BadAnswer for what can't be asked for."""
    kind = type(thing)
    if name not in names_of(kind):
        known = ", ".join(sorted(names_of(kind)))
        raise BadAnswer(f"{title_of(kind)} has no {name} that can be asked for; it has {known}")
    found = getattr(thing, name)
    if not is_method(kind, name):
        return found
    made = found(*args, **kwargs)
    if isinstance(made, FunctionType):  # how a ledger would take it back is for the house
        return None
    return list(made) if name == "__iter__" else made
