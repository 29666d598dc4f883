"""What a test declares, by name, region and account."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic

from mlmock.aws.scope import Scope, ScopeFilter
from mlmock.simulation.undo_log import UndoLog

if TYPE_CHECKING:
    pass
from mlmock.services.common.backend import T


class ScopedRegistry(Generic[T]):
    """Things that a handle declares by name, everywhere or where `ml.at` says."""

    def __init__(self, undo_log: UndoLog) -> None:
        self._undo_log = undo_log
        self._things: dict[str, dict[ScopeFilter, T]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._things.values()))

    def get_or_add(self, name: str, at: ScopeFilter, make: Callable[[], T]) -> T:
        """Return what is declared as `name` at `at`; made if it is new."""
        things = self._things.setdefault(name, {})
        found = things.get(at)
        if found is None:
            found = make()
            self._undo_log.set_item(things, at, found)
        return found

    def find(self, name: str, scope: Scope) -> T | None:
        """Return what holds as `name` in `scope`: the narrowest declaration, or None."""
        things = self._things.get(name)
        if not things:
            return None
        if len(things) == 1:  # as a rule there is one, which holds everywhere
            ((at, thing),) = things.items()
            return thing if at.covers(scope) else None
        for region in (scope.region, None):
            for account_id in (scope.account_id, None):
                found = things.get(ScopeFilter(region, account_id))
                if found is not None:
                    return found
        return None

    def values(self) -> list[T]:
        """Return everything declared."""
        return [thing for things in self._things.values() for thing in things.values()]
