"""The encoding vnd.amazon.eventstream: one message for each event, encoded when it is read."""

from __future__ import annotations

import struct
from binascii import crc32
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from mlmock.aws.protocol.json_body import Serializer, serializer_for
from mlmock.errors import ServiceError

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_STRING = 7
_MAX_HEADER = 8_000  # characters of a header; its length has 16 bits
_PRELUDE = struct.Struct("!II")
_CRC = struct.Struct("!I")

EventSerializer = Callable[[Any], bytes]


def frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    """Return one encoded message with its checksums."""
    return _frame(_encode_headers(headers), payload)


def _encode_headers(headers: Mapping[str, str]) -> bytes:
    parts = []
    for name, value in headers.items():
        name_bytes, text = name.encode(), value.encode(errors="replace")
        parts.append(struct.pack("!B", len(name_bytes)) + name_bytes)
        parts.append(struct.pack("!BH", _STRING, len(text)) + text)
    return b"".join(parts)


def _frame(headers: bytes, payload: bytes) -> bytes:
    prelude = _PRELUDE.pack(16 + len(headers) + len(payload), len(headers))
    start = prelude + _CRC.pack(crc32(prelude)) + headers
    return b"".join((start, payload, _CRC.pack(crc32(payload, crc32(start)))))


class EventStream:
    """The serializers of an event stream's events and exceptions, compiled from its shape."""

    def __init__(self, shape: Any) -> None:
        self._writers = {
            name: _event_writer(name, member)
            for name, member in shape.members.items()
            if not member.metadata.get("exception")
        }
        self._exceptions = {
            name: _exception_writer(name, member)
            for name, member in shape.members.items()
            if member.metadata.get("exception")
        }

    def encode(self, events: Iterable[Any]) -> Iterator[bytes]:
        """Yield the messages of `events`, each a union like ``{"chunk": {"bytes": b"…"}}``.

        An event of bytes is an encoded message, as `message` returns it. A ServiceError that
        `events` raises or contains becomes the exception event that ends the stream, and so does
        an event that the model declares as an exception. Any other exception is raised.
        """
        try:
            for event in events:
                if type(event) is bytes:
                    yield event
                elif isinstance(event, BaseException):
                    raise event
                else:
                    ((name, value),) = event.items()
                    if name in self._exceptions:
                        raise ServiceError(name, **value)
                    yield self._writers[name](value)
        except ServiceError as error:
            yield self.exception(error)

    def message(self, name: str, value: Any) -> bytes:
        """Return the message of one event. A `value` of bytes is its JSON."""
        return self._writers[name](value)

    def exception(self, error: ServiceError) -> bytes:
        """Return the message of an error that ends the stream."""
        names = (error.code, error.code[:1].lower() + error.code[1:])
        for name in names:
            if name in self._exceptions:
                return self._exceptions[name](error)
        message = (error.message or "")[:_MAX_HEADER]
        return frame(
            {":message-type": "error", ":error-code": error.code, ":error-message": message}, b""
        )


def _event_writer(name: str, shape: Any) -> EventSerializer:
    payloads = [m for m in shape.members.items() if m[1].serialization.get("eventpayload")]
    if payloads and payloads[0][1].type_name in {"blob", "string"}:
        member, kind = payloads[0][0], payloads[0][1].type_name
        content_type = "application/octet-stream" if kind == "blob" else "text/plain"
        headers = _event_headers(name, content_type)
        return lambda value: _frame(headers, _raw(value.get(member, b"")))
    if payloads:
        member, write = payloads[0][0], serializer_for(payloads[0][1])
        headers = _event_headers(name, "application/json")
        return lambda value: _frame(headers, write(value.get(member, {})))
    return _json_event(_event_headers(name, "application/json"), serializer_for(shape))


def _json_event(headers: bytes, write: Serializer) -> EventSerializer:
    """Return the serializer of an event whose payload is JSON; bytes are taken as JSON."""
    return lambda value: _frame(headers, value if type(value) is bytes else write(value))


def _raw(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)


def _event_headers(name: str, content_type: str) -> bytes:
    return _encode_headers(
        {":event-type": name, ":content-type": content_type, ":message-type": "event"}
    )


def _exception_writer(name: str, shape: Any) -> Callable[[ServiceError], bytes]:
    write = serializer_for(shape)
    headers = _encode_headers(
        {":exception-type": name, ":content-type": "application/json", ":message-type": "exception"}
    )
    key = next((m for m in shape.members if m.lower() == "message"), "message")

    def encode(error: ServiceError) -> bytes:
        members = dict(error.members)
        if error.message is not None:
            members.setdefault(key, error.message)
        return _frame(headers, write(members))

    return encode
