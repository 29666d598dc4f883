"""HTTP messages: requests as they arrive and responses as they are sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Request:
    """An HTTP request, neither copied nor parsed.

    `headers` has the headers that the operation models, in lower case, and no others: credentials
    never get past the interception.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class HttpResponse:
    """An HTTP response. `body` is bytes, or an iterable of encoded messages of a stream.

    `broken`: the connection closes before Content-Length is reached.
    """

    status: int
    headers: dict[str, str]
    body: bytes | Iterable[bytes]
    broken: bool = False


Params = dict[str, Any]


class ResultWithHeaders(dict[str, Any]):
    """The members of a result with headers that the model does not declare."""

    __slots__ = ("headers",)

    def __init__(self, members: Params, headers: dict[str, str]) -> None:
        super().__init__(members)
        self.headers = headers


class PreserializedResult(dict[str, Any]):
    """The members of a result whose JSON body is already serialized."""

    __slots__ = ("body",)

    def __init__(self, members: Params, body: bytes) -> None:
        super().__init__(members)
        self.body = body


class RecordedFrames:
    """Encoded messages of a stream; `sent` keeps those already sent, for the journal."""

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
        """Stop the stream."""
        close = getattr(self._frames, "close", None)
        if close is not None:
            close()
        self._frames = iter(())
