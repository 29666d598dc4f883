"""Declarations of a test, by name, region and account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from mlmock.aws.scope import Scope, ScopeFilter
from mlmock.simulation.undo_log import UndoLog

T = TypeVar("T")


class ScopedRegistry(Generic[T]):
    """Declarations by name, each for all scopes or for those of `ml.at`."""

    def __init__(self, undo_log: UndoLog) -> None:
        self._undo_log = undo_log
        self._declarations: dict[str, dict[ScopeFilter, T]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._declarations.values()))

    def get_or_add(self, name: str, at: ScopeFilter, make: Callable[[], T]) -> T:
        """Return the declaration of `name` for `at`; `make` creates it if it is new."""
        declarations = self._declarations.setdefault(name, {})
        found = declarations.get(at)
        if found is None:
            found = make()
            self._undo_log.set_item(declarations, at, found)
        return found

    def find(self, name: str, scope: Scope) -> T | None:
        """Return the narrowest declaration of `name` that covers `scope`, or None."""
        declarations = self._declarations.get(name)
        if not declarations:
            return None
        if len(declarations) == 1:  # the usual case: one declaration for all scopes
            ((at, declaration),) = declarations.items()
            return declaration if at.covers(scope) else None
        for region in (scope.region, None):
            for account_id in (scope.account_id, None):
                found = declarations.get(ScopeFilter(region, account_id))
                if found is not None:
                    return found
        return None

    def values(self) -> list[T]:
        """Return all declarations."""
        return [
            declaration
            for declarations in self._declarations.values()
            for declaration in declarations.values()
        ]
