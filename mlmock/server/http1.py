"""One connection: werkzeug's request handler, with a `run_wsgi` of our own that keeps it.

It reads exactly one request's body, answers in one write (or a write for each chunk of a stream),
and keeps the connection open for the next request.
"""

from __future__ import annotations

import logging
import select
from contextlib import closing
from io import BufferedReader
from typing import Any

from werkzeug.serving import WSGIRequestHandler

from mlmock.aws.protocol.messages import Answer
from mlmock.engine.http_gateway import refusal
from mlmock.errors import ConnectionFault
from mlmock.server.http1_head import Head, head_of, plain_head, written
from mlmock.server.http2 import begins, cut
from mlmock.server.limits import Limits
from mlmock.server.request_body import BadBody, TooLarge, read_body
from mlmock.server.sockets import Source, be_patient

_log = logging.getLogger("mlmock.server")
_AT_ONCE = 65536  # bytes that are taken from a socket in one go


class Connection(WSGIRequestHandler):
    """One client's connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    limits = Limits()

    def setup(self) -> None:
        """Read through a buffer of our own, and let no read or write take longer than idleness."""
        super().setup()
        be_patient(self.connection, self.limits.idle)
        self.rfile = BufferedReader(Source(self.connection), _AT_ONCE)

    def handle(self) -> None:
        """Serve the connection, in the protocol that its first bytes are of."""
        http2 = self.server.http2  # type: ignore[attr-defined]
        try:
            if http2 is not None and begins(self.connection):
                be_patient(self.connection, 0)
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

    def handle_one_request(self) -> None:
        """Answer one request: a plain one in one go, any other as the base classes read it."""
        source: Any = self.rfile
        head = plain_head(source)
        if head is None:
            super().handle_one_request()
            return
        self.command, self.path, self.request_version = head.method, head.target, "HTTP/1.1"
        self.close_connection = head.headers.get("connection", "").lower() == "close"
        self._serve(head)

    def run_wsgi(self) -> None:
        """Answer one request, whose head the base classes have read."""
        try:
            head = head_of(self.make_environ())
        except ValueError as fault:
            self._refuse(400, "SerializationException", str(fault))
            return
        self._serve(head)

    def _serve(self, head: Head) -> None:
        try:
            body = read_body(self.rfile, head.headers, self.limits.body, invite=self._invite)
        except TooLarge as fault:
            self._refuse(413, "RequestEntityTooLargeException", str(fault))
        except (BadBody, OSError) as fault:
            self._refuse(400, "SerializationException", str(fault) or "The body can't be read.")
        else:
            self._reply(head, body)

    def _reply(self, head: Head, body: bytes) -> None:
        try:
            answer = self.server.app.answer(head, body)  # type: ignore[attr-defined]
        except ConnectionFault as fault:
            self._fail(fault.kind)
        except Exception:
            _log.exception("%s %s", self.command, self.path)
            self._refuse(500, "InternalServerException", "mlmock failed: see its log.")
        else:
            self._write(answer)

    # -- the request ------------------------------------------------------------------------

    def handle_expect_100(self) -> bool:
        """Say nothing yet: a body over the limit is refused before it is sent."""
        return True

    def _invite(self) -> None:
        """Let a client that waits for it send its body."""
        if self.request_version != "HTTP/1.0":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    # -- the answer -------------------------------------------------------------------------

    def _write(self, answer: Answer) -> None:
        try:
            if isinstance(answer.body, bytes):
                self._write_whole(answer, answer.body)
            else:
                self._write_stream(answer, answer.body)
        except ConnectionFault as fault:
            self._fail(fault.kind)
        except OSError:  # the client has gone
            self.close_connection = True
        except Exception:  # in the midst of a stream, where no other answer can begin
            _log.exception("%s %s", self.command, self.path)
            self.close_connection = True

    def _write_whole(self, answer: Answer, body: bytes) -> None:
        """Write an answer in one go."""
        bodiless = self.command == "HEAD" or answer.status in (204, 304)
        if answer.broken:
            self.close_connection = True
        known = bodiless or "Content-Length" in answer.headers
        head = self._head(answer, "" if known else f"Content-Length: {len(body)}\r\n")
        self.wfile.write(head if bodiless else head + body)

    def _write_stream(self, answer: Answer, pieces: Any) -> None:
        """Write an answer piece by piece; to a client that knows no chunks the end is its end."""
        bodiless, chunked = self.command == "HEAD", self.request_version != "HTTP/1.0"
        if not chunked:
            self.close_connection = True
        framed = chunked and not bodiless
        self.wfile.write(self._head(answer, "Transfer-Encoding: chunked\r\n" if framed else ""))
        with closing(pieces):
            for piece in () if bodiless else filter(None, pieces):
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        if framed:
            self.wfile.write(b"0\r\n\r\n")

    def _head(self, answer: Answer, framing: str) -> bytes:
        connection = "close" if self.close_connection else "keep-alive"
        return written(answer, framing=framing, connection=connection)

    def _refuse(self, status: int, code: str, message: str) -> None:
        """Answer what can't be served, and close: where its body ends is unknown."""
        self.close_connection = True
        self._write(refusal(status, code, message))

    # -- connections that fail --------------------------------------------------------------

    def _fail(self, kind: str) -> None:
        """Fail the connection as a rule says: let the client wait until it gives up, or close."""
        self.close_connection = True
        if kind == "read_timeout":
            select.select([self.connection], [], [], self.limits.patience)
        cut(self.connection, kind)
