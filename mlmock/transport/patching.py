"""Attributes of other people's classes and modules, replaced and put back exactly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_MISSING = object()


class Patch:
    """One attribute, replaced while mocks run.

    `make` gets the patch and returns the replacement, which calls `patch.original` for what was
    there when it was applied. If somebody has put something else on top by the time the patch is
    undone, that stays, and the replacement under it: replacements are transparent while no mock
    runs.
    """

    __slots__ = ("_is_buried", "_make", "name", "original", "owner", "replacement")

    def __init__(self, owner: Any, name: str, make: Callable[[Patch], Any]) -> None:
        self.owner = owner
        self.name = name
        self.original: Any = _MISSING
        self.replacement = make(self)
        self._make = make
        self._is_buried = False

    def apply(self) -> Patch:
        """Put the replacement in place; return the patch that undoes it."""
        present = self.owner.__dict__.get(self.name, _MISSING)
        if present is self.replacement:  # what lay on top has gone since
            self._is_buried = False
            return self
        if self._is_buried:  # it still calls what lies below: a second layer, never a circle
            return Patch(self.owner, self.name, self._make).apply()
        self.original = present
        setattr(self.owner, self.name, self.replacement)
        return self

    def undo(self) -> None:
        """Put back what was there."""
        owner, name = self.owner, self.name
        if owner.__dict__.get(name) is not self.replacement:
            self._is_buried = True
        elif self.original is _MISSING:
            delattr(owner, name)
        else:
            setattr(owner, name, self.original)
