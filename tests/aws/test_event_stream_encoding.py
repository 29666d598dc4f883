"""Events of the synthetic model, encoded as event stream messages."""

from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer

from mlmock.aws.protocol.event_stream import EventStream
from mlmock.errors import ServiceError
from tests.aws.synthetic_model import MODEL
from tests.aws.synthetic_values import MOMENT


def _stream() -> EventStream:
    return EventStream(MODEL.shape_for("Stream"))


def _read_frames(frames: bytes) -> list[tuple[dict[str, Any], bytes]]:
    buffer: Any = EventStreamBuffer()
    buffer.add_data(frames)
    return [(message.headers, message.payload) for message in buffer]


def test_event_payload_may_be_text_bytes_or_a_structure() -> None:
    events = [
        {"AsText": {"Body": "ä"}},
        {"AsBytes": {"Body": b"\x00"}},
        {"AsTree": {"Body": {"Name": "a"}}},
        {"AsTree": {}},
        {"Plain": {"Text": "x", "Moment": MOMENT}},
        {"Plain": b'{"Text":"as it is"}'},
    ]
    found = _read_frames(b"".join(_stream().encode(events)))
    assert [payload for _, payload in found] == [
        "ä".encode(),
        b"\x00",
        b'{"n":"a"}',
        b"{}",
        b'{"Text":"x","Moment":1770091506}',
        b'{"Text":"as it is"}',
    ]
    kinds = [headers[":content-type"] for headers, _ in found]
    octets = "application/octet-stream"
    assert kinds == ["text/plain", octets, *["application/json"] * 4]
    assert [h[":event-type"] for h, _ in found][:2] == ["AsText", "AsBytes"]


@pytest.mark.parametrize("message", [None, "odd", "ü" * 70_000, "\ud800"])
def test_unmodeled_error_in_a_stream_is_an_error_message(message: str | None) -> None:
    frames = _stream().exception(ServiceError("Odd", message))
    ((headers, payload),) = _read_frames(frames)
    assert (headers[":message-type"], headers[":error-code"], payload) == ("error", "Odd", b"")
    assert headers[":error-message"] == (message or "")[:8000].replace("\ud800", "?")
