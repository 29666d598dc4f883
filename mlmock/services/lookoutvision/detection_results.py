"""What is found in an image, as a test writes it."""

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
_COLOUR = re.compile(r"#[a-zA-Z0-9]{6}")
_LARGEST_MASK = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True, repr=False)
class Finding:
    """What is found in one image; `areas` are shares of it from 0 to 1, None: no segmentation."""

    anomalous: bool
    confidence: float
    areas: Mapping[str, float] | None = None
    mask: bytes | None = None
    colours: Mapping[str, str] | None = None

    def __repr__(self) -> str:
        """Return it as its author may write it: as the keywords of `finding`."""
        members = {
            "anomalous": self.anomalous,
            "confidence": self.confidence,
            "anomalies": self.areas,
            "mask": self.mask,
            "colors": self.colours,
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
    """Return a finding, checked; InvalidRule says what the service couldn't answer.

    `confidence` from 0 to 1; `anomalies`: labels with their shares of the image, from 0 to 1
    together; `mask`: a PNG (drawn where it isn't given); `colors`: labels with ``#RRGGBB``.
    """
    _check_flag(anomalous)
    if not _is_share(confidence):
        raise InvalidRule(f"confidence is a number from 0 to 1, not {confidence!r}")
    _check_areas(anomalies or {})
    for name, colour in (colors or {}).items():
        if not _COLOUR.fullmatch(str(colour)):
            raise InvalidRule(f"the color of {name} is #RRGGBB, not {colour!r}")
    _check_mask(mask)
    areas = {} if anomalies is None and mask is not None else anomalies
    return Finding(anomalous, float(confidence), areas, mask, colors)


def _check_flag(value: Any) -> None:
    if type(value) is not bool:
        raise InvalidRule(f"anomalous is True or False, not {value!r}")


def _is_share(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1


def _check_areas(areas: Mapping[str, float]) -> None:
    for name, area in areas.items():
        if not _NAME.fullmatch(name) or name == "background":
            raise InvalidRule(
                f"a label has letters and digits only, and isn't background: {name!r}"
            )
        if not _is_share(area):
            raise InvalidRule(f"the share of {name} is a number from 0 to 1, not {area!r}")
    if sum(areas.values()) > 1 + 1e-9:  # 0.55, 0.35 and 0.1 are the whole image
        raise InvalidRule(f"the shares come to {sum(areas.values())}, which is more than the image")


def _check_mask(mask: Any) -> None:
    if mask is None:
        return
    picture = read_header(mask) if isinstance(mask, bytes) else None
    if picture is None or picture.content_type != "image/png" or len(mask) > _LARGEST_MASK:
        raise InvalidRule("mask is the bytes of a PNG of at most 5 MiB")


def finding_of(value: Any) -> Finding:
    """Return what an answer stands for: a finding, a truth value, or the keywords of `finding`."""
    if isinstance(value, Finding):
        return value
    if isinstance(value, bool):
        return finding(anomalous=value)
    if not isinstance(value, Mapping):
        raise InvalidRule(f"a detection is True, False or a dict as detect() takes, not {value!r}")
    try:
        return finding(**value)
    except TypeError as fault:
        raise InvalidRule(f"a detection takes what detect() takes: {fault}") from None


def check_finding(answer: Any) -> Any:
    """Return a rule's answer in the form that is kept, or raise InvalidRule."""
    if isinstance(answer, ErrorAnswer):
        validate_error(operation("lookoutvision", "DetectAnomalies"), answer)
        return answer
    return answer if is_callable(answer) else finding_of(answer)
