"""Patch of aiohttp: a request to AWS gets a connection whose transport answers it.

Everything above the connection stays aiohttp's own: parameters, JSON bodies, redirects,
middlewares, `raise_for_status` and the parsing of the response.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from mlmock.interception.http_clients.routing import (
    context_answering,
    format_head,
    iter_body,
    respond_or_none_async,
)
from mlmock.interception.patching import Patch

if TYPE_CHECKING:
    from mlmock.aws.protocol.messages import HttpResponse


def _connect(patch: Patch) -> Any:
    async def connect(self: Any, req: Any, *args: Any, **more: Any) -> Any:
        if context_answering(str(req.url)) is None:
            return await patch.original(self, req, *args, **more)
        from aiohttp.connector import Connection

        protocol = self._factory()
        protocol.connection_made(MockTransport(req, protocol))
        protocol.force_close()  # the connector must not reuse the connection
        return Connection(self, req.connection_key, protocol, asyncio.get_running_loop())

    return connect


class MockTransport(asyncio.Transport):
    """The transport of a connection, which answers one HTTP request."""

    def __init__(self, req: Any, protocol: Any) -> None:
        super().__init__()
        self._request = req
        self._protocol = protocol
        self._received = bytearray()
        self._task: asyncio.Task[None] | None = None
        self._is_closed = False

    def write(self, data: bytes | bytearray | memoryview[int]) -> None:
        """Receive a part of the request, and answer it when it is complete."""
        self._received += data
        body = complete_body(self._received) if self._task is None else None
        if body is not None:
            self._task = asyncio.ensure_future(self._respond(body))

    async def _respond(self, body: bytes) -> None:
        req = self._request
        try:
            response = await respond_or_none_async(
                req.method, str(req.url), req.headers, body, self._to_error
            )
            if response is None:
                raise self._to_error("unreachable")
            await self._send(response)
        except BaseException as error:
            self._protocol.set_exception(error)
        else:
            self._lose_connection(None)

    async def _send(self, response: HttpResponse) -> None:
        is_stream = not isinstance(response.body, bytes)
        if is_stream:
            response.headers["Transfer-Encoding"] = "chunked"
        self._protocol.data_received(format_head(response))
        try:
            for part in iter_body(response, self._to_error):
                self._protocol.data_received(
                    b"%x\r\n%b\r\n" % (len(part), part) if is_stream else part
                )
                await asyncio.sleep(0)
        except Exception as error:  # the connection breaks in the middle of the body
            self._lose_connection(error)
            return
        if is_stream:
            self._protocol.data_received(b"0\r\n\r\n")

    def _lose_connection(self, error: Exception | None) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._protocol.connection_lost(error)

    def _to_error(self, kind: str) -> Exception:
        """Return the exception that aiohttp raises for a kind of connection failure."""
        import aiohttp

        error: Exception
        if kind == "read_timeout":
            error = aiohttp.ServerTimeoutError("Timeout on reading: simulated by an mlmock rule")
        elif kind == "connect_timeout":
            error = aiohttp.ServerTimeoutError("Connection timeout: simulated by an mlmock rule")
        elif kind == "drop":
            error = aiohttp.ServerDisconnectedError()
        else:
            cause = ConnectionRefusedError(111, "Connection refused: simulated by an mlmock rule")
            error = aiohttp.ClientConnectorError(self._request.connection_key, cause)
        return error

    # -- the rest of the interface that aiohttp uses ------------------------------------------

    def writelines(self, list_of_data: Any) -> None:
        """Receive several parts of the request."""
        self.write(b"".join(list_of_data))

    def is_closing(self) -> bool:
        """Return whether the connection is closed."""
        return self._is_closed

    def close(self) -> None:
        """Close the connection."""
        self._is_closed = True

    def abort(self) -> None:
        """Close the connection."""
        self.close()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return `default`, because there is no socket."""
        return default

    def get_write_buffer_size(self) -> int:
        """Return 0, because written data is processed immediately."""
        return 0

    def pause_reading(self) -> None:
        """Do nothing, because the response is in memory."""

    def resume_reading(self) -> None:
        """Do nothing, because the response is in memory."""


def complete_body(received: bytearray) -> bytes | None:
    """Return the body of an HTTP/1.1 request, or None if `received` is incomplete."""
    head, separator, rest = bytes(received).partition(b"\r\n\r\n")
    if not separator:
        return None
    headers = dict(_parse_header(line) for line in head.split(b"\r\n")[1:])
    if headers.get(b"transfer-encoding", b"").lower() == b"chunked":
        return _join_chunks(rest)
    length = int(headers.get(b"content-length", b"0"))
    return rest[:length] if len(rest) >= length else None


def _parse_header(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name.strip().lower(), value.strip()


def _join_chunks(rest: bytes) -> bytes | None:
    """Return the content of a chunked body, or None if its last chunk is missing."""
    chunks: list[bytes] = []
    while True:
        size, separator, rest = rest.partition(b"\r\n")
        if not separator:
            return None
        count = int(size.partition(b";")[0], 16)
        if count == 0:
            return b"".join(chunks)
        chunks.append(rest[:count])
        rest = rest[count + 2 :]


def patches() -> list[Patch]:
    """Return the patch of aiohttp's connectors."""
    from aiohttp.connector import BaseConnector  # `aiohttp` itself may not be fully imported

    return [Patch(BaseConnector, "connect", _connect)]
