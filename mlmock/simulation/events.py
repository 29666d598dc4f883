"""What AWS would have sent to EventBridge and SNS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, overload

from mlmock.exposed import exposed
from mlmock.simulation.undo_log import UndoLog


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event. SNS ones have a `topic` (its ARN) and the `message` (the text published)."""

    source: str
    detail_type: str
    detail: Mapping[str, Any]
    resources: tuple[str, ...] = ()
    time: datetime
    region: str
    account_id: str
    topic: str | None = None
    message: str | None = None
    id: str = field(default="", compare=False)


@exposed("Events", "last of clear __len__ __iter__")
class Events(Sequence[Event]):
    """The events of a mock, in order."""

    def __init__(self, undo_log: UndoLog) -> None:
        self._events: list[Event] = []
        self._undo_log = undo_log

    def __repr__(self) -> str:
        return f"<{len(self)} events: {', '.join(e.detail_type for e in self._events)}>"

    def __len__(self) -> int:
        return len(self._events)

    def __iter__(self) -> Iterator[Event]:
        return iter(list(self._events))

    @overload
    def __getitem__(self, place: int) -> Event: ...
    @overload
    def __getitem__(self, place: slice) -> list[Event]: ...
    def __getitem__(self, place: int | slice) -> Event | list[Event]:
        """Return one event, or those of a slice."""
        return self._events[place]

    @property
    def last(self) -> Event:
        """The latest event; IndexError if there was none."""
        if not self._events:
            raise IndexError("no event has been sent")
        return self._events[-1]

    def of(self, detail_type: str) -> list[Event]:
        """Return the events of one detail type."""
        return [event for event in self._events if event.detail_type == detail_type]

    def emit(self, event: Event) -> None:
        """Put down an event that AWS would have sent now."""
        self._events.append(event)
        self._undo_log.record(self._events.pop)

    def clear(self) -> None:
        """Forget everything."""
        self._undo_log.record_contents(self._events)
        self._events.clear()
