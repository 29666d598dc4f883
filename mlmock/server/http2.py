"""HTTP/2 connections with prior knowledge (without TLS), by h2."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
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
from mlmock.server.http2_writer import ResponseWriter
from mlmock.server.limits import ServerLimits
from mlmock.server.request import RequestError, RequestHead, Respond, body_too_large, request_head
from mlmock.server.request_body import decode_body
from mlmock.server.worker_threads import WorkerThreads

_log = logging.getLogger("mlmock.server")
_RECEIVE_BYTES = 65_536
_MAX_STREAMS = 512
_SLOW_SECONDS = 0.02
_STOP_SECONDS = 1.0  # for clients to accept the rest of their responses when the server stops
_CONFIGURATION = H2Configuration(
    client_side=False,
    header_encoding="latin-1",
    normalize_outbound_headers=False,  # ResponseWriter does
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

    The thread that reads also responds to a request if no other is open, because changing threads
    takes as long as a typical response. If the response then waits or takes long, another thread
    reads on, and other requests get threads of their own. A response that takes long therefore
    delays others by less than 0.1 s.

    `_changed` guards the state of the connection and of its streams. It is notified when that
    state may have changed.
    """

    def __init__(
        self,
        client: socket.socket,
        limits: ServerLimits,
        respond: Respond,
        read_on: Callable[[Callable[[], bool]], None],
    ) -> None:
        """Create the connection.

        Args:
            client: The socket.
            limits: The limits of the server.
            respond: The application.
            read_on: Starts a thread that calls a function, such as `serve`, and treats its result
                as the result of `serve`.
        """
        self._client = client
        self._limits = limits
        self._respond = respond
        self._changed = threading.Condition()
        self._h2 = H2Connection(_CONFIGURATION)
        self._frames = _FrameBuffer()
        self._streams: dict[int, _Stream] = {}
        self._threads = WorkerThreads("mlmock-stream")
        self._writer = ResponseWriter(client, self._h2, self._changed, self.hand_over)
        self._writer.timeout = limits.idle_timeout
        self._failure: ConnectionFailure | None = None
        self._is_stopping = False
        self._read_on = read_on
        self._ready: list[_Stream] = []
        # The request to which the reading thread responds, and when it began to.
        self._own_stream: _Stream | None = None
        self._busy_since = 0.0

    def serve(self, received: bytes) -> bool:
        """Respond to requests until the connection ends or another thread reads on.

        Args:
            received: The first bytes of the connection, which the caller has read.

        Returns:
            Whether the connection has ended. The caller closes it.

        Raises:
            ConnectionFailure: A rule fails the connection. The caller closes or resets it.
            OSError: The client has disconnected.
        """
        self._start(received[:_PREFACE_BYTES])
        return self._read(received[_PREFACE_BYTES:])

    def stop(self) -> None:
        """End the connection once its responses are written, and drop incomplete requests."""
        with self._changed:
            self._is_stopping = True
            self._writer.timeout = _STOP_SECONDS
            for stream in list(self._streams.values()):
                self._cancel(stream)
            self._end_if_stopped()
            self._changed.notify_all()
        self.hand_over()
        if not self._writer.becomes_idle(_STOP_SECONDS):
            self._shut_down(socket.SHUT_RDWR)  # the client doesn't read

    def hand_over_if_slow(self) -> None:
        """Let another thread read on if a response takes long. The server calls this regularly."""
        is_busy = self._own_stream is not None
        if is_busy and time.monotonic() - self._busy_since > _SLOW_SECONDS:
            self.hand_over()

    def hand_over(self) -> None:
        """Let another thread read on if the reading thread is responding to a request."""
        with self._changed:
            if self._own_stream is not None:
                self._read_on(self._read)  # which waits for `_changed`
                self._own_stream = None

    # -- reading ----------------------------------------------------------------------------

    def _read(self, data: bytes = b"") -> bool:
        """Process `data` and all that follows; return and raise what `serve` does."""
        has_handed_over = False
        try:
            while self._process(data):
                has_handed_over = self._respond_to_ready()
                if has_handed_over or self._failure is not None:
                    break
                data = self._receive()
                if not data:
                    self._finish_responses()
                    break
        finally:
            if not has_handed_over:
                self._end()
        if self._failure is not None and not has_handed_over:
            raise self._failure
        return not has_handed_over

    def _start(self, preface: bytes) -> None:
        with self._changed:
            # Values that are set later would not apply before the client has acknowledged them.
            self._h2.local_settings = Settings(client=False, initial_values=_SETTINGS)
            self._h2.initiate_connection()
            self._h2.receive_data(preface)
        self._writer.flush()

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
        is_valid = True
        with self._changed:
            try:
                for event in self._h2.receive_data(self._frames.add(data)):
                    self._handle(event)
            except ProtocolError:
                is_valid = False
            self._changed.notify_all()
        self._writer.flush()  # acknowledgments, or the error that h2 reports to the client
        return is_valid

    def _handle(self, event: Event) -> None:
        if isinstance(event, RequestReceived):
            self._open_stream(event)
        elif isinstance(event, DataReceived):
            self._add_data(event)
        elif isinstance(event, StreamEnded) and event.stream_id in self._streams:
            stream = self._streams[event.stream_id]
            stream.is_complete = stream.is_answered = True
            self._ready.append(stream)
        elif isinstance(event, StreamReset) and event.stream_id in self._streams:
            self._cancel(self._streams[event.stream_id])

    def _cancel(self, stream: _Stream) -> None:
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
                stream.is_answered = True
                self._threads.run(partial(self._reply, stream))

    # -- responding -------------------------------------------------------------------------

    def _respond_to_ready(self) -> bool:
        """Respond to complete requests, and return whether another thread reads on."""
        ready, self._ready = self._ready, []
        if len(ready) == len(self._streams) == 1 and not self._is_stopping:
            return self._reply_while_reading(ready[0])
        for stream in ready:
            self._threads.run(partial(self._reply, stream))
        return False

    def _reply_while_reading(self, stream: _Stream) -> bool:
        """Respond in the reading thread, and return whether another thread reads on."""
        self._busy_since = time.monotonic()
        self._own_stream = stream
        self._reply(stream)
        with self._changed:
            has_handed_over = self._own_stream is not stream
            if not has_handed_over:
                self._own_stream = None
        return has_handed_over

    def _reply(self, stream: _Stream) -> None:
        """Write the response to a request."""
        code = ErrorCodes.NO_ERROR
        try:
            has_body = (":method", "HEAD") not in stream.headers
            self._writer.write(stream.number, self._response_to(stream), has_body=has_body)
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
        self.hand_over()
        with self._changed:
            timeout = self._limits.hold_timeout
            return self._changed.wait_for(lambda: stream.is_cancelled, timeout)

    def _close_stream(self, stream: _Stream, code: ErrorCodes) -> None:
        if code or not stream.is_complete:
            with suppress(ProtocolError, OSError):
                self._writer.reset(stream.number, code)
        with self._changed:
            self._streams.pop(stream.number, None)
            self._end_if_stopped()
            self._changed.notify_all()

    # -- the end ----------------------------------------------------------------------------

    def _finish_responses(self) -> None:
        """Wait for the responses in progress, which the client may still read."""
        self._end()
        with self._changed:
            self._changed.wait_for(self._has_finished)
        if self._failure is None:
            self._writer.close()

    def _has_finished(self) -> bool:
        running = any(stream.is_answered for stream in self._streams.values())
        return self._failure is not None or not running

    def _end(self) -> None:
        """Wake the threads that wait for the client, which sends no more."""
        self._threads.stop()
        with self._changed:
            for stream in self._streams.values():
                stream.is_cancelled = True
            self._writer.end()

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
