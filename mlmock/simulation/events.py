"""Events that AWS would have sent to EventBridge and SNS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, overload

from mlmock.exposed import exposed
from mlmock.simulation.undo_log import UndoLog


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event for EventBridge, or a message for an SNS topic.

    Attributes:
        source: The source, such as ``aws.sagemaker``.
        detail_type: The detail type.
        detail: The detail.
        resources: The ARNs of the resources.
        time: The virtual time of the event.
        region: The region.
        account_id: The account.
        topic: The ARN of the SNS topic, or None for EventBridge.
        message: The text that is published to the SNS topic, or None for EventBridge.
        id: The id of the event.
    """

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
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> list[Event]: ...
    def __getitem__(self, index: int | slice) -> Event | list[Event]:
        """Return one event, or the events of a slice."""
        return self._events[index]

    @property
    def last(self) -> Event:
        """The latest event; IndexError if there is none."""
        if not self._events:
            raise IndexError("no event has been sent")
        return self._events[-1]

    def of(self, detail_type: str) -> list[Event]:
        """Return the events of one detail type."""
        return [event for event in self._events if event.detail_type == detail_type]

    def emit(self, event: Event) -> None:
        """Add an event."""
        self._events.append(event)
        self._undo_log.record(self._events.pop)

    def clear(self) -> None:
        """Remove all events."""
        self._undo_log.record_contents(self._events)
        self._events.clear()
