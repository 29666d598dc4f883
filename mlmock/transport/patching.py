"""Attributes of other people's classes and modules, replaced and put back exactly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_MISSING = object()


class Patch:
    """One attribute, replaced while mocks run.

    `make` gets the patch and returns the replacement, which calls `patch.original` for what was
    there when it was applied. If somebody has put something else on top by the time the patch is
    undone, that stays: replacements are transparent while no mock runs.
    """

    __slots__ = ("name", "original", "owner", "replacement")

    def __init__(self, owner: Any, name: str, make: Callable[[Patch], Any]) -> None:
        self.owner = owner
        self.name = name
        self.original: Any = _MISSING
        self.replacement = make(self)

    def apply(self) -> None:
        """Put the replacement in place."""
        self.original = vars(self.owner).get(self.name, _MISSING)
        setattr(self.owner, self.name, self.replacement)

    def undo(self) -> None:
        """Put back what was there."""
        if vars(self.owner).get(self.name) is not self.replacement:
            return
        if self.original is _MISSING:
            delattr(self.owner, self.name)
        else:
            setattr(self.owner, self.name, self.original)
