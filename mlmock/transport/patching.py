"""Attributes of other people's classes and modules, replaced and put back exactly."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

_MISSING = object()


class Patch:
    """One attribute, replaced while mocks run.

    `make` gets the patch and returns the replacement, which calls `patch.original` for what was
    there when it was applied. If somebody has put something else on top by the time the patch is
    undone, that stays, and the replacement under it: replacements are transparent while no mock
    runs.
    """

    __slots__ = ("_held", "_is_buried", "_make", "name", "original", "owner", "replacement")

    def __init__(self, owner: Any, name: str, make: Callable[[Patch], Any]) -> None:
        self.owner = owner
        self.name = name
        self._held = owner.__dict__
        self.original: Any = _MISSING
        self.replacement = make(self)
        self._make = make
        self._is_buried = False

    def apply(self) -> Patch:
        """Put the replacement in place; return the patch that undoes it."""
        present = self._held.get(self.name, _MISSING)
        if present is self.replacement or self._is_buried:
            return self._again(present)
        self.original = present
        setattr(self.owner, self.name, self.replacement)
        return self

    def _again(self, present: Any) -> Patch:
        """Go on with a replacement that has stayed: it is in place, or something lies on top."""
        if present is not self.replacement:  # it calls what lies below: a second layer, no circle
            return Patch(self.owner, self.name, self._make).apply()
        self._is_buried = False
        return self

    def settle(self, replacement: Any) -> None:
        """Put `replacement` in the place of the one that is there, if nothing lies on top of it."""
        if self._held.get(self.name) is self.replacement:
            setattr(self.owner, self.name, replacement)
            self.replacement = replacement

    def undo(self) -> None:
        """Put back what was there."""
        if self._held.get(self.name) is not self.replacement:
            self._is_buried = True
        elif self.original is _MISSING:
            delattr(self.owner, self.name)
        else:
            setattr(self.owner, self.name, self.original)


def when_used(room: str, name: str) -> Callable[[Patch], Any]:
    """Return a `make` whose replacement is made, and its room loaded, when it is first called.

    It is made by the function `name` of the room, which gets the patch, and returns None where
    upstream's own is to be called.
    """

    def make(patch: Patch) -> Any:
        made: list[Any] = []

        def stand_in(*args: Any, **kwargs: Any) -> Any:
            if not made:
                found = getattr(import_module(f"mlmock.transport.{room}"), name)(patch)
                made.append(found or _upstream(patch))
                patch.settle(made[0])
            return made[0](*args, **kwargs)

        return stand_in

    return make


def _upstream(patch: Patch) -> Any:
    return lambda *args, **kwargs: patch.original(*args, **kwargs)
