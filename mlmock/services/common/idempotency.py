"""Client tokens: the same token and input again gets the first answer, not a second effect.

A token is looked up in its scope (an operation, say). What failed doesn't use a token up.
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

Answer = TypeVar("Answer")
Key = tuple[Hashable, str]


@dataclass(frozen=True, slots=True)
class FirstCall:
    """The first call with a token: the digest of its input, its answer, when it is forgotten."""

    digest: bytes
    answer: Any
    expires: float


class ClientTokens:
    """The tokens that one backend has met; each is forgotten after `lifetime` virtual seconds."""

    def __init__(self, undo_log: UndoLog, clock: Clock, *, lifetime: float) -> None:
        self._undo_log = undo_log
        self._clock = clock
        self._lifetime = lifetime
        self._known: dict[Key, FirstCall] = {}

    def __len__(self) -> int:
        return len(self._known)

    def run_once(
        self,
        scope: Hashable,
        token: str | None,
        given: Mapping[str, Any],
        *,
        work: Callable[[], Answer],
        conflict: Callable[[], ServiceError],
    ) -> Answer:
        """Return what `work` answers, or what it answered to the same token and input before.

        `given` is the input without the token. What `conflict` returns is raised for a token that
        came with other input; whatever `work` raises passes, and the token stays free. Without a
        token there is nothing to look up.
        """
        if token is None:
            return work()
        key, digest = (scope, token), params_digest(given)
        first = self._living(key)
        if first is None:
            return self._first(key, digest, work())
        if first.digest != digest:
            raise conflict()
        answer: Answer = first.answer
        return answer

    def _first(self, key: Key, digest: bytes, answer: Answer) -> Answer:
        self._sweep()
        if key in self._known:
            self._undo_log.pop_item(
                self._known, key
            )  # to the end: the sweep begins with the oldest
        expires = self._clock.seconds() + self._lifetime
        self._undo_log.set_item(self._known, key, FirstCall(digest, answer, expires))
        return answer

    def _living(self, key: Key) -> FirstCall | None:
        found = self._known.get(key)
        return found if found is not None and self._clock.seconds() < found.expires else None

    def _sweep(self) -> None:
        """Forget what has expired, as far as it stands at the front."""
        now = self._clock.seconds()
        while self._known:
            key = next(iter(self._known))
            if self._known[key].expires > now:
                return
            self._undo_log.pop_item(self._known, key)


def params_digest(given: Mapping[str, Any]) -> bytes:
    """Return a digest of parameters as boto3 takes them: the same for the same input."""
    text = json.dumps(given, sort_keys=True, default=_plain, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _plain(value: Any) -> Any:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return [len(value), hashlib.blake2b(value, digest_size=16).hexdigest()]
    return str(value)
