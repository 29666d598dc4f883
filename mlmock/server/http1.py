"""HTTP/1.1 connections.

h11 parses requests, because it is strict where leniency lets two parties disagree on where a
request ends. Responses are formatted in this module, because a rule may send what h11 refuses to
write, such as a body shorter than its Content-Length.
"""

from __future__ import annotations

import logging
import os
import re
import socket
import sys
from collections.abc import Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import h11

from mlmock.aws.protocol.messages import HttpResponse
from mlmock.errors import ConnectionFailure
from mlmock.server.limits import ServerLimits
from mlmock.server.request import RequestError, RequestHead, Respond, body_too_large, request_head
from mlmock.server.request_body import decode_body

_log = logging.getLogger("mlmock.server")
_RECEIVE_BYTES = 65_536
_MAX_HEAD_BYTES = 65_536
_MAX_HEADERS = 100
_FOLDED_LINE = re.compile(rb"\n[ \t]")
_STATUS_LINES = {s.value: f"HTTP/1.1 {s.value} {s.phrase}\r\n" for s in HTTPStatus}


@dataclass(frozen=True, slots=True)
class _Request:
    """A request, whether the connection stays open after it, and whether chunks are allowed."""

    head: RequestHead
    body: bytes
    keeps_open: bool
    allows_chunks: bool


