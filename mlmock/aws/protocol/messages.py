"""What goes over the wire: a request as it came, an answer as it leaves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Request:
    """A request by reference: nothing in it is copied, nothing is parsed yet.

    `headers` holds lower-case names of the headers that the operation models, and no others: so
    credentials never come further than the transport.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class HttpResponse:
    """An answer: `body` is bytes, or an iterable of encoded messages where it streams.

    `broken`: the connection closes before Content-Length is reached.
    """

    status: int
    headers: dict[str, str]
    body: bytes | Iterable[bytes]
    broken: bool = False


Params = dict[str, Any]


class ResultWithHeaders(dict[str, Any]):
    """The members of an answer that has headers besides those that the model names."""

    __slots__ = ("headers",)

    def __init__(self, members: Params, headers: dict[str, str]) -> None:
        super().__init__(members)
        self.headers = headers


class PreserializedResult(dict[str, Any]):
    """The members of an answer that is a JSON body and nothing else, with that body written."""

    __slots__ = ("body",)

    def __init__(self, members: Params, body: bytes) -> None:
        super().__init__(members)
        self.body = body


class RecordedFrames:
    """Encoded messages as they go out; those that went are kept for the journal, by reference."""

    def __init__(self, frames: Iterable[bytes]) -> None:
        self._frames = iter(frames)
        self.sent: list[bytes] = []

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        frame = next(self._frames)
        self.sent.append(frame)
        return frame

    def close(self) -> None:
        """Send nothing more."""
        close = getattr(self._frames, "close", None)
        if close is not None:
            close()
        self._frames = iter(())
