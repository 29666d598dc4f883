"""vnd.amazon.eventstream: one encoded message an event, encoded when the caller asks for it."""

from __future__ import annotations

import struct
from binascii import crc32
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from mlmock.aws.protocol.json_body import Writer, serializer_for
from mlmock.errors import ServiceError

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_STRING = 7
_LONGEST = 8_000  # characters of a header's text: its length has 16 bits
_PRELUDE = struct.Struct("!II")
_CRC = struct.Struct("!I")

EventWriter = Callable[[Any], bytes]


def frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    """Return one message: prelude, headers, payload, each checksum in its place."""
    return _frame(_header_block(headers), payload)


def _header_block(headers: Mapping[str, str]) -> bytes:
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
    """The writers of an event stream's events and exceptions, compiled once from its shape."""

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

        An event of bytes is a message already, as `message` makes them. A ServiceError that
        `events` raises, or has in it, becomes the exception event that ends the stream, and so does
        an event that the model has as an exception; any other exception is raised where it stands.
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
        except ServiceError as fault:
            yield self.exception(fault)

    def message(self, name: str, value: Any) -> bytes:
        """Return the message of one event; bytes are its JSON already."""
        return self._writers[name](value)

    def exception(self, fault: ServiceError) -> bytes:
        """Return the message that carries `fault` in mid-stream."""
        names = (fault.code, fault.code[:1].lower() + fault.code[1:])
        for name in names:
            if name in self._exceptions:
                return self._exceptions[name](fault)
        message = (fault.message or "")[:_LONGEST]
        return frame(
            {":message-type": "error", ":error-code": fault.code, ":error-message": message}, b""
        )


def _event_writer(name: str, shape: Any) -> EventWriter:
    payloads = [m for m in shape.members.items() if m[1].serialization.get("eventpayload")]
    if payloads and payloads[0][1].type_name in {"blob", "string"}:
        member, kind = payloads[0][0], payloads[0][1].type_name
        content_type = "application/octet-stream" if kind == "blob" else "text/plain"
        context = _event_block(name, content_type)
        return lambda value: _frame(context, _raw(value.get(member, b"")))
    if payloads:
        member, write = payloads[0][0], serializer_for(payloads[0][1])
        context = _event_block(name, "application/json")
        return lambda value: _frame(context, write(value.get(member, {})))
    return _json_event(_event_block(name, "application/json"), serializer_for(shape))


def _json_event(context: bytes, write: Writer) -> EventWriter:
    """Return the writer of an event that is a JSON document; bytes are one already."""
    return lambda value: _frame(context, value if type(value) is bytes else write(value))


def _raw(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)


def _event_block(name: str, content_type: str) -> bytes:
    return _header_block(
        {":event-type": name, ":content-type": content_type, ":message-type": "event"}
    )


def _exception_writer(name: str, shape: Any) -> Callable[[ServiceError], bytes]:
    write = serializer_for(shape)
    context = _header_block(
        {":exception-type": name, ":content-type": "application/json", ":message-type": "exception"}
    )
    key = next((m for m in shape.members if m.lower() == "message"), "message")

    def encode(fault: ServiceError) -> bytes:
        members = dict(fault.members)
        if fault.message is not None:
            members.setdefault(key, fault.message)
        return _frame(context, write(members))

    return encode
