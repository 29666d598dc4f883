"""ListAsyncInvokes: pages whose cost doesn't depend on how many invocations there are.

There is a shelf for each status, and one for all. A page takes from one of them what it shows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple, cast

from mlmock.aws.scope import Scope
from mlmock.services.bedrock_runtime.async_invoke.jobs import ASYNC_INVOKE, AsyncInvokeRecord, Place
from mlmock.services.common.pagination import PageTokens, SortedKeys
from mlmock.simulation.clock import to_seconds
from mlmock.simulation.undo_log import UndoLog

_DEFAULT_PAGE = 100


class Query(NamedTuple):
    """What one call lists: times are exclusive at both ends (judged), `after` is its token's."""

    status: str | None
    low: tuple[float, float] | None
    high: tuple[float] | None
    descending: bool
    size: int
    after: Place | None = None


def read(params: Mapping[str, Any], scope: Scope) -> Query:
    """Return what the parameters of ListAsyncInvokes ask for; ServiceError for a bad token."""
    since, until = params.get("submitTimeAfter"), params.get("submitTimeBefore")
    token = params.get("nextToken")
    return Query(
        params.get("statusEquals"),
        None if since is None else (to_seconds(since), math.inf),
        None if until is None else (to_seconds(until),),
        params.get("sortOrder", "Descending") == "Descending",
        params.get("maxResults", _DEFAULT_PAGE),
        None if token is None else cast("Place", tokens_of(params, scope).read(token)),
    )


def tokens_of(params: Mapping[str, Any], scope: Scope) -> PageTokens:
    """Return the tokens of a listing: of a place, its filters and its order."""
    names = ("statusEquals", "submitTimeAfter", "submitTimeBefore")
    filters = [params.get(name) for name in names]
    order = params.get("sortOrder", "Descending")
    return PageTokens("ListAsyncInvokes", scope.account_id, scope.region, order, *filters)


class InvokeIndex:
    """The invocations of one account and region in the order of their submission."""

    def __init__(self, undo_log: UndoLog) -> None:
        self._all = SortedKeys(undo_log)
        self._by_status = {state: SortedKeys(undo_log) for state in ASYNC_INVOKE.states}

    def add(self, invoke: AsyncInvokeRecord) -> None:
        """Put down a new invocation."""
        self._all.add(invoke.place)
        self._by_status[invoke.status].add(invoke.place)

    def move(self, place: Place, old: str, new: str) -> None:
        """Note that the status of an invocation has changed."""
        self._by_status[old].remove(place)
        self._by_status[new].add(place)

    def page(
        self, query: Query, look: Callable[[Place], AsyncInvokeRecord]
    ) -> tuple[list[AsyncInvokeRecord], Place | None]:
        """Return the page that `query` asks for, and the place after which the next one begins.

        Showing an invocation is a look at it, which may end it. One that a look ends is no longer
        in progress, and a listing of those goes on without it.
        """
        self._look_ahead(query, look)
        rows: list[AsyncInvokeRecord] = []
        while True:
            wanted = query.size - len(rows)
            places = list(islice(self._places(query), wanted + 1))
            found = [look(place) for place in places[:wanted]]
            if query.status is not None:
                found = [invoke for invoke in found if invoke.status == query.status]
            rows += found
            if len(places) <= wanted:
                return rows, None
            query = query._replace(after=places[wanted - 1])
            if len(rows) == query.size:
                return rows, query.after

    def _places(self, query: Query) -> Iterator[Place]:
        shelf = self._all if query.status is None else self._by_status[query.status]
        found = shelf.between(query.low, query.high, after=query.after, descending=query.descending)
        return cast("Iterator[Place]", found)

    def _look_ahead(self, query: Query, look: Callable[[Place], AsyncInvokeRecord]) -> None:
        """Look at a page of what is in progress before those that have ended are shown.

        Else whoever polls for an end by ``statusEquals`` would never see one.
        """
        if query.status in (None, ASYNC_INVOKE.start):
            return
        pending = query._replace(status=ASYNC_INVOKE.start, after=None)
        for place in list(islice(self._places(pending), query.size)):
            look(place)
