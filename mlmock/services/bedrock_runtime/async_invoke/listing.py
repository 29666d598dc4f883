"""Pages of ListAsyncInvokes, whose cost does not depend on the number of invocations.

There is a sorted index for each status and one for all invocations. A page reads only the keys
that it lists.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple, cast

from mlmock.aws.scope import Scope
from mlmock.services.bedrock_runtime.async_invoke.jobs import (
    ASYNC_INVOKE,
    AsyncInvokeRecord,
    SortKey,
)
from mlmock.services.common.pagination import PageTokens, SortedKeys
from mlmock.simulation.clock import to_seconds
from mlmock.simulation.undo_log import UndoLog

_DEFAULT_PAGE_SIZE = 100
Poll = Callable[[SortKey], AsyncInvokeRecord]


class Query(NamedTuple):
    """The parameters of one ListAsyncInvokes call.

    `low` and `high` are exclusive bounds of the sort key. `after` is the last key of the previous
    page. Assumption: submitTimeAfter and submitTimeBefore are exclusive.
    """

    status: str | None
    low: tuple[float, float] | None
    high: tuple[float] | None
    descending: bool
    page_size: int
    after: SortKey | None = None


def parse_query(params: Mapping[str, Any], scope: Scope) -> Query:
    """Return the query in the parameters of ListAsyncInvokes.

    Args:
        params: The parameters.
        scope: The scope of the call.

    Raises:
        ServiceError: If ``nextToken`` is invalid.
    """
    since, until = params.get("submitTimeAfter"), params.get("submitTimeBefore")
    token = params.get("nextToken")
    return Query(
        params.get("statusEquals"),
        None if since is None else (to_seconds(since), math.inf),
        None if until is None else (to_seconds(until),),
        params.get("sortOrder", "Descending") == "Descending",
        params.get("maxResults", _DEFAULT_PAGE_SIZE),
        None if token is None else cast("SortKey", page_tokens(params, scope).read(token)),
    )


def page_tokens(params: Mapping[str, Any], scope: Scope) -> PageTokens:
    """Return the page tokens of a listing, which are valid for its scope, filters and order."""
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
        """Add a new invocation."""
        self._all.add(invoke.sort_key)
        self._by_status[invoke.status].add(invoke.sort_key)

    def move(self, key: SortKey, old: str, new: str) -> None:
        """Move an invocation from the index of the status `old` to that of `new`."""
        self._by_status[old].remove(key)
        self._by_status[new].add(key)

    def page(self, query: Query, poll: Poll) -> tuple[list[AsyncInvokeRecord], SortKey | None]:
        """Return the invocations of a page, and the key after which the next page starts.

        Listing an invocation polls it, which may end it. In a listing of invocations in progress
        those that end are left out, and the page continues with the following ones.

        Args:
            query: The query.
            poll: A function that polls the invocation of a key and returns its record.
        """
        self._poll_in_progress(query, poll)
        rows: list[AsyncInvokeRecord] = []
        while True:
            missing = query.page_size - len(rows)
            keys = list(islice(self._keys(query), missing + 1))
            polled = [poll(key) for key in keys[:missing]]
            if query.status is not None:
                polled = [invoke for invoke in polled if invoke.status == query.status]
            rows += polled
            if len(keys) <= missing:
                return rows, None
            query = query._replace(after=keys[missing - 1])
            if len(rows) == query.page_size:
                return rows, query.after

    def _keys(self, query: Query) -> Iterator[SortKey]:
        index = self._all if query.status is None else self._by_status[query.status]
        keys = index.between(query.low, query.high, after=query.after, descending=query.descending)
        return cast("Iterator[SortKey]", keys)

    def _poll_in_progress(self, query: Query, poll: Poll) -> None:
        """Poll one page of invocations in progress before ended ones are listed.

        Otherwise a caller that polls only by ``statusEquals`` would never see an invocation end.
        """
        if query.status in (None, ASYNC_INVOKE.start):
            return
        in_progress = query._replace(status=ASYNC_INVOKE.start, after=None)
        for key in list(islice(self._keys(in_progress), query.page_size)):
            poll(key)
