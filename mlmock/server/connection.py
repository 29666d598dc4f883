"""One connection: werkzeug's request handler, with a `run_wsgi` of our own that keeps it.

It reads exactly one request's body, answers in one write (or a write for each chunk of a stream),
and keeps the connection open for the next request.
"""

from __future__ import annotations

import logging
import select
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from typing import Any

from werkzeug.serving import DechunkedInput, WSGIRequestHandler

from mlmock.errors import ConnectionFault
from mlmock.server.bodies import BadBody, TooLarge, decoded
from mlmock.server.http2 import begins, cut

_log = logging.getLogger("mlmock.server")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a client may ask of a connection: bytes of a body, seconds of idleness, of patience."""

    body: int = 64 * 1024 * 1024
    idle: float = 75.0
    patience: float = 120.0


class Connection(WSGIRequestHandler):
    """One client's connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    limits = Limits()
    timeout = Limits().idle

    def handle(self) -> None:
        """Serve the connection, in the protocol that its first bytes are of."""
        http2 = self.server.http2  # type: ignore[attr-defined]
        try:
            if http2 is not None and begins(self.connection):
                self.connection.settimeout(None)
                http2.relay(self.connection)
                return
        except OSError:  # it has gone, or said nothing for too long
            return
        super().handle()

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """Log nothing: the journal has the calls."""

    def log_error(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Log nothing: a client that sends rubbish gets its answer."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer a request that is no HTTP with JSON, and close the connection."""
        self.close_connection = True
        body = b'{"message":"The request is not valid HTTP."}'
        head = (
            f"HTTP/1.1 {int(code)} {message or 'Bad Request'}\r\nContent-Type: application/json\r\n"
            f"x-amzn-ErrorType: SerializationException\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n"
        )
        self.wfile.write(head.encode("latin-1", "replace") + body)
        self.wfile.flush()

    def run_wsgi(self) -> None:
        """Answer one request."""
        try:
            self.environ = self.make_environ()
            body = decoded(
                self._raw_body(), self.headers.get("Content-Encoding", ""), self.limits.body
            )
        except TooLarge as fault:
            self._refuse(413, "RequestEntityTooLargeException", str(fault))
            return
        except (BadBody, ValueError, OSError) as fault:
            self._refuse(400, "SerializationException", str(fault) or "The body can't be read.")
            return
        self.environ["wsgi.input"] = BytesIO(body)
        self.environ["mlmock.body"] = body
        try:
            self._answer()
        except ConnectionFault as fault:
            self._fail(fault.kind)
        except OSError:  # the client has gone
            self.close_connection = True
        except Exception:
            _log.exception("%s %s", self.command, self.path)
            self._refuse(500, "InternalServerException", "mlmock failed: see its log.")

    # -- the request ------------------------------------------------------------------------

    def handle_expect_100(self) -> bool:
        """Say nothing yet: a body over the limit is refused before it is sent."""
        return True

    def _invite(self) -> None:
        """Let a client that waits for it send its body."""
        waits = self.headers.get("Expect", "").strip().lower() == "100-continue"
        if waits and self.request_version != "HTTP/1.0":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()

    def _raw_body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            self._invite()
            return self._dechunked()
        text = self.headers.get("Content-Length", "0").strip()
        if not (text.isascii() and text.isdecimal() and len(text) < 16):
            raise BadBody("Content-Length is not a number.")
        length = int(text)
        if length > self.limits.body:
            raise TooLarge(f"The body has more than {self.limits.body} bytes.")
        self._invite()
        found = self.rfile.read(length) if length else b""
        if len(found) < length:
            raise BadBody("The body is shorter than its Content-Length.")
        return found

    def _dechunked(self) -> bytes:
        rfile: Any = self.rfile
        source = DechunkedInput(rfile)
        parts: list[bytes] = []
        total = 0
        while True:
            part = bytearray(65536)
            count = source.readinto(part)
            if not count:
                return b"".join(parts)
            total += count
            if total > self.limits.body:
                raise TooLarge(f"The body has more than {self.limits.body} bytes.")
            parts.append(bytes(part[:count]))

    # -- the answer -------------------------------------------------------------------------

    def _answer(self) -> None:
        said: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], *fault: Any) -> Any:
            said[:] = [status, headers]
            return None

        chunks = self.server.app(self.environ, start_response)
        try:
            self._write(said[0], said[1], chunks)
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()

    def _write(self, status: str, headers: list[tuple[str, str]], chunks: Iterable[bytes]) -> None:
        names = {name.lower() for name, _ in headers}
        bodiless = self.command == "HEAD" or status[:3] in {"204", "304"}
        if self._is_last(headers):
            self.close_connection = True
        unsaid = "content-length" not in names and not bodiless
        chunked = unsaid and self.request_version != "HTTP/1.0"
        if unsaid and not chunked:
            self.close_connection = True
        length = [("Transfer-Encoding", "chunked")] if chunked else []
        keep = [("Connection", "close" if self.close_connection else "keep-alive")]
        lines = [f"{n}: {v}\r\n" for n, v in [*headers, *length, *keep] if n != "X-Mlmock-Close"]
        head = f"HTTP/1.1 {status}\r\n{''.join(lines)}\r\n".encode("latin-1", "replace")
        if bodiless:
            self.wfile.write(head)
        elif chunked:
            self._write_chunked(head, chunks)
        else:
            self.wfile.write(head + b"".join(chunks))
        self.wfile.flush()

    def _is_last(self, headers: list[tuple[str, str]]) -> bool:
        return ("X-Mlmock-Close", "1") in headers

    def _write_chunked(self, head: bytes, chunks: Iterable[bytes]) -> None:
        self.wfile.write(head)
        self.wfile.flush()
        for chunk in chunks:
            if chunk:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
                self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def _refuse(self, status: int, code: str, message: str) -> None:
        """Answer what can't be served, and close: where its body ends is unknown."""
        from mlmock.wire.bodies import json_text

        self.close_connection = True
        body = json_text({"message": message})
        headers = [
            ("Content-Type", "application/json"),
            ("x-amzn-ErrorType", code),
            ("Content-Length", str(len(body))),
        ]
        self._write(f"{status} {HTTPStatus(status).phrase}", headers, [body])

    # -- connections that fail --------------------------------------------------------------

    def _fail(self, kind: str) -> None:
        """Fail the connection as a rule says: let the client wait until it gives up, or close."""
        self.close_connection = True
        if kind == "read_timeout":
            select.select([self.connection], [], [], self.limits.patience)
        cut(self.connection, kind)
