"""Scripted results of a detection."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlmock.aws.protocol.compiler import operation
from mlmock.errors import InvalidRule
from mlmock.rules.answers import ErrorAnswer, validate_error
from mlmock.rules.rule import is_callable
from mlmock.services.common.images import read_header

_NAME = re.compile(r"[a-zA-Z0-9]{1,256}")
_COLOR = re.compile(r"#[a-zA-Z0-9]{6}")
_MAX_MASK_BYTES = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True, repr=False)
class Finding:
    """The result for an image; `areas` are shares from 0 to 1, or None without segmentation."""

    anomalous: bool
    confidence: float
    areas: Mapping[str, float] | None = None
    mask: bytes | None = None
    colors: Mapping[str, str] | None = None

    def __repr__(self) -> str:
        """Return the finding as keywords of `finding`."""
        members = {
            "anomalous": self.anomalous,
            "confidence": self.confidence,
            "anomalies": self.areas,
            "mask": self.mask,
            "colors": self.colors,
        }
        return repr({name: value for name, value in members.items() if value is not None})


def finding(
    *,
    anomalous: bool,
    confidence: float = 0.99,
    anomalies: Mapping[str, float] | None = None,
    mask: bytes | None = None,
    colors: Mapping[str, str] | None = None,
) -> Finding:
    """Return a validated finding.

    Args:
        anomalous: Whether the image has an anomaly.
        confidence: The confidence, from 0 to 1.
        anomalies: Labels with their shares of the image, at most 1 together.
        mask: The mask as a PNG. By default it is drawn from the shares.
        colors: Labels with their colors as ``#RRGGBB``.

    Raises:
        InvalidRule: The service can't return such a result.
    """
    _check_flag(anomalous)
    if not _is_share(confidence):
        raise InvalidRule(f"confidence must be a number from 0 to 1, not {confidence!r}")
    _check_areas(anomalies or {})
    for name, color in (colors or {}).items():
        if not _COLOR.fullmatch(str(color)):
            raise InvalidRule(f"the color of label {name!r} must be #RRGGBB, not {color!r}")
    _check_mask(mask)
    areas = {} if anomalies is None and mask is not None else anomalies
    return Finding(anomalous, float(confidence), areas, mask, colors)


def _check_flag(value: Any) -> None:
    if type(value) is not bool:
        raise InvalidRule(f"anomalous must be True or False, not {value!r}")


def _is_share(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1


def _check_areas(areas: Mapping[str, float]) -> None:
    for name, area in areas.items():
        if not _NAME.fullmatch(name) or name == "background":
            raise InvalidRule(
                f"a label must have letters and digits only and must not be background: {name!r}"
            )
        if not _is_share(area):
            raise InvalidRule(
                f"the share of label {name!r} must be a number from 0 to 1, not {area!r}"
            )
    if sum(areas.values()) > 1 + 1e-9:  # Allows rounding: 0.55 + 0.35 + 0.1 exceeds 1.
        raise InvalidRule(f"the sum of the shares is {sum(areas.values())}; it must be at most 1")


def _check_mask(mask: Any) -> None:
    if mask is None:
        return
    header = read_header(mask) if isinstance(mask, bytes) else None
    if header is None or header.content_type != "image/png" or len(mask) > _MAX_MASK_BYTES:
        raise InvalidRule("mask must be the bytes of a PNG of at most 5 MiB")


def finding_of(value: Any) -> Finding:
    """Return an answer as a finding. It is a finding, a bool, or a dict of keywords of `finding`.

    Raises:
        InvalidRule: The answer is not valid.
    """
    if isinstance(value, Finding):
        return value
    if isinstance(value, bool):
        return finding(anomalous=value)
    if not isinstance(value, Mapping):
        raise InvalidRule(
            f"a detection must be True, False or a dict of arguments of detect(), not {value!r}"
        )
    try:
        return finding(**value)
    except TypeError as error:
        raise InvalidRule(f"a detection must have arguments of detect(): {error}") from None


def check_finding(answer: Any) -> Any:
    """Return an answer in the form that a rule stores.

    Raises:
        InvalidRule: The answer is not valid.
    """
    if isinstance(answer, ErrorAnswer):
        validate_error(operation("lookoutvision", "DetectAnomalies"), answer)
        return answer
    return answer if is_callable(answer) else finding_of(answer)
