"""HTTP/2 connections with prior knowledge (without TLS), by h2."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, Event, RequestReceived, StreamEnded, StreamReset
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings

from mlmock.aws.protocol.messages import HttpResponse
from mlmock.errors import ConnectionFailure
from mlmock.server.limits import ServerLimits
from mlmock.server.request import RequestError, RequestHead, Respond, body_too_large, request_head
from mlmock.server.request_body import decode_body
from mlmock.server.worker_threads import WorkerThreads

_log = logging.getLogger("mlmock.server")
_RECEIVE_BYTES = 65_536
_MAX_STREAMS = 512
_STOP_SECONDS = 1.0  # for clients to accept the rest of their responses when the server stops
_CONFIGURATION = H2Configuration(
    client_side=False,
    header_encoding="latin-1",
    normalize_outbound_headers=False,  # _encoded does
    validate_outbound_headers=False,
)
_SETTINGS = {
    SettingCodes.MAX_CONCURRENT_STREAMS: _MAX_STREAMS,
    SettingCodes.MAX_HEADER_LIST_SIZE: 65_536,
}
_PREFACE_BYTES, _FRAME_HEAD_BYTES, _MAX_FRAME_BYTES = 24, 9, 16_384
_GOAWAY = 7


@dataclass(slots=True, eq=False)
class _Stream:
    """A request.

    `is_answered` is set once a thread has begun to respond, and `is_cancelled` when the client
    resets the stream or the connection ends.
    """

    number: int
    headers: list[tuple[str, str]]
    received_at: float
    body: bytearray = field(default_factory=bytearray)
    is_complete: bool = False
    is_answered: bool = False
    is_cancelled: bool = False


class Http2Connection:
    """Responds to the requests of one connection.

    The calling thread only reads; responses are made and written by other threads, so that none
    delays another. `_changed` guards the state of the connection and the writing side of the
    socket. It is notified when the client may have permitted more data, when a stream ends and
    when the connection ends.
    """

    def __init__(self, client: socket.socket, limits: ServerLimits, respond: Respond) -> None:
        self._client = client
        self._limits = limits
        self._respond = respond
        self._changed = threading.Condition()
        self._h2 = H2Connection(_CONFIGURATION)
        self._frames = _FrameBuffer()
        self._streams: dict[int, _Stream] = {}
        self._threads = WorkerThreads("mlmock-stream")
        self._failure: ConnectionFailure | None = None
        self._is_stopping = self._has_ended = False

    def serve(self, received: bytes) -> None:
        """Respond to requests until the connection ends.

        Args:
            received: The first bytes of the connection, which the caller has read.

        Raises:
            ConnectionFailure: A rule fails the connection. The caller closes or resets it.
            OSError: The client has disconnected.
        """
        try:
            self._start(received[:_PREFACE_BYTES])
            data = received[_PREFACE_BYTES:]
            while self._process(data):
                data = self._receive()
                if not data:
                    self._finish_responses()
                    break
        finally:
            self._end()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """End the connection once its responses are written, and drop incomplete requests."""
        self._is_stopping = True
        if not self._changed.acquire(timeout=_STOP_SECONDS):
            self._shut_down(socket.SHUT_RDWR)  # a thread is writing to a client that doesn't read
            return
        try:
            for stream in list(self._streams.values()):
                stream.is_cancelled = True
                if not stream.is_answered:
                    del self._streams[stream.number]
            self._end_if_stopped()
            self._changed.notify_all()
        finally:
            self._changed.release()

    # -- reading ----------------------------------------------------------------------------

    def _start(self, preface: bytes) -> None:
        with self._changed:
            # Values that are set later would not apply before the client has acknowledged them.
            self._h2.local_settings = Settings(client=False, initial_values=_SETTINGS)
            self._h2.initiate_connection()
            self._h2.receive_data(preface)
            self._flush()

    def _receive(self) -> bytes:
        """Return the next bytes, or b"" at the end of the connection or when it is idle."""
        while True:
            try:
                return self._client.recv(_RECEIVE_BYTES)
            except TimeoutError:
                if not self._streams:
                    return b""
            finally:
                self._reject_stalled_bodies()

    def _process(self, data: bytes) -> bool:
        """Process what the client has sent, and return whether it follows the protocol."""
        with self._changed:
            try:
                for event in self._h2.receive_data(self._frames.add(data)):
                    self._handle(event)
            except ProtocolError:
                self._flush()  # h2 has queued the frame that tells the client
                return False
            self._flush()
            self._changed.notify_all()
        return True

    def _handle(self, event: Event) -> None:
        if isinstance(event, RequestReceived):
            self._open_stream(event)
        elif isinstance(event, DataReceived):
            self._add_data(event)
        elif isinstance(event, StreamEnded) and event.stream_id in self._streams:
            stream = self._streams[event.stream_id]
            stream.is_complete = True
            self._start_response(stream)
        elif isinstance(event, StreamReset) and event.stream_id in self._streams:
            stream = self._streams[event.stream_id]
            stream.is_cancelled = True
            if not stream.is_answered:
                del self._streams[stream.number]

    def _open_stream(self, event: Any) -> None:
        # Streams that the client has reset count for as long as their threads run.
        if self._is_stopping or len(self._streams) >= _MAX_STREAMS:
            self._h2.reset_stream(event.stream_id, ErrorCodes.REFUSED_STREAM)
            return
        stream = _Stream(event.stream_id, list(event.headers), time.monotonic())
        self._streams[stream.number] = stream

    def _add_data(self, event: Any) -> None:
        self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        stream = self._streams.get(event.stream_id)
        if stream is not None:
            stream.received_at = time.monotonic()
            if len(stream.body) <= self._limits.max_body_bytes:
                stream.body += event.data

    def _reject_stalled_bodies(self) -> None:
        expired = time.monotonic() - self._limits.idle_timeout
        for stream in list(self._streams.values()):
            if not stream.is_answered and stream.received_at <= expired:
                self._start_response(stream)

    # -- responding -------------------------------------------------------------------------

    def _start_response(self, stream: _Stream) -> None:
        """Respond to a request in another thread. The connection's thread alone calls this."""
        if not stream.is_answered:
            stream.is_answered = True
            self._threads.run(partial(self._reply, stream))

    def _reply(self, stream: _Stream) -> None:
        """Write the response to a request."""
        code = ErrorCodes.NO_ERROR
        try:
            self._write(stream, self._response_to(stream))
        except ConnectionFailure as failure:
            self._fail(stream, failure)
        except (OSError, ProtocolError):  # the client has gone, or has reset the stream
            code = ErrorCodes.CANCEL
        except Exception:  # raised by a generator of the test, when no error can be sent
            _log.exception("stream %d", stream.number)
            code = ErrorCodes.INTERNAL_ERROR
        finally:
            self._close_stream(stream, code)

    def _response_to(self, stream: _Stream) -> HttpResponse:
        limit = self._limits.max_body_bytes
        try:
            if not stream.is_complete:
                raise RequestError("The request body stopped arriving.")
            if len(stream.body) > limit:
                raise body_too_large(limit)
            head = _request_head(stream.headers)
            encoding = head.headers.get("content-encoding", "")
            body = decode_body(bytes(stream.body), encoding, limit)
        except RequestError as error:
            return error.response()
        return self._respond(head, body)

    def _fail(self, stream: _Stream, failure: ConnectionFailure) -> None:
        """Fail the connection with all its streams, as a rule demands."""
        if failure.kind == "read_timeout" and self._wait_until_cancelled(stream):
            return
        self._failure = failure
        self._shut_down(socket.SHUT_RD)  # ends _receive

    def _wait_until_cancelled(self, stream: _Stream) -> bool:
        """Wait for the hold timeout at most, and return whether the stream is cancelled."""
        with self._changed:
            timeout = self._limits.hold_timeout
            return self._changed.wait_for(lambda: stream.is_cancelled, timeout)

    def _close_stream(self, stream: _Stream, code: ErrorCodes) -> None:
        with self._changed:
            self._streams.pop(stream.number, None)
            if code or not stream.is_complete:
                with suppress(ProtocolError, OSError):
                    self._h2.reset_stream(stream.number, code)
                    self._flush()
            self._end_if_stopped()
            self._changed.notify_all()

    # -- writing ----------------------------------------------------------------------------

    def _write(self, stream: _Stream, response: HttpResponse) -> None:
        body = response.body
        if body == b"" or (":method", "HEAD") in stream.headers:
            self._write_headers(stream, response, ends=True)
        elif isinstance(body, bytes):
            self._write_headers(stream, response)
            self._write_data(stream, body, ends=True)
        else:
            self._write_headers(stream, response)
            self._write_pieces(stream, body)

    def _write_headers(
        self, stream: _Stream, response: HttpResponse, *, ends: bool = False
    ) -> None:
        headers = [(b":status", b"%d" % response.status), *_encoded(response.headers)]
        with self._changed:
            self._h2.send_headers(stream.number, headers, end_stream=ends)
            if ends or not isinstance(response.body, bytes):
                self._flush()

    def _write_pieces(self, stream: _Stream, pieces: Any) -> None:
        with closing(pieces):
            for piece in filter(None, pieces):
                self._write_data(stream, piece)
        with self._changed:
            self._h2.end_stream(stream.number)
            self._flush()

    def _write_data(self, stream: _Stream, data: bytes, *, ends: bool = False) -> None:
        rest = memoryview(data)
        while rest:
            with self._changed:
                size = min(self._wait_for_window(stream), len(rest))
                is_last = ends and size == len(rest)
                self._h2.send_data(stream.number, bytes(rest[:size]), end_stream=is_last)
                self._flush()
            rest = rest[size:]

    def _wait_for_window(self, stream: _Stream) -> int:
        """Return how many bytes can be sent now; wait until the client permits some."""
        while (window := self._h2.local_flow_control_window(stream.number)) <= 0:
            self._flush()
            seconds = _STOP_SECONDS if self._is_stopping else self._limits.idle_timeout
            if self._has_ended or not self._changed.wait(seconds):
                raise TimeoutError("the client accepts no more data")
        return min(window, self._h2.max_outbound_frame_size)

    def _flush(self) -> None:
        data = self._h2.data_to_send()
        if data:
            self._client.sendall(data)

    # -- the end ----------------------------------------------------------------------------

    def _finish_responses(self) -> None:
        """Wait for the responses in progress, which the client may still read."""
        self._end()
        with self._changed:
            self._changed.wait_for(self._has_finished)
            if self._failure is None:
                self._h2.close_connection()
                self._flush()

    def _has_finished(self) -> bool:
        running = any(stream.is_answered for stream in self._streams.values())
        return self._failure is not None or not running

    def _end(self) -> None:
        """Wake the threads that wait for the client, which sends no more."""
        self._threads.stop()
        with self._changed:
            self._has_ended = True
            for stream in self._streams.values():
                stream.is_cancelled = True
            self._changed.notify_all()

    def _end_if_stopped(self) -> None:
        if self._is_stopping and not self._streams:
            self._shut_down(socket.SHUT_RD)  # ends _receive

    def _shut_down(self, how: int) -> None:
        with suppress(OSError):
            self._client.shutdown(how)


