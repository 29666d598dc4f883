"""Bodies as botocore's parsers and streams read them. None copies what it is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any

from mlmock.aws.protocol.messages import RecordedFrames
from mlmock.errors import ConnectionFailure


class RawBody(BytesIO):
    """The raw body of an answer in one piece; shares the bytes it is made of."""

    def stream(self, amt: int = 65536, decode_content: bool | None = None) -> Iterator[bytes]:
        """Yield what is left, in one piece."""
        rest = self.getvalue() if self.tell() == 0 else self.read()
        self.seek(0, 2)
        if rest:
            yield rest


class StreamBody:
    """The raw body of an event stream: every message is made when the caller pulls it."""

    def __init__(self, frames: RecordedFrames) -> None:
        self._frames = frames
        self._rest = b""
        self._position = 0
        self.closed = False

    def stream(self, amt: int = 65536, decode_content: bool | None = None) -> Iterator[bytes]:
        """Yield one message at a time."""
        try:
            yield from self._frames
        except ConnectionFailure as fault:
            raise stream_error(fault.kind) from None

    def readable(self) -> bool:
        """Say that there is something to read."""
        return True

    def read(self, amt: int | None = None) -> bytes:
        """Return `amt` bytes, or all."""
        while amt is None or len(self._rest) < amt:
            frame = self._next()
            if frame is None:
                break
            self._rest += frame
        cut = len(self._rest) if amt is None else amt
        found, self._rest = self._rest[:cut], self._rest[cut:]
        self._position += len(found)
        return found

    def _next(self) -> bytes | None:
        try:
            return next(self._frames, None)
        except ConnectionFailure as fault:
            raise stream_error(fault.kind) from None

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer`; return how many bytes there were."""
        found = self.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)

    def tell(self) -> int:
        """Return how many bytes have been read."""
        return self._position

    def close(self) -> None:
        """Send nothing more."""
        self.closed = True
        self._frames.close()


def stream_error(kind: str) -> Exception:
    """Return what urllib3 raises when the connection fails while a body is read."""
    from urllib3.exceptions import ProtocolError, ReadTimeoutError

    if kind == "read_timeout":
        pool: Any = None
        return ReadTimeoutError(pool, "", "Read timed out.")
    return ProtocolError("Connection broken: the rule says so")


def raw_body(body: bytes | Iterable[bytes]) -> tuple[RawBody | StreamBody, bytes | RecordedFrames]:
    """Return an answer's body as botocore wants it, and as the journal keeps it."""
    if isinstance(body, bytes):
        return RawBody(body), body
    frames = RecordedFrames(body)
    return StreamBody(frames), frames


def request_bytes(body: Any) -> bytes:
    """Return the bytes of a request's body: text, bytes, a file, parts of these, or nothing."""
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
    found = body.read()
    return found.encode() if isinstance(found, str) else bytes(found)
