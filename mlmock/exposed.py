"""Which members of a class the control API reaches.

A client of the server may use the declared members of declared classes and nothing else. They are
declared where they are defined: a new member is private to the process until it is named there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

ATTRIBUTE = "__mlmock_exposed__"
C = TypeVar("C", bound=type)
# The name of a class, its members, and modules with classes that it imports on first use.
Declaration = tuple[str, tuple[str, ...], tuple[str, ...]]


def exposed(name: str, *members: str, modules: tuple[str, ...] = ()) -> Callable[[C], C]:
    """Return a class decorator that declares what the control API reaches.

    Args:
        name: The name of the class in the control API. It stays when the class moves.
        members: Names of methods and attributes, separated by spaces. A subclass inherits them.
        modules: The modules with further exposed classes that this one imports on first use.
    """

    def declare(kind: C) -> C:
        setattr(kind, ATTRIBUTE, (name, tuple(" ".join(members).split()), modules))
        return kind

    return declare


def declaration_of(kind: type) -> Declaration | None:
    """Return what a class itself declares, without its bases; None if it declares nothing."""
    found: Declaration | None = vars(kind).get(ATTRIBUTE)
    return found
