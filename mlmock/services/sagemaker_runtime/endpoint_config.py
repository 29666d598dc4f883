"""Endpoint configurations: variants, asynchronous inference and data capture."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_BOTH = frozenset({"Input", "Output"})


@dataclass(frozen=True, slots=True)
class Capture:
    """The settings of data capture."""

    prefix: str
    percent: float = 100.0
    modes: frozenset[str] = _BOTH
    csv_types: frozenset[str] = frozenset()
    json_types: frozenset[str] = frozenset()

    def encoding(self, content_type: str) -> str:
        """Return the encoding for a content type: base64 unless the type is listed."""
        plain = content_type.partition(";")[0].strip().lower()
        if plain in self.csv_types:
            return "CSV"
        return "JSON" if plain in self.json_types else "BASE64"


def capture_of(settings: str | Mapping[str, Any]) -> Capture:
    """Return the settings of data capture from an S3 prefix or a DataCaptureConfig.

    Raises:
        KeyError: A DataCaptureConfig has no DestinationS3Uri.
    """
    if isinstance(settings, str):
        return Capture(settings)
    modes = {option["CaptureMode"] for option in settings.get("CaptureOptions", ())}
    both = not modes or "InputAndOutput" in modes
    types = settings.get("CaptureContentTypeHeader", {})
    return Capture(
        settings["DestinationS3Uri"],
        float(settings.get("InitialSamplingPercentage", 100)),
        _BOTH if both else frozenset(modes),
        frozenset(map(str.lower, types.get("CsvContentTypes", ()))),
        frozenset(map(str.lower, types.get("JsonContentTypes", ()))),
    )


@dataclass(frozen=True, slots=True)
class AsyncConfig:
    """The settings of asynchronous inference: S3 prefixes and SNS topics of the results."""

    output: str | None = None
    failure: str | None = None
    success_topic: str | None = None
    error_topic: str | None = None
    includes_response: frozenset[str] = frozenset()


class Variants:
    """Production variants with their weights."""

    __slots__ = ("_sums", "names", "only", "weights")

    def __init__(self, weights: Mapping[str, float]) -> None:
        self.weights = dict(weights)
        self.names = tuple(self.weights)
        self._sums = list(itertools.accumulate(self.weights.values()))
        heavy = [name for name, weight in self.weights.items() if weight]
        self.only = heavy[0] if len(heavy) == 1 else self.names[0] if not heavy else None

    def __repr__(self) -> str:
        return f"Variants({self.weights})"

    def pick(self, choices: Callable[..., list[str]]) -> str:
        """Return a name, drawn by weight; `choices` is the method of a random generator."""
        if self.only is not None:
            return self.only
        return choices(self.names, cum_weights=self._sums)[0]


ALL_TRAFFIC = Variants({"AllTraffic": 1.0})  # The default of the SageMaker Python SDK.


@dataclass(frozen=True, slots=True)
class EndpointConfig:
    """The configuration of an endpoint; members that are not declared are None or empty."""

    variants: Variants | None = None
    shadows: tuple[str, ...] = ()
    multi_model: bool = False
    models: frozenset[str] | None = None
    containers: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    async_config: AsyncConfig | None = None
    session_seconds: float | None = None
    capture: Capture | None = None
    serverless: bool = False
    status: str = "InService"


UNSPECIFIED = EndpointConfig()
