"""Attributes of other people's classes and modules, replaced and put back exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any

import botocore

from mlmock.engine import active

_MISSING = object()
_BOTOCORE = botocore.__file__.removesuffix("__init__.py")


class Patch:
    """One attribute, replaced while mocks run.

    `make` gets the patch and returns the replacement, which calls `patch.original` for what was
    there when it was applied. If somebody has put something else on top by the time the patch is
    undone, that stays, and the replacement under it: replacements are transparent while no mock
    runs.
    """

    __slots__ = (
        *("name", "original", "owner", "replacement"),
        *("_first", "_held", "_is_buried", "_make"),
    )

    def __init__(self, owner: Any, name: str, make: Callable[[Patch], Any]) -> None:
        self.owner = owner
        self.name = name
        self._held = owner.__dict__
        self.original: Any = _MISSING
        self.replacement = self._first = make(self)
        self._make = make
        self._is_buried = False

    def apply(self) -> Patch:
        """Put the replacement in place; return the patch that undoes it."""
        return apply_all((self,))[0]

    def undo(self) -> None:
        """Put back what was there."""
        undo_all((self,))

    def _reapply(self, present: Any) -> Patch:
        """Go on with a replacement that has stayed: it is in place, or something lies on top."""
        if present is not self.replacement:  # it calls what lies below: a second layer, no circle
            return type(self)(self.owner, self.name, self._make).apply()
        self._is_buried = False
        return self

    def swap(self, replacement: Any) -> None:
        """Put `replacement` in the place of the one that is there, if nothing lies on top of it."""
        if self._held.get(self.name) is self.replacement:
            setattr(self.owner, self.name, replacement)
            self.replacement = self._first = replacement

    def can_apply(self) -> bool:
        """True where the patch may go on top of what is there."""
        return True

    def leave_in_place(self) -> None:
        """Leave the replacement where it is, under what somebody has put on top."""
        self._is_buried = True


def apply_all(patches: Iterable[Patch]) -> list[Patch]:
    """Put replacements in place; return the patches that undo it, in the same order.

    This and `undo_all` are half of what an empty block costs.
    """
    applied = []
    for patch in patches:
        try:
            present = patch._held[patch.name]
        except KeyError:
            present = _MISSING
        if present is patch.replacement or patch._is_buried:
            applied.append(patch._reapply(present))
            continue
        patch.original = present
        setattr(patch.owner, patch.name, patch.replacement)
        applied.append(patch)
    return applied


def undo_all(applied: Sequence[Patch]) -> None:
    """Put back what was there, what was applied last first."""
    for patch in reversed(applied):
        try:  # get() would take twice as long
            present = patch._held[patch.name]
        except KeyError:
            present = _MISSING
        if present is not patch.replacement:
            patch.leave_in_place()
        elif patch.original is _MISSING:
            delattr(patch.owner, patch.name)
        else:
            setattr(patch.owner, patch.name, patch.original)
            patch.replacement = patch._first


class TriggerPatch(Patch):
    """A patch of what comes first: whoever goes through it has all the rest patched.

    So a block that nobody calls in costs little. `behind` is what it then gives way to.
    """

    __slots__ = ("behind",)

    def __init__(self, owner: Any, name: str, make: Callable[[Patch], Any]) -> None:
        super().__init__(owner, name, make)
        self.behind = self.replacement
        self.replacement = self._first = _gate(self)

    def open(self) -> None:
        """Give way to what lies behind, until the block ends."""
        self.swap(self.behind)

    def swap(self, replacement: Any) -> None:
        """Let `replacement` lie behind, and give way to it."""
        self.behind = replacement
        gate = self._first
        super().swap(replacement)
        self._first = gate  # the next block begins with it again

    def _reapply(self, present: Any) -> Patch:
        taken = super()._reapply(present)
        if taken is self:
            super().swap(self._first)
        return taken


class ReplacementPatch(Patch):
    """A patch that doesn't call what it stands in for: it goes over upstream's own, nothing else.

    What somebody has put there, to look on or to stub, stays and is called.
    """

    __slots__ = ()

    def can_apply(self) -> bool:
        """True where upstream's own is there, or nothing, or ours has come to light."""
        present = self._held.get(self.name, _MISSING)
        if present is _MISSING or present is self.replacement:
            return True
        if type(present) is FunctionType:
            return present.__code__.co_filename.startswith(_BOTOCORE)
        return type(present) is ModuleType


def _gate(patch: TriggerPatch) -> Any:
    def gate(*args: Any, **kwargs: Any) -> Any:
        context = active.current()
        if context is not None:
            context.state.interception.apply_all()
        return patch.behind(*args, **kwargs)

    return gate


def lazy_replacement(room: str, name: str) -> Callable[[Patch], Any]:
    """Return a `make` whose replacement is made, and its room loaded, when it is first called.

    It is made by the function `name` of the room, which gets the patch, and returns None where
    upstream's own is to be called.
    """

    def make(patch: Patch) -> Any:
        made: list[Any] = []

        def stand_in(*args: Any, **kwargs: Any) -> Any:
            if not made:
                found = getattr(import_module(f"mlmock.interception.{room}"), name)(patch)
                made.append(found or _upstream(patch))
                patch.swap(made[0])
            return made[0](*args, **kwargs)

        return stand_in

    return make


def _upstream(patch: Patch) -> Any:
    return lambda *args, **kwargs: patch.original(*args, **kwargs)
