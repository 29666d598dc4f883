"""Pagination: the cost of a page does not depend on how much is stored.

A token holds the sort key after which its page begins, not a count, so it stays valid when items
are added or removed. It is bound to the operation, its filters and its order, but not to the page
size. A token of another listing, or an altered one, is rejected.
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
    """Sort keys in order. Appending and searching are cheap."""

    def __init__(self, undo_log: UndoLog) -> None:
        self._undo_log = undo_log
        self._keys: list[SortKey] = []

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, key: SortKey) -> None:
        """Insert a key."""
        keys = self._keys
        if not keys or keys[-1] < key:
            keys.append(key)
        else:
            keys.insert(bisect_left(keys, key), key)
        self._undo_log.record(lambda: self._discard(key))

    def remove(self, key: SortKey) -> None:
        """Remove a key."""
        self._discard(key)
        self._undo_log.record(lambda: self._keys.insert(bisect_left(self._keys, key), key))

    def _discard(self, key: SortKey) -> None:
        index = bisect_left(self._keys, key)
        if index < len(self._keys) and self._keys[index] == key:
            del self._keys[index]

    def between(
        self, low: SortKey | None, high: SortKey | None, *, after: SortKey | None, descending: bool
    ) -> Iterator[SortKey]:
        """Yield the keys with ``low <= key < high`` that come after `after`, in the given order."""
        start = 0 if low is None else bisect_left(self._keys, low)
        end = len(self._keys) if high is None else bisect_left(self._keys, high)
        if after is not None and descending:
            end = min(end, bisect_left(self._keys, after))
        elif after is not None:
            start = max(start, bisect_right(self._keys, after))
        indexes = range(end - 1, start - 1, -1) if descending else range(start, end)
        for index in indexes:
            yield self._keys[index]


def paginate(
    keys: Iterator[SortKey], size: int, token: Callable[[SortKey], str]
) -> tuple[list[SortKey], str | None]:
    """Return a page.

    Args:
        keys: The remaining sort keys in order.
        size: The page size.
        token: Returns the token of the page after a key.

    Returns:
        The first `size` keys, and the token of the next page or None.
    """
    page: list[SortKey] = []
    for key in keys:
        if len(page) == size:
            return page, token(page[-1])
        page.append(key)
    return page, None


class PageTokens:
    """The tokens of one listing: its operation, filters and order are `listing`.

    Tokens have letters, digits, ``+`` and ``/``, which the patterns of the models allow.
    """

    def __init__(self, *listing: Any, code: str = "ValidationException") -> None:
        self._listing = json.dumps(listing, default=str, sort_keys=True)
        self._code = code

    def make(self, key: SortKey) -> str:
        """Return the token of the page after `key`."""
        text = json.dumps(key, separators=(",", ":"), default=str).encode()
        return base64.b64encode(self._seal(text) + text).decode().rstrip("=")

    def read(self, token: str | None) -> SortKey | None:
        """Return the key in `token`; ServiceError for a token of another listing."""
        if token is None:
            return None
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4))
        except (ValueError, binascii.Error):
            raise self._invalid() from None
        seal, text = raw[:12], raw[12:]
        if seal != self._seal(text) or token != self._encode(raw):
            raise self._invalid()
        return tuple(json.loads(text))

    @staticmethod
    def _encode(raw: bytes) -> str:
        return base64.b64encode(raw).decode().rstrip("=")

    def _seal(self, text: bytes) -> bytes:
        return hashlib.blake2b(text + self._listing.encode(), digest_size=12).digest()

    def _invalid(self) -> ServiceError:
        return ServiceError(self._code, "The pagination token is invalid.")
