"""The undo log: all changes of stored state go through it, so that a savepoint can undo them.

Its cost depends on what changes, not on what exists. Outside a savepoint nothing is recorded.
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
    """A log that applies changes and, in a savepoint, records how to undo them."""

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
        """Remove and return the value of `key`; KeyError if there is none.

        Undo appends the key at the end of a dict, so its order is not restored.
        """
        if self._undo is not None:
            self._undo.append(_restorer(mapping, key))
        return mapping.pop(key)

    def record_contents(self, container: dict[Any, Any] | list[Any]) -> None:
        """Record the contents of `container`, which is about to be cleared."""
        if self._undo is not None:
            self._undo.append(partial(_restore_contents, container, container.copy()))

    def record(self, undo: Callable[[], Any]) -> None:
        """Record how to undo a change that is made elsewhere."""
        if self._undo is not None:
            self._undo.append(undo)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo all changes of the `with` block at its end. Savepoints nest."""
        outer, self._undo = self._undo, []
        recorded = self._undo
        try:
            yield
        finally:
            self._undo = None
            for undo in reversed(recorded):
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
