"""DetectAnomalies: invalid requests, default results and scripted results."""

from __future__ import annotations

import struct
from typing import Any

import boto3
import pytest

from mlmock import mock_ml
from mlmock.services.common.images import read_header
from tests.services.lookoutvision.conftest import error_of
from tests.services.lookoutvision.detection_helpers import ONE, PNG, detect, segmentation_model


def jpeg(width: int, height: int, *segments: bytes) -> bytes:
    """Return the start of a JPEG file: other segments, then the frame header."""
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 17, 8, height, width, 3) + b"\0" * 9
    return b"\xff\xd8" + b"".join(segments) + frame


def segment(marker: int, length: int) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, length) + b"\0" * (length - 2)


# -- invalid requests -------------------------------------------------------------------------


def test_model_must_be_hosted(ml: Any, vision: Any) -> None:
    ml.lookoutvision.project("circuits", model="TRAINED")

    failure = error_of(vision.detect_anomalies, **ONE, Body=PNG, ContentType="image/png")

    assert (failure["Code"], failure["ResourceType"]) == ("ConflictException", "MODEL")
    assert failure["Message"] == (
        "The model circuits/1 can't be used for detection in status TRAINED."
    )


def test_model_detects_during_a_system_update(vision: Any, model: Any) -> None:
    model.system_update()

    assert detect(vision)["Source"] == {"Type": "direct"}


def test_missing_project_is_not_found(vision: Any) -> None:
    failure = error_of(vision.detect_anomalies, **ONE, Body=PNG, ContentType="image/png")

    assert failure["ResourceType"] == "PROJECT"


def test_invalid_content_type_has_the_message_of_the_service(vision: Any, model: Any) -> None:
    failure = error_of(vision.detect_anomalies, **ONE, Body=PNG, ContentType="image/gif")

    assert (failure["Code"], failure["Status"]) == ("ValidationException", 400)
    assert failure["Message"] == (
        "content-type must be one of the following. image/jpeg, image/png"
    )


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        (b"", "image/png", "The image is not a valid image/png file."),
        (b"pixels", "image/png", "The image is not a valid image/png file."),
        (PNG, "image/jpeg", "The image is not a valid image/jpeg file."),
        (b"\xff\xd8\xff", "image/jpeg", "The image is not a valid image/jpeg file."),
        (b"\xff\xd8" + b"\0" * 20, "image/jpeg", "The image is not a valid image/jpeg file."),
        (
            PNG + b"\0" * 8 * 1024 * 1024,
            "image/png",
            "The image must not have more than 8388608 bytes.",
        ),
        (
            jpeg(63, 64),
            "image/jpeg",
            "The image must have 64 to 4096 pixels on each side; it has 63 x 64.",
        ),
        (
            jpeg(64, 4097),
            "image/jpeg",
            "The image must have 64 to 4096 pixels on each side; it has 64 x 4097.",
        ),
    ],
    ids=["empty", "text", "png", "cut", "zeros", "large", "narrow", "tall"],
)
def test_invalid_images_are_rejected(
    vision: Any, model: Any, body: bytes, kind: str, message: str
) -> None:
    failure = error_of(vision.detect_anomalies, **ONE, Body=body, ContentType=kind)

    assert (failure["Code"], failure["Message"]) == ("ValidationException", message)


@pytest.mark.parametrize(
    "body",
    [
        jpeg(640, 480),
        jpeg(640, 480, segment(0xE0, 16), segment(0xC4, 30), b"\xff", segment(0xDB, 67)),
        jpeg(640, 480, b"\xff\xd0", segment(0xFE, 2)),
    ],
)
def test_jpeg_size_is_found_after_other_segments(vision: Any, model: Any, body: bytes) -> None:
    header = read_header(body)

    assert header is not None
    assert (header.width, header.height) == (640, 480)
    assert detect(vision, body, "image/jpeg; charset=binary")["Source"] == {"Type": "direct"}


# -- default results --------------------------------------------------------------------------


def test_default_result_depends_on_the_image_only() -> None:
    found = []
    for _ in range(2):
        with mock_ml() as ml:
            ml.lookoutvision.project("circuits", model="HOSTED")
            vision = boto3.client("lookoutvision")
            found.append([detect(vision, PNG + bytes([tail])) for tail in range(20)])

    assert found[0] == found[1]
    assert {result["IsAnomalous"] for result in found[0]} == {True, False}
    assert all(0.5 <= result["Confidence"] <= 1 for result in found[0])
    assert len({result["Confidence"] for result in found[0]}) == 20
    assert all(set(r) == {"Source", "IsAnomalous", "Confidence"} for r in found[0])


def test_body_may_be_a_file(vision: Any, model: Any, tmp_path: Any) -> None:
    file = tmp_path / "board.png"
    file.write_bytes(PNG)
    with file.open("rb") as opened:
        assert detect(vision, opened) == detect(vision, bytearray(PNG))


def test_default_result_of_a_segmentation_model(ml: Any, vision: Any) -> None:
    segmentation_model(ml, {"scratch": "#23A436", "dent": "#112233"})
    results = set()
    for tail in range(10):
        found = detect(vision, PNG + bytes([tail]))
        names = [anomaly["Name"] for anomaly in found["Anomalies"]]
        areas = [a["PixelAnomaly"]["TotalPercentageArea"] for a in found["Anomalies"]]
        colors = [a["PixelAnomaly"]["Color"] for a in found["Anomalies"]]
        mask = read_header(found["AnomalyMask"])

        expected = slice(3 if found["IsAnomalous"] else 1)
        assert names == ["background", "scratch", "dent"][expected]
        assert colors == ["#FFFFFF", "#23A436", "#112233"][expected]
        assert sum(areas) == pytest.approx(1)
        assert (areas[0] < 1) is found["IsAnomalous"]
        assert mask is not None
        assert (mask.width, mask.height, mask.has_alpha) == (64, 64, False)
        results.add(found["IsAnomalous"])
    assert results == {True, False}
