"""Tags of resources, by ARN: put on, taken off, listed in the order in which they came."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from mlmock.errors import ServiceError
from mlmock.simulation.undo_log import UndoLog

Tag = Mapping[str, str]


class Tags:
    """The tags of one backend's resources: at most `most` a resource."""

    def __init__(self, undo_log: UndoLog, *, most: int) -> None:
        self._undo_log = undo_log
        self._most = most
        self._tags: dict[str, dict[str, str]] = {}

    def of(self, arn: str) -> list[dict[str, str]]:
        """Return the tags of a resource as the services list them."""
        return [{"Key": key, "Value": value} for key, value in self._tags.get(arn, {}).items()]

    def add(self, arn: str, tags: Iterable[Tag], over: Callable[[int], ServiceError]) -> None:
        """Put `tags` on a resource; a key that it has gets the new value.

        Raises what `over` returns for the limit if there would be too many, and changes nothing.
        """
        before = self._tags.get(arn, {})
        after = {**before, **{tag["Key"]: tag["Value"] for tag in tags}}
        if len(after) > self._most:
            raise over(self._most)
        if after != before:
            self._undo_log.set_item(self._tags, arn, after)

    def remove(self, arn: str, keys: Iterable[str]) -> None:
        """Take the tags with these keys off a resource; keys that it hasn't are ignored."""
        gone = set(keys)
        before = self._tags.get(arn, {})
        self._undo_log.set_item(self._tags, arn, {k: v for k, v in before.items() if k not in gone})

    def forget(self, arn: str) -> None:
        """Forget the tags of a resource that is gone."""
        if arn in self._tags:
            self._undo_log.pop_item(self._tags, arn)


def repeated(tags: Iterable[Tag]) -> str | None:
    """Return a key that stands in `tags` more than once, or None."""
    seen: set[str] = set()
    for tag in tags:
        if tag["Key"] in seen:
            return tag["Key"]
        seen.add(tag["Key"])
    return None
