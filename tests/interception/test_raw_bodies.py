"""The raw response bodies that botocore reads, and the bytes of request bodies."""

from __future__ import annotations

import io
from typing import Any

import pytest

from mlmock.aws.protocol.messages import RecordedFrames
from mlmock.interception.botocore.bodies import RawBody, StreamBody, raw_body, request_bytes


def test_stream_of_a_body_returns_the_unread_rest() -> None:
    content = b"0123456789"
    assert list(RawBody(content).stream()) == [content]
    body = RawBody(content)
    assert body.read(4) == b"0123"
    assert list(body.stream(2)) == [b"456789"]
    assert list(body.stream()) == []
    assert list(RawBody(b"").stream()) == []


def test_frames_are_generated_on_demand_and_recorded() -> None:
    produced: list[int] = []

    def frames() -> Any:
        for number in range(3):
            produced.append(number)
            yield bytes([number])

    raw, kept = raw_body(frames())
    assert isinstance(raw, StreamBody)
    assert isinstance(kept, RecordedFrames)
    stream = raw.stream()
    assert produced == []
    assert next(stream) == b"\x00"
    assert produced == [0]
    raw.close()
    assert raw.closed
    assert list(stream) == []
    assert kept.sent == [b"\x00"]


def test_stream_can_be_read_like_a_file() -> None:
    raw: Any = raw_body(iter([b"ab", b"cde", b"f"]))[0]
    assert raw.readable()
    assert raw.read(3) == b"abc"
    assert raw.tell() == 3
    buffer = bytearray(2)
    assert raw.readinto(buffer) == 2
    assert bytes(buffer) == b"de"
    assert raw.read() == b"f"
    assert raw.read() == raw.read(1) == b""
    assert raw.tell() == 6
    raw.close()


@pytest.mark.parametrize(
    "body",
    [b"x\xc3\xa9", "xé", bytearray(b"x\xc3\xa9"), memoryview(b"x\xc3\xa9")],
    ids=lambda body: type(body).__name__,
)
def test_bytes_of_every_kind_of_request_body(body: Any) -> None:
    assert request_bytes(body) == b"x\xc3\xa9"
    assert request_bytes(io.BytesIO(bytes(request_bytes(body)))) == b"x\xc3\xa9"
    assert request_bytes(io.StringIO("xé")) == b"x\xc3\xa9"
    assert request_bytes(None) == b""