class _FrameBuffer:
    """Splits what a client sends into frames, and drops GOAWAY.

    A client sends GOAWAY when it opens no more streams, and still reads its responses (the
    JavaScript SDK does so once an event stream begins). h2 would refuse to send any more.
    """

    def __init__(self) -> None:
        self._incomplete = b""

    def add(self, data: bytes) -> bytes:
        """Return the frames that `data` completes."""
        data = self._incomplete + data
        frames: list[bytes] = []
        start = 0
        while (end := _frame_end(data, start)) <= len(data):
            if data[start + 3] != _GOAWAY:
                frames.append(data[start:end])
            start = end
        self._incomplete = data[start:]
        return b"".join(frames)


def _frame_end(data: bytes, start: int) -> int:
    """Return where the frame at `start` ends; h2 rejects a frame that is too long by its head."""
    head_end = start + _FRAME_HEAD_BYTES
    size = int.from_bytes(data[start : start + 3], "big") if head_end <= len(data) else 0
    return head_end if size > _MAX_FRAME_BYTES else head_end + size


def _request_head(headers: list[tuple[str, str]]) -> RequestHead:
    pseudo = {name: value for name, value in headers if name.startswith(":")}
    regular = [(name, value) for name, value in headers if not name.startswith(":")]
    if ":authority" in pseudo and all(name != "host" for name, _ in regular):
        regular.append(("host", pseudo[":authority"]))
    return request_head(pseudo.get(":method", ""), pseudo.get(":path", ""), regular)


def _encoded(headers: Mapping[str, str]) -> Iterator[tuple[bytes, bytes]]:
    """Yield the headers of a response as HTTP/2 demands: names in lower case, no Connection."""
    for name, value in headers.items():
        if name != "Connection":
            encoded = value.strip().encode("latin-1", "replace")
            yield name.lower().encode("latin-1", "replace"), encoded
