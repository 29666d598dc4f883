"""An HTTP/2 client that does what a test says, and nothing else."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, DataReceived, ResponseReceived, StreamEnded, StreamReset

from tests.server.raw_http import RECEIVE_BYTES, connect_to

Response = tuple[dict[str, str], bytes]


class Http2Client:
    """One connection with prior knowledge. Streams are named by their numbers."""

    def __init__(self, port: int) -> None:
        self.socket = connect_to(port)
        self.error_code: int | None = None  # of the server's GOAWAY
        self.reset_codes: dict[int, int] = {}
        self.acknowledges_data = True
        self._h2 = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self._h2.initiate_connection()
        self._heads: dict[int, Any] = {}
        self._bodies: dict[int, bytes] = {}
        self._ended: set[int] = set()
        self._flush()

    def _flush(self) -> None:
        self.socket.sendall(self._h2.data_to_send())

    def send(self, frame: bytes) -> None:
        """Send bytes unchanged."""
        self.socket.sendall(frame)

    def request(
        self, method: str, path: str, body: bytes = b"", *, ends: bool = True, **headers: str
    ) -> int:
        """Send a request and return its stream; without `ends`, the body isn't complete."""
        stream = self._h2.get_next_available_stream_id()
        authority = headers.pop("authority", "localhost")
        pseudo = [(":method", method), (":path", path), (":scheme", "http")]
        pseudo.append((":authority", authority))
        regular = [(name.replace("_", "-"), value) for name, value in headers.items()]
        self._h2.send_headers(stream, [*pseudo, *regular], end_stream=ends and not body)
        if body:
            self._h2.send_data(stream, body, end_stream=ends)
        self._flush()
        return int(stream)

    def reset(self, stream: int) -> None:
        """Cancel a request."""
        self._h2.reset_stream(stream)
        self._flush()

    def acknowledge(self, count: int, stream: int | None = None) -> None:
        """Permit the server to send `count` more bytes on the connection, or on a stream too."""
        self._h2.increment_flow_control_window(count)
        if stream is not None:
            self._h2.increment_flow_control_window(count, stream)
        self._flush()

    def has_response(self, stream: int) -> bool:
        """Return whether the head of the response has been received."""
        return stream in self._heads

    def received_bytes(self, stream: int) -> int:
        """Return how many bytes of the body have been received."""
        return len(self._bodies.get(stream, b""))

    def responses(self, *streams: int) -> list[Response]:
        """Return headers and bodies of the complete responses on `streams`.

        Raises:
            ConnectionError: The server closes or resets the connection before.
        """
        while not self._ended >= set(streams):
            if not self.receive():
                raise ConnectionResetError("the server has closed the connection")
        return [(self._heads.get(s, {}), self._bodies.get(s, b"")) for s in streams]

    def response(self, stream: int) -> Response:
        """Return headers and body of the complete response on a stream."""
        return self.responses(stream)[0]

    def receive(self) -> bool:
        """Process what the server sends next, and return False at the end of the connection."""
        data = self.socket.recv(RECEIVE_BYTES)
        for event in self._h2.receive_data(data):
            self._handle(event)
        with suppress(BrokenPipeError):
            self._flush()
        return bool(data)

    def _handle(self, event: Any) -> None:
        if isinstance(event, ResponseReceived):
            self._heads[event.stream_id] = dict(event.headers)
        elif isinstance(event, DataReceived):
            self._bodies[event.stream_id] = self._bodies.get(event.stream_id, b"") + event.data
            if self.acknowledges_data:
                size = event.flow_controlled_length
                self._h2.acknowledge_received_data(size, event.stream_id)
        elif isinstance(event, StreamEnded):
            self._ended.add(event.stream_id)
        elif isinstance(event, StreamReset):
            self._ended.add(event.stream_id)
            self.reset_codes[event.stream_id] = int(event.error_code or 0)
        elif isinstance(event, ConnectionTerminated):
            self.error_code = int(event.error_code or 0)

    def close(self) -> None:
        """Close the connection."""
        self.socket.close()
