"""Tags of resources by ARN, in the order in which they were added."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from mlmock.errors import ServiceError
from mlmock.simulation.undo_log import UndoLog

Tag = Mapping[str, str]


class Tags:
    """The tags of the resources of one backend: at most `maximum` for each."""

    def __init__(self, undo_log: UndoLog, *, maximum: int) -> None:
        self._undo_log = undo_log
        self._maximum = maximum
        self._tags: dict[str, dict[str, str]] = {}

    def of(self, arn: str) -> list[dict[str, str]]:
        """Return the tags of a resource in the form of the services."""
        return [{"Key": key, "Value": value} for key, value in self._tags.get(arn, {}).items()]

    def add(self, arn: str, tags: Iterable[Tag], over: Callable[[int], ServiceError]) -> None:
        """Add tags to a resource; an existing key gets the new value.

        Args:
            arn: The ARN of the resource.
            tags: The tags.
            over: Returns the error for too many tags; it takes the maximum.

        Raises:
            ServiceError: The resource would have too many tags. Nothing changes.
        """
        before = self._tags.get(arn, {})
        after = {**before, **{tag["Key"]: tag["Value"] for tag in tags}}
        if len(after) > self._maximum:
            raise over(self._maximum)
        if after != before:
            self._undo_log.set_item(self._tags, arn, after)

    def remove(self, arn: str, keys: Iterable[str]) -> None:
        """Remove the tags with these keys; unknown keys are ignored."""
        gone = set(keys)
        before = self._tags.get(arn, {})
        self._undo_log.set_item(self._tags, arn, {k: v for k, v in before.items() if k not in gone})

    def remove_all(self, arn: str) -> None:
        """Remove all tags of a deleted resource."""
        if arn in self._tags:
            self._undo_log.pop_item(self._tags, arn)


def repeated(tags: Iterable[Tag]) -> str | None:
    """Return a key that occurs in `tags` more than once, or None."""
    seen: set[str] = set()
    for tag in tags:
        if tag["Key"] in seen:
            return tag["Key"]
        seen.add(tag["Key"])
    return None
