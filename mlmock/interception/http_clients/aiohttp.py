"""Presigned URLs fetched by aiohttp: its connector is given a connection to the house.

Everything above (parameters, JSON bodies, redirects, middlewares, `raise_for_status`) and the
parsing below stay aiohttp's own: what is replaced is the socket, and nothing else.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from mlmock.interception.http_clients.routing import (
    answered_async,
    context_answering,
    format_head,
    iter_body,
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
        protocol.connection_made(Wire(req, protocol))
        protocol.force_close()  # nobody keeps the connection for later
        return Connection(self, req.connection_key, protocol, asyncio.get_running_loop())

    return connect


class Wire(asyncio.Transport):
    """The transport of one connection: takes one HTTP request, and gives back its answer."""

    def __init__(self, req: Any, protocol: Any) -> None:
        super().__init__()
        self._request = req
        self._protocol = protocol
        self._received = bytearray()
        self._answering: asyncio.Task[None] | None = None
        self._closed = False

    def write(self, data: bytes | bytearray | memoryview[int]) -> None:
        """Take a part of the request; answer when it is whole."""
        self._received += data
        body = whole_body(self._received) if self._answering is None else None
        if body is not None:
            self._answering = asyncio.ensure_future(self._answer(body))

    async def _answer(self, body: bytes) -> None:
        req = self._request
        try:
            found = await answered_async(req.method, str(req.url), req.headers, body, self._failed)
            if found is None:
                raise self._failed("unreachable")
            await self._send(found)
        except BaseException as fault:
            self._protocol.set_exception(fault)
        else:
            self._lose(None)

    async def _send(self, answer: HttpResponse) -> None:
        is_stream = not isinstance(answer.body, bytes)
        if is_stream:
            answer.headers["Transfer-Encoding"] = "chunked"
        self._protocol.data_received(format_head(answer))
        try:
            for part in iter_body(answer, self._failed):
                self._protocol.data_received(
                    b"%x\r\n%b\r\n" % (len(part), part) if is_stream else part
                )
                await asyncio.sleep(0)
        except Exception as fault:  # after the headers: the body breaks
            self._lose(fault)
            return
        if is_stream:
            self._protocol.data_received(b"0\r\n\r\n")

    def _lose(self, fault: Exception | None) -> None:
        if not self._closed:
            self._closed = True
            self._protocol.connection_lost(fault)

    def _failed(self, kind: str) -> Exception:
        """Return what aiohttp raises for a connection that fails in the way `kind` names."""
        import aiohttp

        made: Exception
        if kind == "read_timeout":
            made = aiohttp.ServerTimeoutError("Timeout on reading: the rule says so")
        elif kind == "connect_timeout":
            made = aiohttp.ServerTimeoutError("Connection timeout: the rule says so")
        elif kind == "drop":
            made = aiohttp.ServerDisconnectedError()
        else:
            fault = ConnectionRefusedError(111, "Connection refused: the rule says so")
            made = aiohttp.ClientConnectorError(self._request.connection_key, fault)
        return made

    # -- what a protocol and a writer ask of a transport besides ------------------------------

    def writelines(self, list_of_data: Any) -> None:
        """Take several parts of the request."""
        self.write(b"".join(list_of_data))

    def is_closing(self) -> bool:
        """True once the connection has ended."""
        return self._closed

    def close(self) -> None:
        """Send nothing more."""
        self._closed = True

    def abort(self) -> None:
        """Send nothing more."""
        self.close()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return nothing: there is no socket."""
        return default

    def get_write_buffer_size(self) -> int:
        """Return that everything has been taken."""
        return 0

    def pause_reading(self) -> None:
        """Do nothing: what comes is in memory already."""

    def resume_reading(self) -> None:
        """Do nothing: what comes is in memory already."""


def whole_body(received: bytearray) -> bytes | None:
    """Return the body of the HTTP/1.1 request in `received`; None if more of it is to come."""
    top, mark, rest = bytes(received).partition(b"\r\n\r\n")
    if not mark:
        return None
    headers = dict(_header(line) for line in top.split(b"\r\n")[1:])
    if headers.get(b"transfer-encoding", b"").lower() == b"chunked":
        return _joined(rest)
    length = int(headers.get(b"content-length", b"0"))
    return rest[:length] if len(rest) >= length else None


def _header(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name.strip().lower(), value.strip()


def _joined(rest: bytes) -> bytes | None:
    """Return the chunks of a body in one piece; None unless the last of them has come."""
    found: list[bytes] = []
    while True:
        size, mark, rest = rest.partition(b"\r\n")
        if not mark:
            return None
        count = int(size.partition(b";")[0], 16)
        if count == 0:
            return b"".join(found)
        found.append(rest[:count])
        rest = rest[count + 2 :]


def patches() -> list[Patch]:
    """Return the patch of aiohttp's connectors."""
    from aiohttp.connector import BaseConnector  # the package may not be loaded to its end

    return [Patch(BaseConnector, "connect", _connect)]
