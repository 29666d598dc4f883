"""Pages whose cost doesn't depend on how much is stored, and tokens that outlive changes.

A token holds the place after which its page begins, not a count: it stays valid when items come
and go. It is bound to the operation, its filters and its order, not to the page size; a foreign or
altered one is refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from typing import Any

from mlmock.errors import ServiceError
from mlmock.simulation.undo_log import UndoLog

SortKey = tuple[Any, ...]


class SortedKeys:
    """Places (tuples that sort) in order; adding at the end and finding a place are cheap."""

    def __init__(self, undo_log: UndoLog) -> None:
        self._undo_log = undo_log
        self._places: list[SortKey] = []

    def __len__(self) -> int:
        return len(self._places)

    def add(self, place: SortKey) -> None:
        """Put `place` where it belongs."""
        places = self._places
        if not places or places[-1] < place:
            places.append(place)
        else:
            places.insert(bisect_left(places, place), place)
        self._undo_log.record(lambda: self._take(place))

    def remove(self, place: SortKey) -> None:
        """Take `place` out."""
        self._take(place)
        self._undo_log.record(lambda: self._places.insert(bisect_left(self._places, place), place))

    def _take(self, place: SortKey) -> None:
        index = bisect_left(self._places, place)
        if index < len(self._places) and self._places[index] == place:
            del self._places[index]

    def between(
        self, low: SortKey | None, high: SortKey | None, *, after: SortKey | None, descending: bool
    ) -> Iterator[SortKey]:
        """Yield the places p with low <= p < high, after the place `after` in the given order."""
        start = 0 if low is None else bisect_left(self._places, low)
        end = len(self._places) if high is None else bisect_left(self._places, high)
        if after is not None and descending:
            end = min(end, bisect_left(self._places, after))
        elif after is not None:
            start = max(start, bisect_right(self._places, after))
        indexes = range(end - 1, start - 1, -1) if descending else range(start, end)
        for index in indexes:
            yield self._places[index]


def paginate(
    places: Iterator[SortKey], size: int, token: Callable[[SortKey], str]
) -> tuple[list[SortKey], str | None]:
    """Return the first `size` of `places`, and the token of the page after them if there is one."""
    found: list[SortKey] = []
    for place in places:
        if len(found) == size:
            return found, token(found[-1])
        found.append(place)
    return found, None


class PageTokens:
    """The tokens of one listing: bound to `what` it lists, with which filters, in which order.

    They are spelt in letters, digits, ``+`` and ``/``: what the models' patterns allow.
    """

    def __init__(self, *what: Any, code: str = "ValidationException") -> None:
        self._what = json.dumps(what, default=str, sort_keys=True)
        self._code = code

    def make(self, place: SortKey) -> str:
        """Return the token of the page that begins after `place`."""
        text = json.dumps(place, separators=(",", ":"), default=str).encode()
        return base64.b64encode(self._seal(text) + text).decode().rstrip("=")

    def read(self, token: str | None) -> SortKey | None:
        """Return the place that `token` holds; ServiceError for one of another listing."""
        if token is None:
            return None
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4))
        except (ValueError, binascii.Error):
            raise self._invalid() from None
        seal, text = raw[:12], raw[12:]
        if seal != self._seal(text) or token != self._spelt(raw):
            raise self._invalid()
        return tuple(json.loads(text))

    @staticmethod
    def _spelt(raw: bytes) -> str:
        return base64.b64encode(raw).decode().rstrip("=")

    def _seal(self, text: bytes) -> bytes:
        return hashlib.blake2b(text + self._what.encode(), digest_size=12).digest()

    def _invalid(self) -> ServiceError:
        return ServiceError(self._code, "The pagination token is invalid.")
