"""DetectAnomalies: what is refused, what a test scripts, and the default, drawn from the bytes."""

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
COLOURS = ("#23A436", "#E1483A", "#2C6FBB", "#F2A900", "#7B3FA0", "#00A3A3", "#8C564B", "#D6219C")
TYPES = ("image/jpeg", "image/png")
_MOST_BYTES = 8 * 1024 * 1024
_LEAST_PIXELS, _MOST_PIXELS = 64, 4096


class DetectionOperations(TagOperations):
    """Detection."""

    def detect_anomalies(self, call: Call) -> Result | Any:
        """Say if an image has an anomaly, with what confidence, and (segmentation) where."""
        params = call.params
        model = self.model(params)
        if model.status not in RUNNING:
            raise errors.busy(errors.MODEL, model.id, model.status, "used for detection")
        picture = checked_picture(params["ContentType"], params["Body"])
        seen = {"image": params["Body"]}
        found = self.find_rule(call, self._keys(model), seen, self._title(model))

        def shown(value: Any) -> Result:
            return {"DetectAnomalyResult": result_of(value, model, picture, call)}

        if found is None:
            return shown(default_finding(params["Body"], model.colours))
        return resolve_answer(found[1], call, shown)

    def _keys(self, model: Model) -> tuple[Any, ...]:
        names = (*self.names(model), f"{model.project}/{EVERY}", EVERY)
        return tuple(key_of(DETECTION, name) for name in names)

    @staticmethod
    def _title(model: Model) -> str:
        return f'ml.lookoutvision.project("{model.project}").model("{model.version}")'


def checked_picture(content_type: str, body: bytes) -> ImageHeader:
    """Return what an image says of itself; ServiceError for one that the service refuses.

    The text about the content type is as seen on the wire, the others are judged.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in TYPES:
        raise errors.invalid(f"content-type must be one of the following. {', '.join(TYPES)}")
    if len(body) > _MOST_BYTES:
        raise errors.invalid(f"The image must not have more than {_MOST_BYTES} bytes.")
    picture = read_header(body)
    if picture is None or picture.content_type != kind:
        raise errors.invalid(f"The image is not a valid {kind} file.")
    if not all(_LEAST_PIXELS <= s <= _MOST_PIXELS for s in (picture.width, picture.height)):
        raise errors.invalid(
            f"The image must have {_LEAST_PIXELS} to {_MOST_PIXELS} pixels on each side; "
            f"it has {picture.width} x {picture.height}."
        )
    return picture


# -- the default --------------------------------------------------------------------------------


def default_finding(body: bytes, colours: Mapping[str, str]) -> Finding:
    """Return what is found where nobody says anything: the same for the same bytes."""
    digest = hashlib.blake2b(body, digest_size=16).digest()
    share = int.from_bytes(digest[:4], "big") / 2**32
    anomalous = digest[4] % 2 == 1
    found = Finding(anomalous, round(0.5 + share / 2, 6))
    if not colours or not anomalous:
        return found
    return replace(found, areas=dict(zip(colours, _shares(digest, len(colours)))))  # noqa: B905


def _shares(digest: bytes, count: int) -> list[float]:
    """Return the share of each label: a quarter of the image together."""
    weights = [digest[5 + place % 11] + 1 for place in range(count)]
    return [round(weight / sum(weights) / 4, 4) for weight in weights]


# -- the answer ---------------------------------------------------------------------------------


def result_of(value: Any, model: Model, picture: ImageHeader, call: Call) -> dict[str, Any]:
    """Return the DetectAnomalyResult that a finding, or the members of one, stands for."""
    found = value if isinstance(value, Finding) else finding_of(value)
    shown: dict[str, Any] = {
        "Source": {"Type": "direct"},
        "IsAnomalous": found.anomalous,
        "Confidence": found.confidence,
    }
    if found.areas is None and model.colours:
        found = replace(found, areas={})
    if found.areas is None or is_preview(call):
        return shown
    return shown | _segmentation(found, found.areas, model, picture)


def _segmentation(
    found: Finding, areas_of: Mapping[str, float], model: Model, picture: ImageHeader
) -> dict[str, Any]:
    colours = colours_of(found, model)
    areas = [(BACKGROUND, round(max(1 - sum(areas_of.values()), 0), 6))]
    areas += [((name, colours[name]), area) for name, area in areas_of.items()]
    shown = [
        {"Name": name, "PixelAnomaly": {"TotalPercentageArea": area, "Color": colour}}
        for (name, colour), area in areas
    ]
    bands = [(colour, area) for (_, colour), area in areas]
    size = picture.width, picture.height
    return {
        "Anomalies": shown,
        "AnomalyMask": found.mask or png(*size, bands, alpha=picture.has_alpha),
    }


def colours_of(found: Finding, model: Model) -> dict[str, str]:
    """Return the colour of each label: said, of the training's masks, or the next of our own."""
    known = {**model.colours, **(found.colours or {})}
    free = [colour for colour in COLOURS if colour not in known.values()] or list(COLOURS)
    places = enumerate(name for name in found.areas or () if name not in known)
    return known | {name: free[place % len(free)] for place, name in places}
