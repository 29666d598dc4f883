"""Endpoint configurations: variants and asynchronous inference."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_BOTH = frozenset({"Input", "Output"})


@dataclass(frozen=True, slots=True)
class Capture:
    """How an endpoint's data capture is set up."""

    prefix: str
    percent: float = 100.0
    halves: frozenset[str] = _BOTH
    csv_types: frozenset[str] = frozenset()
    json_types: frozenset[str] = frozenset()

    def encoding(self, content_type: str) -> str:
        """Return how data of a type is written down: base64 unless the type is listed."""
        plain = content_type.partition(";")[0].strip().lower()
        if plain in self.csv_types:
            return "CSV"
        return "JSON" if plain in self.json_types else "BASE64"


def capture_of(said: str | Mapping[str, Any]) -> Capture:
    """Return what is said of data capture: a prefix in S3, or a DataCaptureConfig as AWS has it.

    KeyError for a mapping without its DestinationS3Uri.
    """
    if isinstance(said, str):
        return Capture(said)
    modes = {option["CaptureMode"] for option in said.get("CaptureOptions", ())}
    both = not modes or "InputAndOutput" in modes
    types = said.get("CaptureContentTypeHeader", {})
    return Capture(
        said["DestinationS3Uri"],
        float(said.get("InitialSamplingPercentage", 100)),
        _BOTH if both else frozenset(modes),
        frozenset(map(str.lower, types.get("CsvContentTypes", ()))),
        frozenset(map(str.lower, types.get("JsonContentTypes", ()))),
    )


@dataclass(frozen=True, slots=True)
class AsyncConfig:
    """How an asynchronous endpoint is set up: where its results go, and who is told."""

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
        """Return a name, drawn by weight; `choices` is a random generator's."""
        if self.only is not None:
            return self.only
        return choices(self.names, cum_weights=self._sums)[0]


ALL_TRAFFIC = Variants({"AllTraffic": 1.0})  # the one variant that the SageMaker Python SDK makes


@dataclass(frozen=True, slots=True)
class EndpointConfig:
    """How an endpoint is set up. None and empty: nobody has said anything."""

    variants: Variants | None = None
    shadows: tuple[str, ...] = ()
    multi_model: bool = False
    models: frozenset[str] | None = None
    containers: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    later: AsyncConfig | None = None
    session_seconds: float | None = None
    capture: Capture | None = None
    serverless: bool = False
    status: str = "InService"


_UNSPECIFIED = EndpointConfig()
