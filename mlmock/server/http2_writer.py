"""The writing half of an HTTP/2 connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any

from h2.connection import H2Connection
from h2.errors import ErrorCodes

from mlmock.aws.protocol.messages import HttpResponse


class ResponseWriter:
    """Writes the responses of one connection, from any thread.

    `changed` guards the state of `protocol`, and is notified when the client may have permitted
    more data. It is never held while bytes are sent, so that a client which reads slowly doesn't
    delay the processing of what it sends. `before_wait` is called before a thread waits.

    `timeout` is how long to wait for permission to send more data, in seconds.
    """

    timeout: float

    def __init__(
        self,
        client: socket.socket,
        protocol: H2Connection,
        changed: threading.Condition,
        before_wait: Callable[[], None],
    ) -> None:
        self._client = client
        self._protocol = protocol
        self._changed = changed
        self._before_wait = before_wait
        self._sending = threading.Lock()
        self._has_queued = False
        self._has_ended = False

    def write(self, stream: int, response: HttpResponse, *, has_body: bool) -> None:
        """Write a response to the request on a stream.

        Args:
            stream: The number of the stream.
            response: The response.
            has_body: Whether its body is written, which it isn't for HEAD.

        Raises:
            ConnectionFailure: A rule fails the connection in the middle of a streamed response.
            OSError: The client has disconnected, or accepts no more data.
            ProtocolError: The client has reset the stream.
        """
        body = response.body if has_body else b""
        self._queue_headers(stream, response, ends=body == b"")
        if not isinstance(body, bytes):
            self.flush()
            self._write_pieces(stream, body)
        elif body:
            self._write_data(stream, body, ends=True)
        else:
            self.flush()

    def reset(self, stream: int, code: ErrorCodes) -> None:
        """Reset a stream.

        Raises:
            OSError: The client has disconnected.
            ProtocolError: The stream has ended.
        """
        with self._changed:
            self._protocol.reset_stream(stream, code)
        self.flush()

    def flush(self) -> None:
        """Send what is queued. If another thread is sending, let it send this as well."""
        self._has_queued = True
        while self._has_queued and self._sending.acquire(blocking=False):
            try:
                self._send_queued()
            finally:
                self._sending.release()

    def close(self) -> None:
        """Tell the client that the connection ends, after all that is queued."""
        with self._sending:
            with self._changed:
                self._protocol.close_connection()
            self._send_queued()

    def end(self) -> None:
        """Wait no longer for the client, which sends no more. Call this with `changed` held."""
        self._has_ended = True
        self._changed.notify_all()

    def becomes_idle(self, seconds: float) -> bool:
        """Return whether no thread is sending, or none is after at most `seconds`."""
        is_idle = self._sending.acquire(timeout=seconds)
        if is_idle:
            self._sending.release()
        return is_idle

    def _send_queued(self) -> None:
        # What is queued from now on either is in `data` or sets the flag again.
        self._has_queued = False
        with self._changed:
            data = self._protocol.data_to_send()
        if data:
            self._client.sendall(data)

    def _queue_headers(self, stream: int, response: HttpResponse, *, ends: bool) -> None:
        headers = [(b":status", b"%d" % response.status), *_encoded(response.headers)]
        with self._changed:
            self._protocol.send_headers(stream, headers, end_stream=ends)

    def _write_pieces(self, stream: int, pieces: Any) -> None:
        with closing(pieces):
            for piece in filter(None, pieces):
                self._write_data(stream, piece)
        with self._changed:
            self._protocol.end_stream(stream)
        self.flush()

    def _write_data(self, stream: int, data: bytes, *, ends: bool = False) -> None:
        rest = memoryview(data)
        while rest:
            size = self._queue_data(stream, rest, ends=ends)
            self.flush()
            rest = rest[size:]
            if not size:
                self._wait_for_permission(stream)

    def _queue_data(self, stream: int, data: memoryview, *, ends: bool) -> int:
        """Queue a frame of as much data as the client permits, and return how much that is."""
        with self._changed:
            permitted = self._protocol.local_flow_control_window(stream)
            size = min(permitted, self._protocol.max_outbound_frame_size, len(data))
            if size > 0:
                is_last = ends and size == len(data)
                self._protocol.send_data(stream, bytes(data[:size]), end_stream=is_last)
        return max(size, 0)

    def _wait_for_permission(self, stream: int) -> None:
        """Wait until the client permits more data."""
        self._before_wait()
        with self._changed:
            while self._protocol.local_flow_control_window(stream) <= 0:
                if self._has_ended or not self._changed.wait(self.timeout):
                    raise TimeoutError("the client accepts no more data")


def _encoded(headers: Mapping[str, str]) -> Iterator[tuple[bytes, bytes]]:
    """Yield the headers of a response as HTTP/2 demands: names in lower case, no Connection."""
    for name, value in headers.items():
        if name != "Connection":
            encoded = value.strip().encode("latin-1", "replace")
            yield name.lower().encode("latin-1", "replace"), encoded