class Http1Connection:
    """Responds to the requests of one connection, in order and in the calling thread."""

    def __init__(self, client: socket.socket, limits: ServerLimits, respond: Respond) -> None:
        self._client = client
        self._limits = limits
        self._respond = respond
        self._received = b""  # the start of the next request
        self._is_stopping = False

    def serve(self, received: bytes) -> bool:
        """Respond to requests until the connection ends.

        Args:
            received: The first bytes of the connection, which the caller has read.

        Returns:
            True: the connection has ended. The caller closes it.

        Raises:
            ConnectionFailure: A rule fails the connection. The caller closes or resets it.
            OSError: The client has disconnected or has been idle for too long.
        """
        self._received = received
        while not self._is_stopping and self._serve_request():
            pass
        return True

    def hand_over_if_slow(self) -> None:
        """Do nothing: requests are read in order."""

    def stop(self) -> None:
        """End the connection once the response in progress is written."""
        self._is_stopping = True
        with suppress(OSError):
            self._client.shutdown(socket.SHUT_RD)

    def _serve_request(self) -> bool:
        """Respond to one request, and return whether the connection stays open."""
        try:
            request = self._read_request()
        except RequestError as error:
            # Where the rejected request ends is unknown, so the connection can't stay open.
            return self._write_whole(error.response(), keeps_open=False)
        return request is not None and self._reply(request)

    # -- reading ----------------------------------------------------------------------------

    def _read_request(self) -> _Request | None:
        """Return the next request, or None if the connection ends before one."""
        parser = h11.Connection(h11.SERVER, 2 * _MAX_HEAD_BYTES)
        try:
            head = self._read_head(parser)
            if head is None:
                return None
            body = self._read_body(parser, head)
        except h11.RemoteProtocolError as error:
            message = f"The request is not valid HTTP: {error}."
            raise RequestError(message, status=error.error_status_hint) from None
        self._received = parser.trailing_data[0]
        return _Request(
            head=head,
            body=decode_body(
                body, head.headers.get("content-encoding", ""), self._limits.max_body_bytes
            ),
            keeps_open=parser.their_state is not h11.MUST_CLOSE,
            allows_chunks=parser.their_http_version != b"1.0",
        )

    def _read_head(self, parser: h11.Connection) -> RequestHead | None:
        data = self._skip_empty_lines()
        received = bytearray(data)
        parser.receive_data(data)
        while (event := parser.next_event()) is h11.NEED_DATA:
            if len(received) > _MAX_HEAD_BYTES:
                raise _head_too_long(received)
            data = self._client.recv(_RECEIVE_BYTES)
            received += data
            parser.receive_data(data)
        if not isinstance(event, h11.Request):
            return None
        size = len(received) - len(parser.trailing_data[0])
        return _validate_head(event, bytes(received[:size]))

    def _skip_empty_lines(self) -> bytes:
        """Return the first bytes of the next request, or b"" at the end of the connection."""
        data = self._received.lstrip(b"\r\n")
        while not data:
            received = self._client.recv(_RECEIVE_BYTES)
            if not received:
                break
            data = received.lstrip(b"\r\n")
        return data

    def _read_body(self, parser: h11.Connection, head: RequestHead) -> bytes:
        limit = self._limits.max_body_bytes
        if int(head.headers.get("content-length", "0")) > limit:
            raise body_too_large(limit)
        if parser.they_are_waiting_for_100_continue:
            self._send(b"HTTP/1.1 100 Continue\r\n\r\n")
        parts: list[bytes] = []
        size = 0
        while not isinstance(event := parser.next_event(), h11.EndOfMessage):
            if isinstance(event, h11.Data):
                parts.append(event.data)
                size += len(event.data)
                if size > limit:
                    raise body_too_large(limit)
            else:
                parser.receive_data(self._receive_body_part())
        return b"".join(parts)

    def _receive_body_part(self) -> bytes:
        try:
            return self._client.recv(_RECEIVE_BYTES)
        except OSError:
            raise RequestError("The request body stopped arriving.") from None

    # -- writing ----------------------------------------------------------------------------

    def _reply(self, request: _Request) -> bool:
        """Write the response to a request, and return whether the connection stays open."""
        try:
            response = self._respond(request.head, request.body)
            if isinstance(response.body, bytes):
                keeps_open = request.keeps_open and not self._is_stopping
                method = request.head.method
                return self._write_whole(response, method=method, keeps_open=keeps_open)
            return self._write_stream(response, response.body, request)
        except ConnectionFailure as failure:
            if failure.kind == "read_timeout":
                self._hold()
            raise

    def _write_whole(
        self, response: HttpResponse, *, method: str = "", keeps_open: bool = False
    ) -> bool:
        """Write a response in one piece, and return whether the connection stays open."""
        keeps_open = keeps_open and not response.broken
        body: Any = b"" if _is_bodiless(method, response) else response.body
        has_length = "Content-Length" in response.headers or _is_bodiless(method, response)
        framing = "" if has_length else f"Content-Length: {len(body)}\r\n"
        self._send(_format_head(response, framing, keeps_open) + body)
        return keeps_open

    def _write_stream(self, response: HttpResponse, pieces: Any, request: _Request) -> bool:
        """Write a response piece by piece, and return whether the connection stays open.

        A client of HTTP/1.0 knows no chunks: the end of the connection ends its response.
        """
        chunked = request.allows_chunks
        framing = "Transfer-Encoding: chunked\r\n" if chunked else ""
        self._send(_format_head(response, framing, request.keeps_open))
        with closing(pieces):
            try:
                self._write_pieces(pieces, chunked=chunked)
            except (ConnectionFailure, OSError):
                raise
            except Exception:  # raised by a generator of the test, when no error can be sent
                _log.exception("%s %s", request.head.method, request.head.target)
                return False
        return request.keeps_open

    def _write_pieces(self, pieces: Iterable[bytes], *, chunked: bool) -> None:
        for piece in filter(None, pieces):
            self._send(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        if chunked:
            self._send(b"0\r\n\r\n")

    def _send(self, data: bytes) -> None:
        """Send bytes.

        `sendall` would wait for space in the socket's buffer first, which is there almost always;
        without that, the server answers about 15 % more requests per second.
        """
        if sys.platform != "win32":
            with suppress(BlockingIOError):
                data = data[os.write(self._client.fileno(), data) :]
        if data:
            self._client.sendall(data)

    def _hold(self) -> None:
        """Wait until the client disconnects, for the hold timeout at most."""
        self._client.settimeout(self._limits.hold_timeout)
        with suppress(OSError):
            self._client.recv(1)


def _validate_head(request: h11.Request, received: bytes) -> RequestHead:
    """Return a request's head.

    Args:
        request: The head as h11 parses it.
        received: The head as received.

    Raises:
        RequestError: The head has what h11 accepts and this server doesn't.
    """
    headers = [
        (name.decode("ascii").lower(), value.decode("latin-1"))
        for name, value in request.headers.raw_items()  # which is faster than to iterate
    ]
    head = request_head(request.method.decode("ascii"), request.target.decode("ascii"), headers)
    if not request.http_version.startswith(b"1."):
        raise RequestError("The HTTP version is not supported.", status=505)
    if len(received) > _MAX_HEAD_BYTES:
        raise _head_too_long(received)
    if len(headers) > _MAX_HEADERS:
        raise RequestError(f"The request has more than {_MAX_HEADERS} headers.", status=431)
    if _FOLDED_LINE.search(received):
        raise RequestError("A header is folded over several lines.")
    if "transfer-encoding" in head.headers and "content-length" in head.headers:
        raise RequestError("The request has both Transfer-Encoding and Content-Length.")
    return head


def _head_too_long(received: bytes | bytearray) -> RequestError:
    is_line_too_long = b"\n" not in received[:_MAX_HEAD_BYTES]
    part, status = ("line", 414) if is_line_too_long else ("head", 431)
    return RequestError(f"The request {part} has more than {_MAX_HEAD_BYTES} bytes.", status=status)


def _is_bodiless(method: str, response: HttpResponse) -> bool:
    return method == "HEAD" or response.status in (204, 304)


def _format_head(response: HttpResponse, framing: str, keeps_open: bool) -> bytes:
    """Return the head of a response; `framing` is the header that delimits its body, or ""."""
    start = _STATUS_LINES.get(response.status, f"HTTP/1.1 {response.status} Unknown\r\n")
    lines = [f"{n}: {v}\r\n" for n, v in response.headers.items() if n != "Connection"]
    end = f"Connection: {'keep-alive' if keeps_open else 'close'}\r\n\r\n"
    return "".join([start, *lines, framing, end]).encode("latin-1", "replace")
