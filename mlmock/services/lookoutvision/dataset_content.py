"""Immutable contents of datasets.

A change returns new content, so that the undo log only has to restore a reference.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cached_property, partial
from itertools import islice

from mlmock.services.lookoutvision.manifest import Entry, count
from mlmock.simulation.clock import to_seconds

_MAX_VIEWS = 32
_DATE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?"
)


@dataclass(frozen=True, slots=True)
class Filter:
    """The filters of ListDatasetEntries, or None for each. Times are seconds since 1970."""

    labeled: bool | None = None
    label: str | None = None
    before: float | None = None
    after: float | None = None
    contains: str | None = None


class View:
    """The indexes of the entries that match a filter, computed as far as they are needed."""

    def __init__(self, indexes: Iterator[int]) -> None:
        self._found: list[int] = []
        self._rest = indexes

    def page(self, size: int, after: int | None) -> tuple[list[int], bool]:
        """Return a page of indexes, and whether there are more.

        Args:
            size: The number of indexes.
            after: The index before the page, or None for the first page.
        """
        start = 0 if after is None else self._position_after(after)
        end = start + size
        self._found.extend(islice(self._rest, max(end + 1 - len(self._found), 0)))
        return self._found[start:end], len(self._found) > end

    def _position_after(self, after: int) -> int:
        found = self._found
        while not found or found[-1] <= after:
            index = next(self._rest, None)
            if index is None:
                break
            found.append(index)
        return bisect_right(found, after)


class Content:
    """The entries of a dataset, in the order in which they were added."""

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        self.entries = entries
        self._views: dict[Filter, View] = {}
        self._dates: dict[str, float | None] = {}

    @cached_property
    def stats(self) -> dict[str, int]:
        """The ImageStats: Total, Labeled, Normal, Anomaly."""
        return count(self.entries)

    @property
    def bucket(self) -> str:
        """The bucket of all images, or an empty string without images."""
        return self.entries[0].bucket if self.entries else ""

    @cached_property
    def colors(self) -> dict[str, str]:
        """The anomaly labels of the masks, each with its color."""
        return {name: color for entry in self.entries for name, color in entry.colors}

    @cached_property
    def _indexes(self) -> dict[str, int]:
        return {entry.ref: index for index, entry in enumerate(self.entries)}

    def changed(self, entries: Iterable[Entry]) -> Content:
        """Return new content in which `entries` replace those of the same image or are appended."""
        after, indexes = list(self.entries), dict(self._indexes)
        for entry in entries:
            index = indexes.setdefault(entry.ref, len(after))
            after[index : index + 1] = [entry]
        return Content(after)

    def page(self, criteria: Filter, size: int, after: int | None) -> tuple[list[str], int | None]:
        """Return a page of JSON lines, and the index to continue after or None.

        The matches of a filter are cached, so that later pages cost no more than the first. The
        caller must hold the lock of the backend.

        Args:
            criteria: The filters.
            size: The number of lines.
            after: The index before the page, or None for the first page.
        """
        indexes, more = self._view(criteria).page(size, after)
        return [self.entries[index].text for index in indexes], indexes[-1] if more else None

    def _view(self, criteria: Filter) -> View:
        found = self._views.get(criteria)
        if found is None:
            if len(self._views) >= _MAX_VIEWS:
                self._views.clear()
            found = self._views[criteria] = View(self._matching(criteria))
        return found

    def _matching(self, criteria: Filter) -> Iterator[int]:
        entries, label, text = self.entries, criteria.label, criteria.contains
        found = iter(range(len(entries)))
        if criteria.labeled is not None:
            found = (index for index in found if bool(entries[index].label) is criteria.labeled)
        if label is not None:
            found = (index for index in found if entries[index].label == label)
        if text is not None:
            found = (index for index in found if text in entries[index].ref)
        if criteria.before is not None or criteria.after is not None:
            found = filter(partial(self._is_in_period, criteria), found)
        return found

    def _is_in_period(self, criteria: Filter, index: int) -> bool:
        instant = self._instant(self.entries[index])
        return (criteria.before is None or instant < criteria.before) and (
            criteria.after is None or instant > criteria.after
        )

    def _instant(self, entry: Entry) -> float:
        """Return the creation date of the label. Assumption: by default the time of addition."""
        if entry.label_date is None:
            return entry.added
        if entry.label_date not in self._dates:
            self._dates[entry.label_date] = parse_date(entry.label_date)
        found = self._dates[entry.label_date]
        return entry.added if found is None else found


def parse_date(text: str) -> float | None:
    """Return an ISO 8601 date (UTC by default) as seconds since 1970, or None if it is not one."""
    if text[4:5] == text[7:8] == "-" and text[13:14] == text[16:17] == ":":
        try:  # Fast path for the usual format.
            time = datetime.fromisoformat(text[:-1] if text[-1] == "Z" else text)
            return (time if time.tzinfo else time.replace(tzinfo=timezone.utc)).timestamp()
        except (ValueError, OverflowError):
            pass  # Python 3.10 only parses fractions of three and six digits.
    return _parse_any(text)


def _parse_any(text: str) -> float | None:
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    *fields, fraction, zone = found.groups()
    try:
        time = datetime(*[int(field or 0) for field in fields], tzinfo=timezone.utc)  # type: ignore[misc,arg-type]
        return to_seconds(time - _offset(zone)) + float(fraction or 0)
    except (ValueError, OverflowError):
        return None


def _offset(zone: str | None) -> timedelta:
    if zone in (None, "Z"):
        return timedelta()
    hours, minutes = int(str(zone)[:3]), int(str(zone)[-2:])
    return timedelta(hours=hours, minutes=minutes if hours >= 0 else -minutes)
