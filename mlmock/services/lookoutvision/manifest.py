"""Parser of manifests, which are the JSON lines of a dataset.

A line has the S3 URI of an image (`source-ref`), and may have a classification and a mask.
Assumption: all validation rules, because the documentation does not specify them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

NORMAL, ANOMALY = "normal", "anomaly"
MAX_LINE_LENGTH = 8192
_REF = re.compile(r"s3://([0-9A-Za-z._-]{3,63})/.+", re.DOTALL)
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
_CLASSIFICATION = "groundtruth/image-classification"
_SEGMENTATION = "groundtruth/semantic-segmentation"
_METADATA = "-metadata"
_LABELS = (0, 1, "0", "1")
_NO_COLORS: tuple[tuple[str, str], ...] = ()


def _reject_constant(constant: str) -> None:
    raise ValueError(constant)


_decode = json.JSONDecoder(
    parse_constant=_reject_constant
).decode  # NaN and Infinity are not valid JSON.


class InvalidManifest(Exception):  # noqa: N818 - the text becomes the StatusMessage
    """Raised for invalid JSON lines; the text has the line number and the reason."""


class Entry(NamedTuple):
    """A parsed JSON line.

    `label` is ``normal``, ``anomaly`` or empty; `label_date` is the creation date of the label as
    text; `added` is the time of addition in seconds since 1970; `colors` are the anomaly labels
    of the mask with their colors.
    """

    text: str
    ref: str
    bucket: str
    label: str
    label_date: str | None
    added: float
    colors: tuple[tuple[str, str], ...]


def parse_manifest(body: bytes, added: float, bucket: str = "") -> list[Entry]:
    """Return the entries of a manifest or of changes.

    Assumption: blank lines are ignored, and the last of two lines for one image counts.

    Args:
        body: The JSON lines in UTF-8.
        added: The time of addition in seconds since 1970.
        bucket: The bucket that all images must be in; by default that of the first line.

    Raises:
        InvalidManifest: A line is not valid, or there is none.
    """
    found: dict[str, Entry] = {}
    for number, text in _numbered_lines(body):
        entry = _entry(number, text, added)
        if entry.bucket != bucket:
            if bucket:
                raise InvalidManifest(_other_bucket(number, bucket))
            bucket = entry.bucket
        found[entry.ref] = entry
    if not found:
        raise InvalidManifest("There is no JSON Line.")
    return list(found.values())


def _other_bucket(number: int, bucket: str) -> str:
    return f"Line {number}: all images of a dataset must be in one bucket, which is {bucket}."


def _numbered_lines(body: bytes) -> Iterator[tuple[int, str]]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise InvalidManifest(f"Line {line} is not UTF-8 text.") from None
    for number, line_text in enumerate(text.split("\n"), 1):
        stripped = line_text.strip()
        if stripped:
            yield number, stripped


def _entry(number: int, text: str, added: float) -> Entry:
    if len(text) > MAX_LINE_LENGTH:
        raise InvalidManifest(f"Line {number} has more than {MAX_LINE_LENGTH} characters.")
    try:
        value = _decode(text)
    except (ValueError, RecursionError):
        value = None
    if type(value) is not dict:
        raise InvalidManifest(f"Line {number} is not a JSON object.")
    try:
        return _parse_line(text, value, added)
    except InvalidManifest as error:
        raise InvalidManifest(f"Line {number}: {error}") from None


def _parse_line(text: str, value: dict[str, Any], added: float) -> Entry:
    ref = value.get("source-ref")
    found = _REF.fullmatch(ref) if type(ref) is str else None
    if found is None or ref is None:
        raise InvalidManifest("source-ref must be the S3 URI of an image.")
    label, label_date, colors = "", None, _NO_COLORS
    for name, item in value.items():
        if name.endswith(_METADATA):
            kind = _kind(name, item)
            if kind == _CLASSIFICATION and label_date is None and not label:
                label, label_date = _classification(value, name, item)
            elif kind == _SEGMENTATION:
                colors = _mask(value, name, item)
        elif item in _LABELS and f"{name}{_METADATA}" not in value:
            raise InvalidManifest(f"{name} has no {name}{_METADATA}.")
    return Entry(text, ref, found[1], label, label_date, added, colors)


def _kind(name: str, item: Any) -> Any:
    """Return the type in a metadata object, or None for ``source-ref-metadata``."""
    if type(item) is not dict:
        raise InvalidManifest(f"{name} must be a JSON object.")
    if "type" not in item and name != f"source-ref{_METADATA}":
        raise InvalidManifest(f"{name} has no type.")
    return item.get("type")


def _classification(
    value: dict[str, Any], name: str, item: dict[str, Any]
) -> tuple[str, str | None]:
    attribute = name[: -len(_METADATA)]
    if attribute not in value:
        raise InvalidManifest(f"{name} has no {attribute}.")
    if type(item.get("class-name")) is not str:
        raise InvalidManifest(f"{name} has no class-name.")
    if item.get("human-annotated") not in ("yes", "no"):
        raise InvalidManifest(f"human-annotated of {name} must be yes or no.")
    label, label_date = item["class-name"], item.get("creation-date")
    return (label if label in (NORMAL, ANOMALY) else ""), label_date if type(
        label_date
    ) is str else None


def _mask(value: dict[str, Any], name: str, item: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    attribute = name[: -len(_METADATA)]
    mask, colors = value.get(attribute), item.get("internal-color-map")
    if not attribute.endswith("-ref") or type(mask) is not str or not _REF.fullmatch(mask):
        raise InvalidManifest(f"{attribute} must end in -ref and be the S3 URI of a mask.")
    if type(colors) is not dict or not colors:
        raise InvalidManifest(f"{name} has no internal-color-map.")
    return tuple(
        found for found in map(_color, colors.values()) if found[0].upper() != "BACKGROUND"
    )


def _color(item: Any) -> tuple[str, str]:
    name = item.get("class-name") if type(item) is dict else None
    color = item.get("hex-color") if type(item) is dict else None
    if type(name) is not str or type(color) is not str or not _COLOR.fullmatch(color):
        raise InvalidManifest("internal-color-map must give each class-name a hex-color.")
    return name, color


def count(entries: Iterable[Entry]) -> dict[str, int]:
    """Return the ImageStats of DescribeDataset."""
    labels = [entry.label for entry in entries]
    normal, anomaly = labels.count(NORMAL), labels.count(ANOMALY)
    return {
        "Total": len(labels),
        "Labeled": normal + anomaly,
        "Normal": normal,
        "Anomaly": anomaly,
    }
