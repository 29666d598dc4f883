"""What a dataset holds, frozen: a change makes another content, so that none needs undoing."""

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

_VIEWS = 32
_DATE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?"
)


@dataclass(frozen=True, slots=True)
class Filter:
    """What ListDatasetEntries is asked for; None asks nothing. Instants are seconds since 1970."""

    labeled: bool | None = None
    label: str | None = None
    before: float | None = None
    after: float | None = None
    contains: str | None = None


class View:
    """The places of the entries that one filter lets through, looked up as far as asked for."""

    def __init__(self, places: Iterator[int]) -> None:
        self._found: list[int] = []
        self._rest = places

    def page(self, size: int, after: int | None) -> tuple[list[int], bool]:
        """Return `size` places behind the place `after`, and True if there are more."""
        start = 0 if after is None else self._behind(after)
        end = start + size
        self._found.extend(islice(self._rest, max(end + 1 - len(self._found), 0)))
        return self._found[start:end], len(self._found) > end

    def _behind(self, after: int) -> int:
        found = self._found
        while not found or found[-1] <= after:
            place = next(self._rest, None)
            if place is None:
                break
            found.append(place)
        return bisect_right(found, after)


class Content:
    """The entries of a dataset in the order in which they came in."""

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        self.entries = entries
        self._views: dict[Filter, View] = {}
        self._dates: dict[str, float | None] = {}

    @cached_property
    def stats(self) -> dict[str, int]:
        """The counters: Total, Labeled, Normal, Anomaly."""
        return count(self.entries)

    @property
    def bucket(self) -> str:
        """The bucket in which all images lie; empty while there are none."""
        return self.entries[0].bucket if self.entries else ""

    @cached_property
    def colours(self) -> dict[str, str]:
        """The anomaly labels of the masks, each with its colour."""
        return {name: colour for entry in self.entries for name, colour in entry.colours}

    @cached_property
    def _places(self) -> dict[str, int]:
        return {entry.ref: place for place, entry in enumerate(self.entries)}

    def changed(self, entries: Iterable[Entry]) -> Content:
        """Return this with `entries`: of known images in their places, of new ones at the end."""
        after, places = list(self.entries), dict(self._places)
        for entry in entries:
            place = places.setdefault(entry.ref, len(after))
            after[place : place + 1] = [entry]
        return Content(after)

    def page(self, wanted: Filter, size: int, after: int | None) -> tuple[list[str], int | None]:
        """Return `size` lines that `wanted` lets through, from behind the place `after` on.

        Beside them stands the place behind which the next page begins, or None. What a filter has
        let through is remembered, so that no page costs more because of where it stands. The
        caller holds a lock.
        """
        places, more = self._view(wanted).page(size, after)
        return [self.entries[place].text for place in places], places[-1] if more else None

    def _view(self, wanted: Filter) -> View:
        found = self._views.get(wanted)
        if found is None:
            if len(self._views) >= _VIEWS:
                self._views.clear()
            found = self._views[wanted] = View(self._look_up(wanted))
        return found

    def _look_up(self, wanted: Filter) -> Iterator[int]:
        entries, label, text = self.entries, wanted.label, wanted.contains
        found = iter(range(len(entries)))
        if wanted.labeled is not None:
            found = (place for place in found if bool(entries[place].label) is wanted.labeled)
        if label is not None:
            found = (place for place in found if entries[place].label == label)
        if text is not None:
            found = (place for place in found if text in entries[place].ref)
        if wanted.before is not None or wanted.after is not None:
            found = filter(partial(self._is_dated, wanted), found)
        return found

    def _is_dated(self, wanted: Filter, place: int) -> bool:
        instant = self._instant(self.entries[place])
        return (wanted.before is None or instant < wanted.before) and (
            wanted.after is None or instant > wanted.after
        )

    def _instant(self, entry: Entry) -> float:
        """Return when the label was made, if that can be read, else when the line came (judged)."""
        if entry.dated is None:
            return entry.added
        if entry.dated not in self._dates:
            self._dates[entry.dated] = parse_date(entry.dated)
        found = self._dates[entry.dated]
        return entry.added if found is None else found


def parse_date(text: str) -> float | None:
    """Return the seconds since 1970 of an ISO 8601 date (UTC if it names no zone), or None."""
    if text[4:5] == text[7:8] == "-" and text[13:14] == text[16:17] == ":":
        try:  # the usual form, in a quarter of the time
            moment = datetime.fromisoformat(text[:-1] if text[-1] == "Z" else text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()
        except (ValueError, OverflowError):
            pass  # Python 3.10 reads no other fractions than of three and six digits
    return _parse_any(text)


def _parse_any(text: str) -> float | None:
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    *fields, fraction, zone = found.groups()
    try:
        moment = datetime(*[int(field or 0) for field in fields], tzinfo=timezone.utc)  # type: ignore[misc,arg-type]
        return to_seconds(moment - _offset(zone)) + float(fraction or 0)
    except (ValueError, OverflowError):
        return None


def _offset(zone: str | None) -> timedelta:
    if zone in (None, "Z"):
        return timedelta()
    hours, minutes = int(str(zone)[:3]), int(str(zone)[-2:])
    return timedelta(hours=hours, minutes=minutes if hours >= 0 else -minutes)
