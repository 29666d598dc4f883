"""Every change of what a mock stores goes through here, so that a savepoint can take it back.

Costs what changed, not what exists: outside a savepoint nothing is noted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

K = TypeVar("K")
V = TypeVar("V")
_MISSING = object()


class UndoLog:
    """Applies changes, and keeps how to undo them while a savepoint is open."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], Any]] | None = None

    def set(self, thing: Any, **values: Any) -> None:
        """Set attributes of `thing`."""
        for name, value in values.items():
            if self._undo is not None:
                self._undo.append(_setter(thing, name, getattr(thing, name)))
            setattr(thing, name, value)

    def set_item(self, mapping: MutableMapping[K, V], key: K, value: V) -> None:
        """Store `value` under `key`."""
        if self._undo is not None:
            self._undo.append(_restorer(mapping, key))
        mapping[key] = value

    def pop_item(self, mapping: MutableMapping[K, V], key: K) -> V:
        """Take out and return what is stored under `key`; KeyError if nothing is.

        An undone drop goes to the end of a dict, so don't rely on a dict's order.
        """
        if self._undo is not None:
            self._undo.append(_restorer(mapping, key))
        return mapping.pop(key)

    def record_contents(self, container: dict[Any, Any] | list[Any]) -> None:
        """Note all that `container` holds: it is about to be emptied."""
        if self._undo is not None:
            self._undo.append(partial(_restore_contents, container, container.copy()))

    def record(self, undo: Callable[[], Any]) -> None:
        """Note how to undo a change that was made elsewhere."""
        if self._undo is not None:
            self._undo.append(undo)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo at the end what changed inside. Nests."""
        outer, self._undo = self._undo, []
        mine = self._undo
        try:
            yield
        finally:
            self._undo = None
            for undo in reversed(mine):
                undo()
            self._undo = outer


def _restore_contents(container: Any, before: Any) -> None:
    container.clear()
    (container.update if isinstance(container, dict) else container.extend)(before)


def _setter(thing: Any, name: str, value: Any) -> Callable[[], None]:
    return lambda: setattr(thing, name, value)


def _restorer(mapping: MutableMapping[Any, Any], key: Any) -> Callable[[], Any]:
    old = mapping.get(key, _MISSING)
    if old is _MISSING:
        return lambda: mapping.pop(key, None)
    return lambda: mapping.__setitem__(key, old)
