"""Client tokens: a repeated request gets the first response and has no second effect.

A token belongs to a scope, for example an operation. A request that fails does not use its token.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from mlmock.errors import ServiceError
from mlmock.simulation.clock import Clock
from mlmock.simulation.undo_log import UndoLog

Outcome = TypeVar("Outcome")
Key = tuple[Hashable, str]


@dataclass(frozen=True, slots=True)
class FirstCall:
    """The first call with a token: the digest of its input, its result, when it expires."""

    digest: bytes
    result: Any
    expires: float


class ClientTokens:
    """The tokens of one backend; each expires after `lifetime` seconds of virtual time."""

    def __init__(self, undo_log: UndoLog, clock: Clock, *, lifetime: float) -> None:
        self._undo_log = undo_log
        self._clock = clock
        self._lifetime = lifetime
        self._calls: dict[Key, FirstCall] = {}

    def __len__(self) -> int:
        return len(self._calls)

    def run_once(
        self,
        scope: Hashable,
        token: str | None,
        params: Mapping[str, Any],
        *,
        work: Callable[[], Outcome],
        conflict: Callable[[], ServiceError],
    ) -> Outcome:
        """Return the result of `work`, or its earlier result for the same token and input.

        If `work` raises, the token stays unused. Without a token, `work` always runs.

        Args:
            scope: The scope of the token.
            token: The client token, or None.
            params: The input without the token.
            work: Does the work and returns the result.
            conflict: Returns the error for a token that was used with other input.

        Raises:
            ServiceError: The token was used with other input.
        """
        if token is None:
            return work()
        key, digest = (scope, token), params_digest(params)
        first = self._unexpired(key)
        if first is None:
            return self._first(key, digest, work())
        if first.digest != digest:
            raise conflict()
        result: Outcome = first.result
        return result

    def _first(self, key: Key, digest: bytes, result: Outcome) -> Outcome:
        self._sweep()
        if key in self._calls:
            # The key moves to the end: `_sweep` starts with the oldest.
            self._undo_log.pop_item(self._calls, key)
        expires = self._clock.seconds() + self._lifetime
        self._undo_log.set_item(self._calls, key, FirstCall(digest, result, expires))
        return result

    def _unexpired(self, key: Key) -> FirstCall | None:
        found = self._calls.get(key)
        return found if found is not None and self._clock.seconds() < found.expires else None

    def _sweep(self) -> None:
        """Remove expired calls from the front."""
        now = self._clock.seconds()
        while self._calls:
            key = next(iter(self._calls))
            if self._calls[key].expires > now:
                return
            self._undo_log.pop_item(self._calls, key)


def params_digest(params: Mapping[str, Any]) -> bytes:
    """Return a digest of parameters in the form of boto3; equal input has equal digests."""
    text = json.dumps(params, sort_keys=True, default=_plain, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _plain(value: Any) -> Any:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return [len(value), hashlib.blake2b(value, digest_size=16).hexdigest()]
    return str(value)
