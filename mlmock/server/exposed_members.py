"""Look up exposed members: what a client of the control API may use of an object."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from inspect import getattr_static
from types import FunctionType
from typing import Any

from mlmock.errors import InvalidRule
from mlmock.exposed import Declaration, declaration_of
from mlmock.mock.handle import SERVICE_ATTRIBUTES, MockML


@cache
def exposed_classes() -> dict[str, type]:
    """Return all classes that declare members, by their names in the control API.

    The search starts at the handle and the services' handles. It visits the modules of the classes
    that it finds, and the modules that those declare to import on first use.
    """
    found: dict[str, type] = {}
    visited: set[str] = set()
    pending = [MockML.__module__]
    pending += [import_module(a.module).Handle.__module__ for a in SERVICE_ATTRIBUTES.values()]
    while pending:
        module = pending.pop()
        if module in visited:
            continue
        visited.add(module)
        for kind, (name, _, modules) in _declarations_in(module):
            found[name] = kind
            pending += [kind.__module__, *modules]
    return dict(sorted(found.items()))


def _declarations_in(module: str) -> Iterator[tuple[type, Declaration]]:
    """Yield the classes that a module defines or imports and that declare members."""
    for value in vars(import_module(module)).values():
        declaration = declaration_of(value) if isinstance(value, type) else None
        if declaration is not None:
            yield value, declaration


def exposed_names(kind: type) -> frozenset[str]:
    """Return the names of the exposed members of a class, inherited ones included."""
    declarations = filter(None, map(declaration_of, kind.__mro__))
    return frozenset(member for _, members, _ in declarations for member in members)


def is_exposed(thing: Any) -> bool:
    """Return whether the class of an object declares members."""
    return any(map(declaration_of, type(thing).__mro__))


def exposed_name(kind: type) -> str:
    """Return the name of a class in the control API: its own, or that of its nearest base."""
    return next(name for name, *_ in filter(None, map(declaration_of, kind.__mro__)))


def is_method(kind: type, name: str) -> bool:
    """Return whether a member is a method; False for a property or an attribute."""
    return callable(getattr_static(kind, name, None))


def access(thing: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Return an attribute of an object, or what a method returns for these arguments.

    Args:
        thing: An object whose class declares members.
        name: The name of the member.
        args: Positional arguments; ignored for an attribute.
        kwargs: Keyword arguments; ignored for an attribute.

    Raises:
        InvalidRule: The member is not exposed.
    """
    kind = type(thing)
    if name not in exposed_names(kind):
        exposed = ", ".join(sorted(exposed_names(kind)))
        raise InvalidRule(
            f"{exposed_name(kind)} has no exposed member {name!r}. Exposed: {exposed}."
        )
    member = getattr(thing, name)
    if not is_method(kind, name):
        return member
    result = member(*args, **kwargs)
    if isinstance(result, FunctionType):  # `clear` returns what undoes it, for use in the process
        return None
    return list(result) if name == "__iter__" else result
