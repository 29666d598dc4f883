"""Response bodies for botocore's parsers and streams, and the bytes of request bodies.

No response body is copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any

from mlmock.aws.protocol.messages import RecordedFrames
from mlmock.errors import ConnectionFailure


class RawBody(BytesIO):
    """A response body that is complete. It shares the bytes that it is created from."""

    def stream(self, amt: int = 65536, decode_content: bool | None = None) -> Iterator[bytes]:
        """Yield the unread rest as one chunk."""
        rest = self.getvalue() if self.tell() == 0 else self.read()
        self.seek(0, 2)
        if rest:
            yield rest


class StreamBody:
    """The body of an event stream. A message is generated when the caller reads it."""

    def __init__(self, frames: RecordedFrames) -> None:
        self._frames = frames
        self._rest = b""
        self._position = 0
        self.closed = False

    def stream(self, amt: int = 65536, decode_content: bool | None = None) -> Iterator[bytes]:
        """Yield one message at a time."""
        try:
            yield from self._frames
        except ConnectionFailure as error:
            raise stream_error(error.kind) from None

    def readable(self) -> bool:
        """Return whether the body can be read, as a file would."""
        return True

    def read(self, amt: int | None = None) -> bytes:
        """Return at most `amt` bytes, or the rest."""
        while amt is None or len(self._rest) < amt:
            frame = self._next()
            if frame is None:
                break
            self._rest += frame
        end = len(self._rest) if amt is None else amt
        data, self._rest = self._rest[:end], self._rest[end:]
        self._position += len(data)
        return data

    def _next(self) -> bytes | None:
        try:
            return next(self._frames, None)
        except ConnectionFailure as error:
            raise stream_error(error.kind) from None

    def readinto(self, buffer: Any) -> int:
        """Read into `buffer` and return the number of bytes."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def tell(self) -> int:
        """Return the number of bytes that have been read."""
        return self._position

    def close(self) -> None:
        """Stop generating messages."""
        self.closed = True
        self._frames.close()


def stream_error(kind: str) -> Exception:
    """Return the exception that urllib3 raises if the connection fails while a body is read."""
    from urllib3.exceptions import ProtocolError, ReadTimeoutError

    if kind == "read_timeout":
        pool: Any = None
        return ReadTimeoutError(pool, "", "Read timed out.")
    return ProtocolError("Connection broken: simulated by an mlmock rule")


def raw_body(body: bytes | Iterable[bytes]) -> tuple[RawBody | StreamBody, bytes | RecordedFrames]:
    """Return the body of a response in two forms: for botocore, and for the journal."""
    if isinstance(body, bytes):
        return RawBody(body), body
    frames = RecordedFrames(body)
    return StreamBody(frames), frames


def request_bytes(body: Any) -> bytes:
    """Return the bytes of a request body: text, bytes, a file, an iterable of these, or None."""
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, (bytearray, memoryview)):
        return bytes(body)
    if not hasattr(body, "read"):
        return b"".join(map(request_bytes, body))
    content = body.read()
    return content.encode() if isinstance(content, str) else bytes(content)
