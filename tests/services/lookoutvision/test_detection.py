"""DetectAnomalies: what is refused, what is found by default, what a test says is found."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import boto3
import pytest

from mlmock import InvalidRule, UnmatchedCall, UnusedRule, contains, error, mock_ml
from mlmock.services.common.images import png, read_header
from tests.services.lookoutvision.conftest import line, masked_line, refusal

ONE = {"ProjectName": "circuits", "ModelVersion": "1"}
PNG = png(64, 64, [("#808080", 1.0)], alpha=False)


@pytest.fixture
def model(ml: Any) -> Any:
    return ml.lookoutvision.project("circuits", model="HOSTED").model("1")


def detect(client: Any, body: Any = PNG, kind: str = "image/png", **more: Any) -> dict[str, Any]:
    answer = client.detect_anomalies(**{**ONE, **more}, Body=body, ContentType=kind)
    found: dict[str, Any] = answer["DetectAnomalyResult"]
    return found


def jpeg(width: int, height: int, *segments: bytes) -> bytes:
    """The head of a JPEG file: other segments, then the frame header."""
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 17, 8, height, width, 3) + b"\0" * 9
    return b"\xff\xd8" + b"".join(segments) + frame


def segment(marker: int, length: int) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, length) + b"\0" * (length - 2)


# --- what is refused -----------------------------------------------------------------------------


def test_a_model_has_to_be_hosted(ml: Any, vision: Any) -> None:
    ml.lookoutvision.project("circuits", model="TRAINED")

    refused = refusal(vision.detect_anomalies, **ONE, Body=PNG, ContentType="image/png")

    assert (refused["Code"], refused["ResourceType"]) == ("ConflictException", "MODEL")
    assert refused["Message"] == (
        "The model circuits/1 can't be used for detection in status TRAINED."
    )


def test_a_model_that_is_being_updated_detects(vision: Any, model: Any) -> None:
    model.system_update()

    assert detect(vision)["Source"] == {"Type": "direct"}


def test_a_model_has_to_be_there(vision: Any) -> None:
    refused = refusal(vision.detect_anomalies, **ONE, Body=PNG, ContentType="image/png")

    assert refused["ResourceType"] == "PROJECT"


def test_the_content_type_is_checked_in_the_services_words(vision: Any, model: Any) -> None:
    refused = refusal(vision.detect_anomalies, **ONE, Body=PNG, ContentType="image/gif")

    assert (refused["Code"], refused["Status"]) == ("ValidationException", 400)
    assert refused["Message"] == (
        "content-type must be one of the following. image/jpeg, image/png"
    )


@pytest.mark.parametrize(
    ("body", "kind", "why"),
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
def test_images_are_checked(vision: Any, model: Any, body: bytes, kind: str, why: str) -> None:
    refused = refusal(vision.detect_anomalies, **ONE, Body=body, ContentType=kind)

    assert (refused["Code"], refused["Message"]) == ("ValidationException", why)


@pytest.mark.parametrize(
    "body",
    [
        jpeg(640, 480),
        jpeg(640, 480, segment(0xE0, 16), segment(0xC4, 30), b"\xff", segment(0xDB, 67)),
        jpeg(640, 480, b"\xff\xd0", segment(0xFE, 2)),
    ],
)
def test_the_size_of_a_jpeg_stands_behind_other_segments(
    vision: Any, model: Any, body: bytes
) -> None:
    picture = read_header(body)

    assert picture is not None
    assert (picture.width, picture.height) == (640, 480)
    assert detect(vision, body, "image/jpeg; charset=binary")["Source"] == {"Type": "direct"}


# --- the default ---------------------------------------------------------------------------------


def test_the_same_bytes_are_always_the_same() -> None:
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


def test_bodies_may_be_files(vision: Any, model: Any, tmp_path: Any) -> None:
    file = tmp_path / "board.png"
    file.write_bytes(PNG)
    with file.open("rb") as opened:
        assert detect(vision, opened) == detect(vision, bytearray(PNG))


def segmenting(ml: Any, labels: dict[str, str]) -> Any:
    texts = [line("1.png"), masked_line("2.png", labels)]
    return ml.lookoutvision.project("circuits", train=texts, model="HOSTED").model("1")


def test_a_segmentation_model_says_where(ml: Any, vision: Any) -> None:
    segmenting(ml, {"scratch": "#23A436", "dent": "#112233"})
    seen = set()
    for tail in range(10):
        found = detect(vision, PNG + bytes([tail]))
        names = [anomaly["Name"] for anomaly in found["Anomalies"]]
        areas = [a["PixelAnomaly"]["TotalPercentageArea"] for a in found["Anomalies"]]
        colours = [a["PixelAnomaly"]["Color"] for a in found["Anomalies"]]
        mask = read_header(found["AnomalyMask"])

        there = slice(3 if found["IsAnomalous"] else 1)
        assert names == ["background", "scratch", "dent"][there]
        assert colours == ["#FFFFFF", "#23A436", "#112233"][there]
        assert sum(areas) == pytest.approx(1)
        assert (areas[0] < 1) is found["IsAnomalous"]
        assert mask is not None
        assert (mask.width, mask.height, mask.has_alpha) == (64, 64, False)
        seen.add(found["IsAnomalous"])
    assert seen == {True, False}


# --- what a test says ----------------------------------------------------------------------------


def test_a_test_says_what_is_found(vision: Any, model: Any) -> None:
    model.detect(anomalous=True, confidence=0.25)

    assert detect(vision) == {
        "Source": {"Type": "direct"},
        "IsAnomalous": True,
        "Confidence": 0.25,
    }


def test_shares_may_come_to_the_whole_image(vision: Any, model: Any) -> None:
    model.detect(anomalous=True, anomalies={"scratch": 0.55, "dent": 0.35, "chip": 0.1})

    areas = [a["PixelAnomaly"]["TotalPercentageArea"] for a in detect(vision)["Anomalies"]]
    assert areas == [0, 0.55, 0.35, 0.1]


def rows(mask: bytes) -> list[bytes]:
    """The colour of each row of a mask that we drew."""
    width = struct.unpack(">I", mask[16:20])[0]
    start = mask.index(b"IDAT") + 4
    pixels = zlib.decompress(mask[start : mask.index(b"IEND") - 8])
    depth = 4 if mask[25] == 6 else 3
    return [row[1 : 1 + depth] for row in _cut(pixels, 1 + width * depth)]


def _cut(data: bytes, size: int) -> list[bytes]:
    return [data[place : place + size] for place in range(0, len(data), size)]


def test_a_test_says_where_anomalies_are(vision: Any, model: Any) -> None:
    model.detect(
        anomalous=True, anomalies={"scratch": 0.25, "dent": 0.5}, colors={"dent": "#000000"}
    )

    found = detect(vision, png(100, 64, [("#FFFFFF", 1.0)], alpha=True))

    shares = {
        a["Name"]: (a["PixelAnomaly"]["TotalPercentageArea"], a["PixelAnomaly"]["Color"])
        for a in found["Anomalies"]
    }
    assert shares == {
        "background": (0.25, "#FFFFFF"),
        "scratch": (0.25, "#23A436"),
        "dent": (0.5, "#000000"),
    }
    drawn = rows(found["AnomalyMask"])
    assert len(drawn) == 64
    assert drawn.count(b"\xff\xff\xff\xff") == 16
    assert drawn.count(bytes.fromhex("23A436FF")) == 16
    assert drawn.count(b"\x00\x00\x00\xff") == 32


def test_a_mask_can_be_given(vision: Any, model: Any) -> None:
    mask = png(64, 64, [("#00FF00", 1.0)], alpha=False)
    model.detect(anomalous=False, mask=mask)

    found = detect(vision)

    assert found["AnomalyMask"] == mask
    assert [anomaly["Name"] for anomaly in found["Anomalies"]] == ["background"]


def test_a_segmentation_model_always_says_where(ml: Any, vision: Any) -> None:
    segmenting(ml, {"scratch": "#23A436"}).detect(anomalous=False)

    areas = [a["PixelAnomaly"]["TotalPercentageArea"] for a in detect(vision)["Anomalies"]]

    assert areas == [1.0]


def test_each_image_can_have_its_own(ml: Any, vision: Any, model: Any) -> None:
    bad = ml.lookoutvision.image(color="#FF0000")
    model.detect(anomalous=False)
    model.detect(anomalous=True, confidence=0.9, image=bad)
    model.detect(anomalous=True, confidence=0.8, image=contains(b"tail"))
    model.detect(anomalous=True, confidence=0.7, image=lambda body: len(body) > 5000)

    images = (PNG, bad, PNG + b"tail", PNG + b"\0" * 5000)
    assert [detect(vision, image)["Confidence"] for image in images] == [0.99, 0.9, 0.8, 0.7]


def test_answers_can_come_in_order_or_from_a_function(vision: Any, model: Any) -> None:
    model.reply(True, {"anomalous": False, "confidence": 0.6}, error("AccessDeniedException", "No"))
    assert detect(vision)["IsAnomalous"] is True
    assert detect(vision)["Confidence"] == pytest.approx(0.6)
    assert refusal(detect, client=vision)["Status"] == 403

    model.detect(lambda call: len(call.body) > 5000)
    assert [detect(vision)["IsAnomalous"], detect(vision, PNG + b"\0" * 5000)["IsAnomalous"]] == [
        False,
        True,
    ]
    model.detect(lambda call: {"anomalous": True, "anomalies": {"dent": 0.5}}).times(1)
    assert len(detect(vision)["Anomalies"]) == 2
    with pytest.raises(UnusedRule), mock_ml() as inner:
        inner.lookoutvision.project("circuits").model("1").detect(anomalous=True)


def test_faults_come_before_the_answer(vision: Any, model: Any) -> None:
    model.detect(anomalous=True)
    model.on().fail("InternalServerException", "Sorry", times=1, RetryAfterSeconds=3)

    answer = vision.detect_anomalies(**ONE, Body=PNG, ContentType="image/png")

    assert answer["ResponseMetadata"]["RetryAttempts"] == 1
    assert answer["DetectAnomalyResult"]["IsAnomalous"] is True


def test_throttling_says_when_to_come_back(ml: Any, vision: Any, model: Any) -> None:
    ml.on("lookoutvision", "DetectAnomalies").fail(
        "ThrottlingException", "Wait", QuotaCode="L-1", ServiceCode="x", RetryAfterSeconds=7
    )

    with pytest.raises(vision.exceptions.ThrottlingException) as refused:
        detect(vision)

    response = refused.value.response
    assert (response["RetryAfterSeconds"], response["QuotaCode"]) == (7, "L-1")
    assert response["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "7"


def test_what_no_rule_takes_is_said(ml: Any, vision: Any, model: Any) -> None:
    model.detect(anomalous=True, image=b"other").optional()

    with pytest.raises(UnmatchedCall) as said:
        detect(vision)
    text = str(said.value)
    assert 'no rule of ml.lookoutvision.project("circuits").model("1") takes this call' in text
    assert ".reply({'anomalous': True, 'confidence': 0.99})" in text
    assert "the rule says b'other'" in text
    assert '.model("1").on(image=' in text
    ml.unmatched.clear()


def test_rules_of_a_project_and_of_all_hold_for_each_model(ml: Any, vision: Any) -> None:
    for name in ("circuits", "boards"):
        ml.lookoutvision.project(name, model="HOSTED")
    ml.lookoutvision.detect(anomalous=False, confidence=0.1)
    ml.lookoutvision.project("circuits").detect(anomalous=False, confidence=0.2)

    assert detect(vision)["Confidence"] == pytest.approx(0.2)
    assert detect(vision, ProjectName="boards")["Confidence"] == pytest.approx(0.1)
    ml.lookoutvision.project("circuits").model("latest").detect(anomalous=False, confidence=0.3)
    assert detect(vision)["Confidence"] == pytest.approx(0.3)


def test_a_model_is_scripted_before_it_is_there(ml: Any, vision: Any) -> None:
    project = ml.lookoutvision.project("circuits", exists=False)
    project.model("1").detect(anomalous=True, confidence=0.97, anomalies={"scratch": 0.12})
    project.next_training.metrics(precision=1, recall=1)
    vision.create_project(ProjectName="circuits")
    vision.create_dataset(ProjectName="circuits", DatasetType="train")
    vision.create_model(ProjectName="circuits", OutputConfig={"S3Location": {"Bucket": "out"}})
    vision.start_model(**ONE, MinInferenceUnits=1)

    assert detect(vision)["Confidence"] == pytest.approx(0.97)


def test_a_detection_waits(ml: Any, vision: Any, model: Any) -> None:
    before = ml.clock.now()
    model.on().delay(5).reply(True)
    detect(vision)

    assert (ml.clock.now() - before).total_seconds() >= 5


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({}, "needs anomalous=True or anomalous=False"),
        ({"anomalous": "yes"}, "anomalous is True or False, not 'yes'"),
        ({"anomalous": True, "confidence": 97}, "confidence is a number from 0 to 1, not 97"),
        ({"anomalous": True, "anomalies": {"a b": 0.1}}, "letters and digits only"),
        ({"anomalous": True, "anomalies": {"background": 0.1}}, "isn't background"),
        ({"anomalous": True, "anomalies": {"a": 2}}, "the share of a is a number from 0 to 1"),
        ({"anomalous": True, "anomalies": {"a": 0.9, "b": 0.9}}, "the shares come to 1.8"),
        ({"anomalous": True, "colors": {"a": "red"}}, "the color of a is #RRGGBB, not 'red'"),
        ({"anomalous": True, "mask": b"pixels"}, "mask is the bytes of a PNG"),
        ({"anomalous": True, "mask": "pixels"}, "mask is the bytes of a PNG"),
        ({"anomalous": True, "area": 1}, "unexpected keyword argument 'area'"),
    ],
)
def test_what_can_not_be_found(model: Any, wrong: dict[str, Any], why: str) -> None:
    with pytest.raises((InvalidRule, TypeError), match=why.replace("(", r"\(")):
        model.detect(**wrong)


@pytest.mark.parametrize("wrong", ["yes", {"odd": 1}, error("NoSuchError")])
def test_what_is_no_answer(model: Any, wrong: Any) -> None:
    with pytest.raises(InvalidRule):
        model.reply(wrong)


def test_a_function_or_keywords(model: Any) -> None:
    with pytest.raises(InvalidRule, match="a function or keywords, not both"):
        model.detect(lambda call: True, anomalous=True)


def test_a_function_that_answers_nonsense_is_told(ml: Any, vision: Any, model: Any) -> None:
    model.detect(lambda call: "nonsense")

    with pytest.raises(InvalidRule, match="a detection is True, False or a dict"):
        detect(vision)
    ml.unmatched.clear()


def test_more_labels_than_colours_of_our_own(vision: Any, model: Any) -> None:
    model.detect(anomalous=True, anomalies={f"label{number}": 0.01 for number in range(12)})

    colours = [a["PixelAnomaly"]["Color"] for a in detect(vision)["Anomalies"]]

    assert len(colours) == 13
    assert len(set(colours)) == 9
