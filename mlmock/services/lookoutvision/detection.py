"""DetectAnomalies: validation, scripted results, and default results derived from the image."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mlmock.call import Call
from mlmock.rules.rule import resolve_answer
from mlmock.services.common.backend import Result
from mlmock.services.common.images import ImageHeader, png, read_header
from mlmock.services.lookoutvision import errors
from mlmock.services.lookoutvision.detection_results import Finding, finding_of
from mlmock.services.lookoutvision.models import is_preview
from mlmock.services.lookoutvision.resources import Model
from mlmock.services.lookoutvision.scripted_outcomes import DETECTION, EVERY, key_of
from mlmock.services.lookoutvision.state_machines import RUNNING
from mlmock.services.lookoutvision.tagging import TagOperations

BACKGROUND = ("background", "#FFFFFF")
COLORS = ("#23A436", "#E1483A", "#2C6FBB", "#F2A900", "#7B3FA0", "#00A3A3", "#8C564B", "#D6219C")
TYPES = ("image/jpeg", "image/png")
_MAX_BYTES = 8 * 1024 * 1024
_MIN_PIXELS, _MAX_PIXELS = 64, 4096


class DetectionOperations(TagOperations):
    """Operations on images."""

    def detect_anomalies(self, call: Call) -> Result | Any:
        """Detect whether an image has an anomaly; with a segmentation model also where."""
        params = call.params
        model = self.model(params)
        if model.status not in RUNNING:
            raise errors.busy(errors.MODEL, model.id, model.status, "used for detection")
        header = validated_header(params["ContentType"], params["Body"])
        values = {"image": params["Body"]}
        found = self.find_rule(call, self._keys(model), values, self._title(model))

        def to_result(value: Any) -> Result:
            return {"DetectAnomalyResult": result_of(value, model, header, call)}

        if found is None:
            return to_result(default_finding(params["Body"], model.colors))
        return resolve_answer(found[1], call, to_result)

    def _keys(self, model: Model) -> tuple[Any, ...]:
        names = (*self.names(model), f"{model.project}/{EVERY}", EVERY)
        return tuple(key_of(DETECTION, name) for name in names)

    @staticmethod
    def _title(model: Model) -> str:
        return f'ml.lookoutvision.project("{model.project}").model("{model.version}")'


def validated_header(content_type: str, body: bytes) -> ImageHeader:
    """Return the header of an image.

    Source: recorded response (message for the content type). Assumption: the other messages.

    Args:
        content_type: The ContentType of the request.
        body: The image.

    Raises:
        ServiceError: The service does not accept the image.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in TYPES:
        raise errors.invalid(f"content-type must be one of the following. {', '.join(TYPES)}")
    if len(body) > _MAX_BYTES:
        raise errors.invalid(f"The image must not have more than {_MAX_BYTES} bytes.")
    header = read_header(body)
    if header is None or header.content_type != kind:
        raise errors.invalid(f"The image is not a valid {kind} file.")
    if not all(_MIN_PIXELS <= s <= _MAX_PIXELS for s in (header.width, header.height)):
        raise errors.invalid(
            f"The image must have {_MIN_PIXELS} to {_MAX_PIXELS} pixels on each side; "
            f"it has {header.width} x {header.height}."
        )
    return header


# -- default result -----------------------------------------------------------------------------


def default_finding(body: bytes, colors: Mapping[str, str]) -> Finding:
    """Return the default result for an image, which depends on its bytes only."""
    digest = hashlib.blake2b(body, digest_size=16).digest()
    share = int.from_bytes(digest[:4], "big") / 2**32
    anomalous = digest[4] % 2 == 1
    found = Finding(anomalous, round(0.5 + share / 2, 6))
    if not colors or not anomalous:
        return found
    return replace(found, areas=dict(zip(colors, _shares(digest, len(colors)))))  # noqa: B905


def _shares(digest: bytes, count: int) -> list[float]:
    """Return the share of each label; together they are a quarter of the image."""
    weights = [digest[5 + index % 11] + 1 for index in range(count)]
    return [round(weight / sum(weights) / 4, 4) for weight in weights]


# -- output -------------------------------------------------------------------------------------


def result_of(value: Any, model: Model, header: ImageHeader, call: Call) -> dict[str, Any]:
    """Return the DetectAnomalyResult for a finding.

    Args:
        value: A finding, or any value that `finding_of` converts.
        model: The model.
        header: The header of the image.
        call: The call.

    Raises:
        InvalidRule: `value` is not a valid finding.
    """
    found = value if isinstance(value, Finding) else finding_of(value)
    members: dict[str, Any] = {
        "Source": {"Type": "direct"},
        "IsAnomalous": found.anomalous,
        "Confidence": found.confidence,
    }
    if found.areas is None and model.colors:
        found = replace(found, areas={})
    if found.areas is None or is_preview(call):
        return members
    return members | _segmentation(found, found.areas, model, header)


def _segmentation(
    found: Finding, areas_of: Mapping[str, float], model: Model, header: ImageHeader
) -> dict[str, Any]:
    colors = colors_of(found, model)
    areas = [(BACKGROUND, round(max(1 - sum(areas_of.values()), 0), 6))]
    areas += [((name, colors[name]), area) for name, area in areas_of.items()]
    members = [
        {"Name": name, "PixelAnomaly": {"TotalPercentageArea": area, "Color": color}}
        for (name, color), area in areas
    ]
    bands = [(color, area) for (_, color), area in areas]
    size = header.width, header.height
    return {
        "Anomalies": members,
        "AnomalyMask": found.mask or png(*size, bands, alpha=header.has_alpha),
    }


def colors_of(found: Finding, model: Model) -> dict[str, str]:
    """Return the color of each label: declared, of the training masks, or a default."""
    known = {**model.colors, **(found.colors or {})}
    free = [color for color in COLORS if color not in known.values()] or list(COLORS)
    unknown = enumerate(name for name in found.areas or () if name not in known)
    return known | {name: free[index % len(free)] for index, name in unknown}
