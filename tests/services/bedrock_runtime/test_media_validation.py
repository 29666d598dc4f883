"""Validation of documents, images and videos in messages, with the exact messages of AWS."""

from __future__ import annotations

from typing import Any

import pytest

from mlmock import mock_ml
from mlmock.services.bedrock_runtime.media.images import generate_png
from tests.services.bedrock_runtime.converse_helpers import (
    NOVA,
    WEATHER,
    assistant,
    converse,
    error_message,
    tool_result_block,
    tool_use_block,
    user,
)


def document(
    name: str = "report", data: bytes = b"%PDF-1.4", file_format: str = "pdf"
) -> dict[str, Any]:
    return {"document": {"name": name, "format": file_format, "source": {"bytes": data}}}


def image(data: bytes = generate_png("x", 2, 2), file_format: str = "png") -> dict[str, Any]:
    return {"image": {"format": file_format, "source": {"bytes": data}}}


@pytest.mark.newer_botocore
@mock_ml
def test_documents_and_images_are_accepted() -> None:
    found = converse(user("Look.", document(), image()))
    assert found["usage"]["inputTokens"] == 3 + 2 + 2 * 1600
    text_source = {"document": {"name": "notes", "source": {"text": "12345678"}}}
    content_source = {"document": {"name": "parts", "source": {"content": [{"text": "1234"}]}}}
    assert (
        converse(user("Look.", text_source, content_source))["usage"]["inputTokens"]
        == 3 + 2 + 2 + 1
    )


@mock_ml
@pytest.mark.parametrize("name", ["report.pdf", "two  spaces", "tab\there", "full\u3000width"])
def test_invalid_document_names_are_rejected(name: str) -> None:
    assert error_message(user("Look.", document(name))) == (
        "The document file name can only contain alphanumeric characters, whitespace characters, "
        "hyphens, parentheses, and square brackets. The name can't contain more than one "
        "consecutive whitespace character. Check that the file name conforms to these restrictions "
        "and retry your request."
    )


@mock_ml
def test_documents_are_limited_distinct_and_need_a_text() -> None:
    assert error_message(user("Look.", document(), document())) == (
        "Messages can't contain duplicate document names. Rename the document and retry your "
        "request."
    )
    many = [document(f"report {number}") for number in range(6)]
    assert (
        error_message(user("Look.", *many))
        == "You can't include more than 5 documents in a request."
    )
    assert error_message(user(document())) == (
        "A text block must be included when using documents. Add a text block and retry your "
        "request."
    )


@mock_ml
def test_documents_must_match_their_format() -> None:
    assert error_message(user("Look.", document(data=b"just text"))) == (
        "The detected filetype is PLAIN_TEXT, but the provided filetype was PDF."
    )
    assert converse(user("Look.", document(data=b"\xff\x00\x01")))["stopReason"] == "end_turn"
    assert (
        converse(user("Look.", document(data=b"a,b", file_format="csv")))["stopReason"]
        == "end_turn"
    )
    assert "4.5 MB" in error_message(user("Look.", document(data=b"%PDF" + bytes(4_718_600))))


@mock_ml
def test_images_and_mislabelled_pdfs_are_rejected_as_documents() -> None:
    def document(file_format: str, data: bytes) -> dict[str, Any]:
        return user(
            "?", {"document": {"name": "a", "format": file_format, "source": {"bytes": data}}}
        )

    assert error_message(document("pdf", generate_png("x", 8, 8))) == (
        "Unsupported MIME type: image/png. Retry your request with a supported file type: xlsx, "
        "txt, pdf, csv, md, doc, html, xls, docx"
    )
    assert error_message(document("txt", b"%PDF-1.4")) == (
        "The detected filetype is PDF, but the provided filetype was TXT."
    )
    assert converse(document("csv", b"a,b\n"))["stopReason"] == "end_turn"


@pytest.mark.newer_botocore
@mock_ml
def test_images_must_match_their_format_and_are_limited() -> None:
    prefix = "The model returned the following errors: "
    assert error_message(user("Look.", image(file_format="jpeg"))) == (
        prefix + "The provided image does not match the specified image format."
    )
    assert error_message(user("Look.", *[image()] * 21)) == (
        prefix + "messages: too many images: 21 > 20"
    )
    assert "3.75 MB" in error_message(user("Look.", image(b"\x89PNG" + bytes(3_932_200))))
    assert converse(user("Look.", image(b"who knows")))["stopReason"] == "end_turn"
    stored = {"image": {"format": "png", "source": {"s3Location": {"uri": "s3://bucket/a.png"}}}}
    assert converse(user("Look.", stored), model=NOVA)["stopReason"] == "end_turn"


@mock_ml
def test_media_that_a_model_does_not_support_are_rejected() -> None:
    video = {"video": {"format": "mp4", "source": {"bytes": b"mp4"}}}
    text = (
        "This model doesn't support the {} content block that you provided. Update the content "
        "block and try again."
    )
    assert error_message(user("Look.", video)) == text.format("video")
    assert error_message(user("Look."), assistant(image()), "x") == text.format("image")
    mislabelled = user(tool_result_block("a", image(file_format="jpeg")))
    assert "does not match" in error_message(
        "Hi", assistant(tool_use_block("a")), mislabelled, toolConfig=WEATHER
    )
