"""Response bodies with the interface of aiohttp's, which aiobotocore reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

from mlmock.aws.protocol.messages import RecordedFrames
from mlmock.errors import ConnectionFailure


class ResponseContent:
    """The stream reader of an aiohttp response, which StreamingBody and event streams use."""

    def __init__(self, body: bytes | RecordedFrames) -> None:
        self._frames = iter(()) if isinstance(body, bytes) else iter(body)
        self._rest = memoryview(body if isinstance(body, bytes) else b"")
        self._has_ended = isinstance(body, bytes)

    def at_eof(self) -> bool:
        """Return whether everything has been read."""
        return self._has_ended and not self._rest

    async def read(self, amount: int = -1) -> bytes:
        """Return at most `amount` bytes, or the rest."""
        while not self._has_ended and (amount < 0 or len(self._rest) < amount):
            frame = self._next()
            if frame is not None:
                self._rest = memoryview(bytes(self._rest) + frame)
        end = len(self._rest) if amount < 0 else amount
        data, self._rest = self._rest[:end], self._rest[end:]
        return _to_bytes(data)

    async def iter_chunks(self) -> AsyncIterator[tuple[bytes, bool]]:
        """Yield one encoded message at a time, each with True: it is the end of an HTTP chunk."""
        if self._rest:
            yield await self.read(len(self._rest)), True
        while not self._has_ended:
            frame = self._next()
            if frame is not None:
                yield frame, True

    def _next(self) -> bytes | None:
        try:
            frame = next(self._frames, None)
        except ConnectionFailure as error:
            raise stream_error(error.kind) from None
        self._has_ended = frame is None
        return frame


def _to_bytes(view: memoryview) -> bytes:
    """Return the bytes of `view`, without copying if it covers a whole bytes object."""
    source = view.obj
    return source if isinstance(source, bytes) and len(source) == len(view) else bytes(view)


class RawBody:
    """The part of an aiohttp response that aiobotocore uses."""

    def __init__(self, url: str, headers: Mapping[str, str], body: bytes | RecordedFrames) -> None:
        self.url = url
        self.headers = headers
        self.content = ResponseContent(body)
        self._frames = None if isinstance(body, bytes) else body

    @property
    def raw_headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """The headers as bytes, which early releases such as aiobotocore 2.18 read."""
        return tuple((name.encode(), text.encode()) for name, text in self.headers.items())

    async def read(self) -> bytes:
        """Return the unread rest."""
        return await self.content.read()

    def close(self) -> None:
        """Stop generating messages."""
        if self._frames is not None:
            self._frames.close()

    async def __aenter__(self) -> RawBody:
        """Return the body itself."""
        return self

    async def __aexit__(self, *error: object) -> None:
        """Close the body."""
        self.close()


def stream_error(kind: str) -> Exception:
    """Return the exception that aiohttp raises if the connection fails while a body is read."""
    from aiohttp import ServerDisconnectedError

    if kind == "read_timeout":
        return asyncio.TimeoutError()
    error: Exception = ServerDisconnectedError("Connection broken: simulated by an mlmock rule")
    return error
