"""Response bodies as aiohttp and httpx show them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

from mlmock.aws.protocol.messages import RecordedFrames
from mlmock.errors import ConnectionFailure


class ResponseContent:
    """The reading side of an aiohttp response: what StreamingBody and event streams pull."""

    def __init__(self, body: bytes | RecordedFrames) -> None:
        self._frames = iter(()) if isinstance(body, bytes) else iter(body)
        self._rest = memoryview(body if isinstance(body, bytes) else b"")
        self._ended = isinstance(body, bytes)

    def at_eof(self) -> bool:
        """True when there is nothing more."""
        return self._ended and not self._rest

    async def read(self, amount: int = -1) -> bytes:
        """Return `amount` bytes, or all that is left."""
        while not self._ended and (amount < 0 or len(self._rest) < amount):
            frame = self._next()
            if frame is not None:
                self._rest = memoryview(bytes(self._rest) + frame)
        cut = len(self._rest) if amount < 0 else amount
        found, self._rest = self._rest[:cut], self._rest[cut:]
        return _whole(found)

    async def iter_chunks(self) -> AsyncIterator[tuple[bytes, bool]]:
        """Yield what is there, one encoded message at a time; True with each: it is whole."""
        if self._rest:
            yield await self.read(len(self._rest)), True
        while not self._ended:
            frame = self._next()
            if frame is not None:
                yield frame, True

    def _next(self) -> bytes | None:
        try:
            frame = next(self._frames, None)
        except ConnectionFailure as fault:
            raise stream_error(fault.kind) from None
        self._ended = frame is None
        return frame


def _whole(view: memoryview) -> bytes:
    """Return the bytes of `view`, without a copy where it is all of them."""
    source = view.obj
    return source if isinstance(source, bytes) and len(source) == len(view) else bytes(view)


class RawBody:
    """An aiohttp response as far as aiobotocore looks at one."""

    def __init__(self, url: str, headers: Mapping[str, str], body: bytes | RecordedFrames) -> None:
        self.url = url
        self.headers = headers
        self.content = ResponseContent(body)
        self._frames = None if isinstance(body, bytes) else body

    @property
    def raw_headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """The headers as they came: earlier releases (2.18 is one) read these."""
        return tuple((name.encode(), text.encode()) for name, text in self.headers.items())

    async def read(self) -> bytes:
        """Return all that is left."""
        return await self.content.read()

    def close(self) -> None:
        """Send nothing more."""
        if self._frames is not None:
            self._frames.close()

    async def __aenter__(self) -> RawBody:
        """Return this."""
        return self

    async def __aexit__(self, *fault: object) -> None:
        """Send nothing more."""
        self.close()


def stream_error(kind: str) -> Exception:
    """Return what aiohttp raises when the connection fails while a body is read."""
    from aiohttp import ServerDisconnectedError

    if kind == "read_timeout":
        return asyncio.TimeoutError()
    broken: Exception = ServerDisconnectedError("Connection broken: the rule says so")
    return broken
