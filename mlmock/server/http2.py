"""HTTP/2 without TLS, by hypercorn: the same application, for clients that begin with HTTP/2.

A connection says by its first bytes which protocol it speaks. Those of HTTP/1.1 stay where they
are; the bytes of the others are handed on to hypercorn, which listens on a port of its own.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO

from mlmock.errors import ConnectionFault
from mlmock.server.request_body import BadBody, TooLarge, decoded
from mlmock.server.rooms import path_of

if TYPE_CHECKING:
    from mlmock.server.application import Application
    from mlmock.server.limits import Limits

_log = logging.getLogger("mlmock.server")
PREFACE = b"PRI * HTTP/2.0"
_PREFACE, _HEAD, _FRAME = 24, 9, 16384  # bytes of the preface, of a frame's head, of a frame
_GOAWAY = 7  # a frame's type
_GOODBYE = b"\0\0\x08\x07" + bytes(13)
_PIECE = 65536
_END = object()
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def begins(connection: socket.socket) -> bool:
    """True when the first bytes of a connection are those of HTTP/2; they stay unread."""
    start = connection.recv(3, socket.MSG_PEEK)
    if not PREFACE.startswith(start) or not start:
        return False
    size = len(PREFACE)
    _wake_at(connection, size)
    try:
        return connection.recv(size, socket.MSG_PEEK) == PREFACE
    finally:
        _wake_at(connection, 1)


def _wake_at(connection: socket.socket, count: int) -> None:
    """Let a look for bytes wait until so many are there, where the system can do that."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)


def is_there() -> bool:
    """True when hypercorn is installed."""
    return find_spec("hypercorn") is not None


class Http2:
    """hypercorn in a thread of its own, begun by the first connection that needs it.

    `grace`: how many seconds answers under way have once it stops.
    """

    def __init__(self, application: Application, limits: Limits, grace: float) -> None:
        self._application = application
        self._limits = limits
        self._grace = grace
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._port = 0
        self._ended: asyncio.Event | None = None
        self._clients: dict[int, socket.socket] = {}  # by the port that hypercorn sees

    def relay(self, client: socket.socket) -> None:
        """Let a connection talk to hypercorn until one of them ends."""
        source = client.makefile("rb")
        preface = source.read(_PREFACE)
        if len(preface) < _PREFACE:
            return
        with socket.create_connection(("127.0.0.1", self._started())) as inner:
            port = inner.getsockname()[1]
            self._clients[port] = client
            back = threading.Thread(target=_answers, args=(inner, client), daemon=True)
            back.start()
            inner.sendall(preface)
            _requests(source, inner)
            back.join()
            del self._clients[port]

    def stop(self) -> None:
        """End hypercorn, if it runs, once the answers under way are written."""
        if self._loop is not None and self._ended is not None and self._thread is not None:
            with suppress(RuntimeError):  # it has ended already
                self._loop.call_soon_threadsafe(self._ended.set)
            self._thread.join(self._grace + 1)

    def _started(self) -> int:
        with self._lock:
            if self._thread is None:
                bound = socket.create_server(("127.0.0.1", 0))
                self._port = bound.getsockname()[1]
                self._thread = threading.Thread(
                    target=self._main, args=(bound,), name="mlmock-http2", daemon=True
                )
                self._thread.start()
            return self._port

    def _main(self, bound: socket.socket) -> None:
        with suppress(asyncio.CancelledError):  # an answer that outlasted the grace
            asyncio.run(self._serve(bound))

    async def _serve(self, bound: socket.socket) -> None:
        from hypercorn.asyncio import serve

        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_exception_handler(_note)
        application: Any = self._answer
        await serve(application, self._config(bound), shutdown_trigger=self._ended.wait)

    def _config(self, bound: socket.socket) -> Any:
        from hypercorn.config import Config

        config = Config()
        config.bind = [f"fd://{bound.detach()}"]
        config.graceful_timeout = self._grace
        config.errorlog = config.accesslog = None
        config.h2_max_concurrent_streams = 512
        config.keep_alive_timeout = self._limits.idle
        config.keep_alive_max_requests = sys.maxsize  # at its end answers under way would be cut
        return config

    # -- one request --------------------------------------------------------------------------

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI), with the application in a thread."""
        if scope["type"] != "http":
            return
        try:
            environ = await self._read(scope, receive)
        except _Gone:
            return
        except TooLarge as fault:
            await _refuse(send, 413, "RequestEntityTooLargeException", str(fault))
        except (BadBody, ValueError) as fault:
            await _refuse(send, 400, "SerializationException", str(fault))
        else:
            await self._reply(environ, scope["client"][1], receive, send)

    async def _read(self, scope: Scope, receive: Receive) -> Scope:
        """Return the request as WSGI has it; ValueError for a target that is none."""
        environ = _environ(scope)
        path_of(environ["RAW_URI"])
        encoding = environ.get("HTTP_CONTENT_ENCODING", "")
        body = decoded(await self._body(receive), encoding, self._limits.body)
        return {**environ, "mlmock.body": body, "wsgi.input": BytesIO(body)}

    async def _reply(self, environ: Scope, port: int, receive: Receive, send: Send) -> None:
        try:
            await self._run(environ, send)
        except ConnectionFault as fault:
            await self._fail(fault.kind, port, receive)
        except Exception:
            _log.exception("%s %s", environ["REQUEST_METHOD"], environ["RAW_URI"])
            sentence = "mlmock failed: see its log."
            await _refuse(send, 500, "InternalServerException", sentence)

    async def _body(self, receive: Receive) -> bytes:
        """Return the body; TooLarge, BadBody where it stops coming, _Gone with the client."""
        parts, size = [], 0
        while True:
            message = await _next(receive, self._limits.idle)
            if message is None:
                raise BadBody("The body stopped coming.")
            if message["type"] == "http.disconnect":
                raise _Gone
            part = message.get("body", b"")
            size += len(part)
            if size <= self._limits.body:
                parts.append(part)
            if not message.get("more_body"):
                break
        if size > self._limits.body:
            raise TooLarge(f"The body has more than {self._limits.body} bytes.")
        return b"".join(parts)

    async def _fail(self, kind: str, port: int, receive: Receive) -> None:
        """Fail the connection as a rule says, with all that it carries."""
        if kind == "read_timeout" and await self._goes(receive):
            return
        client = self._clients.get(port)
        if client is not None:
            cut(client, kind)
        await _next(receive, self._grace)

    async def _goes(self, receive: Receive) -> bool:
        """True when the client goes; False where its patience or the server ends before."""
        assert self._ended is not None
        gone, ended = (asyncio.ensure_future(wait) for wait in (receive(), self._ended.wait()))
        await asyncio.wait(
            (gone, ended), timeout=self._limits.patience, return_when=asyncio.FIRST_COMPLETED
        )
        ended.cancel()
        return gone.done() or not gone.cancel()

    async def _run(self, environ: Scope, send: Send) -> None:
        said: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            said[:] = [status, headers]

        chunks: Iterator[bytes] = iter(
            await asyncio.to_thread(self._application, environ, start_response)
        )
        status = int(said[0][:3])
        await send({"type": "http.response.start", "status": status, "headers": _headers(said[1])})
        while True:
            chunk = await asyncio.to_thread(next, chunks, _END)
            if chunk is _END:
                break
            if chunk and environ["REQUEST_METHOD"] != "HEAD":
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class _Gone(Exception):  # noqa: N818 - no error
    """The client has gone before it had said all."""


async def _next(receive: Receive, patience: float) -> dict[str, Any] | None:
    """Return what comes next of a request, or None where nothing comes for so many seconds."""
    with suppress(asyncio.TimeoutError):
        return await asyncio.wait_for(receive(), patience)
    return None


def cut(client: socket.socket, kind: str) -> None:
    """Stop listening to a client, who sees the connection closed, or reset if `kind` says so."""
    if kind not in ("drop", "read_timeout"):  # as near as an accepted one gets to one refused
        linger = struct.pack("ii", 1, 0)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    with suppress(OSError):
        client.shutdown(socket.SHUT_RD)


def _note(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Note what went wrong with a connection: what a client tears is nobody's fault here."""
    _log.debug("HTTP/2: %s", context.get("message"), exc_info=context.get("exception"))


