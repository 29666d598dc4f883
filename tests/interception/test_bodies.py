"""The raw bodies that botocore reads."""

from __future__ import annotations

import io
from typing import Any

import pytest

from mlmock.aws.protocol.messages import Frames
from mlmock.interception.botocore.bodies import Body, StreamBody, raw_body, request_bytes


def test_a_body_in_one_piece_streams_what_is_left() -> None:
    content = b"0123456789"
    assert list(Body(content).stream()) == [content]
    body = Body(content)
    assert body.read(4) == b"0123"
    assert list(body.stream(2)) == [b"456789"]
    assert list(body.stream()) == []
    assert list(Body(b"").stream()) == []


def test_frames_are_pulled_one_by_one_and_those_that_went_are_kept() -> None:
    made: list[int] = []

    def frames() -> Any:
        for place in range(3):
            made.append(place)
            yield bytes([place])

    raw, kept = raw_body(frames())
    assert isinstance(raw, StreamBody)
    assert isinstance(kept, Frames)
    stream = raw.stream()
    assert made == []
    assert next(stream) == b"\x00"
    assert made == [0]
    raw.close()
    assert raw.closed
    assert list(stream) == []
    assert kept.sent == [b"\x00"]


def test_a_stream_reads_like_a_file() -> None:
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
def test_the_bytes_of_a_request(body: Any) -> None:
    assert request_bytes(body) == b"x\xc3\xa9"
    assert request_bytes(io.BytesIO(bytes(request_bytes(body)))) == b"x\xc3\xa9"
    assert request_bytes(io.StringIO("xé")) == b"x\xc3\xa9"
    assert request_bytes(None) == b""
