"""HTTP/2 without TLS, by hypercorn: the same application, for clients that begin with HTTP/2.

A connection says by its first bytes which protocol it speaks. Those of HTTP/1.1 stay where they
are; the bytes of the others are handed on to hypercorn, which listens on a port of its own.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from importlib.util import find_spec
from io import BytesIO
from typing import TYPE_CHECKING, Any

from mlmock.errors import ConnectionFault
from mlmock.server.bodies import BadBody, TooLarge, decoded

if TYPE_CHECKING:
    from mlmock.server.application import Application

PREFACE = b"PRI * HTTP/2.0"
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
    return connection.recv(size, socket.MSG_PEEK | socket.MSG_WAITALL) == PREFACE


def is_there() -> bool:
    """True when hypercorn is installed."""
    return find_spec("hypercorn") is not None


class Http2:
    """hypercorn in a thread of its own, begun by the first connection that needs it."""

    def __init__(self, application: Application, limit: int) -> None:
        self._application = application
        self._limit = limit
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._port = 0
        self._ended: asyncio.Event | None = None

    def relay(self, client: socket.socket) -> None:
        """Let a connection talk to hypercorn until one of them ends."""
        with socket.create_connection(("127.0.0.1", self._started())) as inner:
            back = threading.Thread(target=_copy, args=(inner, client), daemon=True)
            back.start()
            _copy(client, inner)
            back.join()

    def stop(self) -> None:
        """End hypercorn, if it runs."""
        if self._loop is not None and self._ended is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._ended.set)
            self._thread.join(10)

    def _started(self) -> int:
        with self._lock:
            if self._thread is None:
                bound = socket.create_server(("127.0.0.1", 0))
                self._port = bound.getsockname()[1]
                self._thread = threading.Thread(
                    target=lambda: asyncio.run(self._serve(bound)), name="mlmock-http2", daemon=True
                )
                self._thread.start()
            return self._port

    async def _serve(self, bound: socket.socket) -> None:
        from hypercorn.asyncio import serve
        from hypercorn.config import Config

        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        config = Config()
        config.bind = [f"fd://{bound.detach()}"]
        config.graceful_timeout = 0.5
        config.errorlog = config.accesslog = None
        config.h2_max_concurrent_streams = 512
        application: Any = self._answer
        await serve(application, config, shutdown_trigger=self._ended.wait)

    # -- one request --------------------------------------------------------------------------

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI), with the application in a thread."""
        if scope["type"] != "http":
            return
        environ = _environ(scope)
        raw = await self._body(receive)
        try:
            if raw is None:
                raise TooLarge(f"The body has more than {self._limit} bytes.")
            encoding = environ.get("HTTP_CONTENT_ENCODING", "")
            environ["mlmock.body"] = decoded(raw, encoding, self._limit)
        except (BadBody, TooLarge) as fault:
            await _refuse(send, 413 if isinstance(fault, TooLarge) else 400, str(fault))
            return
        environ["wsgi.input"] = BytesIO(environ["mlmock.body"])
        try:
            await self._run(environ, send)
        except ValueError as fault:  # a target that is none
            await _refuse(send, 400, str(fault))

    async def _body(self, receive: Receive) -> bytes | None:
        """Return the body, or None where it has more than is taken."""
        parts, size = [], 0
        while True:
            message = await receive()
            part = message.get("body", b"")
            size += len(part)
            if size <= self._limit:
                parts.append(part)
            if not message.get("more_body"):
                return b"".join(parts) if size <= self._limit else None

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


def _copy(source: socket.socket, target: socket.socket) -> None:
    """Send on what comes until it ends, and tell the other end so."""
    try:
        while data := source.recv(_PIECE):
            target.sendall(data)
    except (OSError, ConnectionFault):
        pass
    for line in (source, target):
        try:
            line.shutdown(socket.SHUT_RDWR)
        except OSError:
            continue


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


async def _refuse(send: Send, status: int, message: str) -> None:
    from mlmock.wire.bodies import json_text

    code = "RequestEntityTooLargeException" if status == 413 else "SerializationException"
    headers = [(b"content-type", b"application/json"), (b"x-amzn-errortype", code.encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    body = json_text({"message": message})
    await send({"type": "http.response.body", "body": body, "more_body": False})