def _requests(source: BinaryIO, inner: socket.socket) -> None:
    """Send on what a client says, frame by whole frame, and its GOAWAY last of all.

    A client says GOAWAY when it wants no more streams and still reads those that run (the
    JavaScript SDK does as soon as an event stream begins); hypercorn would drop those. Of a
    connection that ended without one it would keep hold for as long as an idle one may stay.
    """
    with suppress(OSError):
        while len(head := source.read(_HEAD)) == _HEAD:
            size = int.from_bytes(head[:3], "big")
            body = source.read(size) if size <= _FRAME else b""
            if len(body) < size:
                break
            if head[3] != _GOAWAY:
                inner.sendall(head + body)
    with suppress(OSError):
        inner.sendall(_GOODBYE)


def _answers(inner: socket.socket, client: socket.socket) -> None:
    """Send on what hypercorn says until it ends, and listen to the client no longer."""
    with suppress(OSError):
        while data := inner.recv(_PIECE):
            client.sendall(data)
    for line in (inner, client):
        with suppress(OSError):
            line.shutdown(socket.SHUT_RD)


def _environ(scope: Scope) -> dict[str, Any]:
    query = scope["query_string"].decode("latin-1")
    path = scope["raw_path"].decode("latin-1")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "RAW_URI": f"{path}?{query}" if query else path,
    }
    for name, value in scope["headers"]:
        key = name.decode("latin-1").upper().replace("-", "_")
        prefix = "" if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else "HTTP_"
        environ[prefix + key] = value.decode("latin-1")
    environ.setdefault("HTTP_HOST", environ.get("HTTP_:AUTHORITY", ""))
    return environ


def _headers(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in headers
        if name.lower() not in ("connection", "x-mlmock-close", "date")
    ]


async def _refuse(send: Send, status: int, code: str, message: str) -> None:
    from mlmock.aws.protocol.json_body import json_text

    headers = [(b"content-type", b"application/json"), (b"x-amzn-errortype", code.encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    body = json_text({"message": message})
    await send({"type": "http.response.body", "body": body, "more_body": False})
