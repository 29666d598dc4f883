"""Validation of the documents, images and videos in a conversation.

Assumption: the format of an image is checked only if its first bytes identify a format. The service
decodes every image.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.errors import invalid, provider_error
from mlmock.services.bedrock_runtime.media.encoding import image_format
from mlmock.services.bedrock_runtime.validation.messages import MEDIA_TRAITS, MediaItem
from mlmock.services.common.images import read_size

Block = Mapping[str, Any]
_NAME = re.compile(r"(?:[\w\-()\[\]]|[ \n](?![ \n]))+")
_MAX_DOCUMENTS, _MAX_IMAGES = 5, 20
_MAX_IMAGE_BYTES, _MAX_DOCUMENT_BYTES = 3_932_160, 4_718_592
_MAX_PIXELS = 8000
_SIGNATURES = (
    (b"\x89PNG", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF8", "gif"),
    (b"RIFF", "webp"),
)
_BINARY_FORMATS = {"pdf": b"%PDF", "docx": b"PK", "xlsx": b"PK", "doc": b"\xd0", "xls": b"\xd0"}


def validate_attachments(
    media: Sequence[MediaItem], messages: Sequence[Block], traits: Traits
) -> None:
    """Raise a ValidationException for media that the model does not accept.

    Args:
        media: The media in the messages, as `validate_messages` collects them.
        messages: The messages of the conversation.
        traits: The traits of the model.
    """
    for role, kind, value in media:
        _check_supported(role, kind, traits)
        if not traits.s3_media and "s3Location" in value["source"]:
            raise _s3_error(messages, kind, value, traits)
        if kind == "image":
            _check_image(value, messages)
        elif kind == "document":
            _check_document(value)
    images = sum(kind == "image" for _, kind, _ in media)
    if images > _MAX_IMAGES:
        raise provider_error(f"messages: too many images: {images} > {_MAX_IMAGES}")
    if images < len(media):
        _check_documents([value for _, kind, value in media if kind == "document"], messages)


def _check_supported(role: str, kind: str, traits: Traits) -> None:
    if not getattr(traits, MEDIA_TRAITS[kind]) or role == "assistant":
        raise invalid(
            f"This model doesn't support the {kind} content block that you provided. Update the "
            "content block and try again."
        )


def _s3_error(messages: Sequence[Block], kind: str, value: Block, traits: Traits) -> Exception:
    """Return the error for media in S3, with the text of the service or of the provider."""
    if not traits.relays_errors:
        return invalid("This model doesn't support the s3Uri field. Remove s3Uri and try again.")
    return provider_error(f"{_media_path(messages, kind, value)}.source.type: Field required")


def _media_path(messages: Sequence[Block], kind: str, value: Block) -> str:
    """Return the path of an attachment in the messages."""
    path = next(path for path, block in _blocks_with_paths(messages) if block.get(kind) is value)
    return f"{path}.{kind}"


def _blocks_with_paths(messages: Sequence[Block]) -> Iterator[tuple[str, Block]]:
    """Yield every content block with its path, including those in tool results."""
    for index, message in enumerate(messages):
        for position, block in enumerate(message["content"]):
            yield f"messages.{index}.content.{position}", block
            inside = block.get("toolResult", {}).get("content", ())
            for inner_position, result in enumerate(inside):
                yield (
                    f"messages.{index}.content.{position}.toolResult.content.{inner_position}",
                    result,
                )


def _check_image(image: Block, messages: Sequence[Block]) -> None:
    data = image["source"].get("bytes")
    if data is None:
        return
    if len(data) > _MAX_IMAGE_BYTES:
        raise provider_error("image exceeds 3.75 MB maximum")
    actual = next((name for start, name in _SIGNATURES if data.startswith(start)), None)
    if actual is not None and actual != image["format"]:
        raise provider_error("The provided image does not match the specified image format.")
    size = read_size(data)
    if size is not None and max(size) > _MAX_PIXELS:
        raise provider_error(
            f"{_media_path(messages, 'image', image)}.source.base64.data: At least one of the "
            f"image dimensions exceed max allowed size: {_MAX_PIXELS} pixels"
        )


def _check_document(document: Block) -> None:
    if not _NAME.fullmatch(document["name"]):
        raise invalid(
            "The document file name can only contain alphanumeric characters, whitespace "
            "characters, hyphens, parentheses, and square brackets. The name can't contain more "
            "than one consecutive whitespace character. Check that the file name conforms to "
            "these restrictions and retry your request."
        )
    data, kind = document["source"].get("bytes"), document.get("format", "txt")
    if data is None:
        return
    if len(data) > _MAX_DOCUMENT_BYTES:
        raise invalid("The document exceeds the maximum size of 4.5 MB. Reduce it and try again.")
    image_type = image_format(data)
    if image_type is not None:
        raise invalid(
            f"Unsupported MIME type: image/{image_type}. Retry your request with a supported file "
            "type: xlsx, txt, pdf, csv, md, doc, html, xls, docx"
        )
    detected = _detect_mismatch(data, kind)
    if detected is not None:
        raise invalid(
            f"The detected filetype is {detected}, but the provided filetype was {kind.upper()}."
        )


def _detect_mismatch(data: bytes, kind: str) -> str | None:
    """Return the type that the first bytes of a document show, or None if it matches `kind`."""
    signature = _BINARY_FORMATS.get(kind)
    if kind != "pdf" and data.startswith(b"%PDF-"):
        return "PDF"
    is_text = signature is not None and not data.startswith(signature) and _is_text(data)
    return "PLAIN_TEXT" if is_text else None


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return b"\x00" not in data


def _check_documents(documents: list[Block], messages: Sequence[Block]) -> None:
    if not documents:
        return
    if len(documents) > _MAX_DOCUMENTS:
        raise invalid("You can't include more than 5 documents in a request.")
    names = [document["name"] for document in documents]
    if len(set(names)) < len(names):
        raise invalid(
            "Messages can't contain duplicate document names. Rename the document and retry your "
            "request."
        )
    for message in messages:
        content = message["content"]
        if any("document" in b for b in content) and not any("text" in b for b in content):
            raise invalid(
                "A text block must be included when using documents. Add a text block and retry "
                "your request."
            )
