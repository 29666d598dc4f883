"""The JSON lines of a dataset: read, checked, counted, listed.

A line names an image (`source-ref`), and may carry a classification and a mask. What is refused
here is judged: public material says that a manifest is validated, not how.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

NORMAL, ANOMALY = "normal", "anomaly"
LONGEST = 8192
_REF = re.compile(r"s3://([0-9A-Za-z._-]{3,63})/.+", re.DOTALL)
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_CLASSIFICATION = "groundtruth/image-classification"
_SEGMENTATION = "groundtruth/semantic-segmentation"
_METADATA = "-metadata"
_LABELS = (0, 1, "0", "1")
_NO_COLOURS: tuple[tuple[str, str], ...] = ()


def _refuse(constant: str) -> None:
    raise ValueError(constant)


_decode = json.JSONDecoder(parse_constant=_refuse).decode  # NaN and its like are no JSON


class InvalidManifest(Exception):  # noqa: N818 - becomes a dataset's StatusMessage
    """Lines that a dataset can't take; the text says which line and why."""


class Entry(NamedTuple):
    """One line: its text, its image, and what is read of it.

    `label` is ``normal``, ``anomaly`` or empty; `dated` is the creation date of the label as it is
    written; `added` is when the line came in (seconds since 1970); `colours` are the anomaly
    labels of the mask with their colours.
    """

    text: str
    ref: str
    bucket: str
    label: str
    dated: str | None
    added: float
    colours: tuple[tuple[str, str], ...]


def parse_manifest(body: bytes, added: float, bucket: str = "") -> list[Entry]:
    """Return the entries of a manifest or of changes; BadLines names the first bad line.

    Blank lines are passed over (judged), of two lines for one image the last counts (judged), and
    all images lie in one bucket: in `bucket`, if the dataset has images already.
    """
    found: dict[str, Entry] = {}
    for number, text in _numbered(body):
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


def _numbered(body: bytes) -> Iterator[tuple[int, str]]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = body.count(b"\n", 0, fault.start) + 1
        raise InvalidManifest(f"Line {line} is not UTF-8 text.") from None
    for number, line_text in enumerate(text.split("\n"), 1):
        stripped = line_text.strip()
        if stripped:
            yield number, stripped


def _entry(number: int, text: str, added: float) -> Entry:
    if len(text) > LONGEST:
        raise InvalidManifest(f"Line {number} has more than {LONGEST} characters.")
    try:
        value = _decode(text)
    except (ValueError, RecursionError):
        value = None
    if type(value) is not dict:
        raise InvalidManifest(f"Line {number} is not a JSON object.")
    try:
        return _read(text, value, added)
    except InvalidManifest as fault:
        raise InvalidManifest(f"Line {number}: {fault}") from None


def _read(text: str, value: dict[str, Any], added: float) -> Entry:
    ref = value.get("source-ref")
    found = _REF.fullmatch(ref) if type(ref) is str else None
    if found is None or ref is None:
        raise InvalidManifest("source-ref must be the S3 URI of an image.")
    label, dated, colours = "", None, _NO_COLOURS
    for name, item in value.items():
        if name.endswith(_METADATA):
            kind = _kind(name, item)
            if kind == _CLASSIFICATION and dated is None and not label:
                label, dated = _classification(value, name, item)
            elif kind == _SEGMENTATION:
                colours = _mask(value, name, item)
        elif item in _LABELS and f"{name}{_METADATA}" not in value:
            raise InvalidManifest(f"{name} has no {name}{_METADATA}.")
    return Entry(text, ref, found[1], label, dated, added, colours)


def _kind(name: str, item: Any) -> Any:
    """Return the type that a metadata object says; ``source-ref-metadata`` says none."""
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
    label, dated = item["class-name"], item.get("creation-date")
    return (label if label in (NORMAL, ANOMALY) else ""), dated if type(dated) is str else None


def _mask(value: dict[str, Any], name: str, item: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    attribute = name[: -len(_METADATA)]
    mask, colours = value.get(attribute), item.get("internal-color-map")
    if not attribute.endswith("-ref") or type(mask) is not str or not _REF.fullmatch(mask):
        raise InvalidManifest(f"{attribute} must end in -ref and be the S3 URI of a mask.")
    if type(colours) is not dict or not colours:
        raise InvalidManifest(f"{name} has no internal-color-map.")
    return tuple(
        found for found in map(_colour, colours.values()) if found[0].upper() != "BACKGROUND"
    )


def _colour(item: Any) -> tuple[str, str]:
    name = item.get("class-name") if type(item) is dict else None
    colour = item.get("hex-color") if type(item) is dict else None
    if type(name) is not str or type(colour) is not str or not _COLOUR.fullmatch(colour):
        raise InvalidManifest("internal-color-map must give each class-name a hex-color.")
    return name, colour


def count(entries: Iterable[Entry]) -> dict[str, int]:
    """Return the counters that DescribeDataset calls ImageStats."""
    labels = [entry.label for entry in entries]
    normal, anomaly = labels.count(NORMAL), labels.count(ANOMALY)
    return {
        "Total": len(labels),
        "Labeled": normal + anomaly,
        "Normal": normal,
        "Anomaly": anomaly,
    }
