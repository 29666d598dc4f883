"""What the author of a test says of an endpoint, as the service keeps it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from mlmock.services.sagemaker_runtime.endpoint_config import (
    AsyncConfig,
    Capture,
    EndpointConfig,
    Variants,
    capture_of,
)
from mlmock.services.sagemaker_runtime.endpoints import SERVING, SESSION_SECONDS
from mlmock.simulation.object_store import parse_s3_uri

_STATUSES = SERVING | {"Creating", "Deleting", "Failed", "OutOfService"}
_TOPICS = frozenset({"SUCCESS_NOTIFICATION_TOPIC", "ERROR_NOTIFICATION_TOPIC"})
_MODES = frozenset({"Input", "Output", "InputAndOutput"})
_NAME = re.compile(r"(?!.{64})[a-zA-Z0-9](-*[a-zA-Z0-9])*")
_LONGEST_SESSION = 1e9  # seconds: some 30 years


def config_said(config: EndpointConfig, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of Config that `said` (the options of an endpoint) changes.

    ValueError for what no endpoint is.
    """
    found: dict[str, Any] = {}
    for name, value in said.items():
        if name in _LATER:
            later = found.get("later") or config.later or AsyncConfig()
            found["later"] = replace(later, **{_LATER[name]: _CHECKS[name](value)})
        elif name == "multi_model":
            found.update(_models(value))
        else:
            field, read = _FIELDS[name]
            found[field] = read(value)
    return found


def name_said(said: Any, what: str) -> str:
    """Return `said` if an endpoint, or `what` else there is of one, can be called so; ValueError.

    The pattern is the model's: letters, digits and hyphens within, at most 63.
    """
    if type(said) is not str or _NAME.fullmatch(said) is None:
        raise ValueError(f"{what}'s name is letters, digits and hyphens, not {said!r}")
    return said


def _variants(said: Mapping[str, float] | Iterable[str]) -> Variants:
    weights = dict(said) if isinstance(said, Mapping) else dict.fromkeys(_texts(said), 1.0)
    for name, weight in weights.items():
        name_said(name, "a variant")
        if type(weight) not in (int, float) or not 0 <= weight < math.inf:
            raise ValueError(f"a variant's weight is a number from 0, and {name} has {weight!r}")
    if not any(weights.values()):
        raise ValueError("an endpoint needs a variant with a weight above 0")
    return Variants(weights)


def _models(said: bool | Iterable[str]) -> dict[str, Any]:
    if isinstance(said, bool):
        return {"multi_model": said, "models": None}
    return {"multi_model": True, "models": frozenset(_texts(said))}


def _texts(said: str | Iterable[str]) -> tuple[str, ...]:
    if not isinstance(said, Iterable):
        raise ValueError(f"names are a text or a list of texts, not {said!r}")
    names = (said,) if isinstance(said, str) else tuple(said)
    for name in names:
        if type(name) is not str or not name:
            raise ValueError(f"a name is a text, not {name!r}")
    return names


def _names(what: str) -> Callable[[Any], tuple[str, ...]]:
    """Return the reader of names of `what`."""
    return lambda said: tuple(name_said(name, what) for name in _texts(said))


def _prefix(said: str) -> str:
    parse_s3_uri(str(said))
    return said


def _capture(said: str | Mapping[str, Any]) -> Capture | None:
    """Return how data is captured; None for a config that says that none is."""
    if isinstance(said, Mapping) and said.get("EnableCapture") is False:
        return None
    found = capture_of(said)
    _prefix(found.prefix)
    if not 0 <= found.percent <= 100:
        raise ValueError(f"a sample is a percentage from 0 to 100, not {found.percent!r}")
    if not found.halves <= _MODES:
        raise ValueError(f"{', '.join(sorted(_MODES))} are captured, not {set(found.halves)}")
    return found


def _topic(said: str) -> str:
    if not str(said).startswith("arn:") or ":sns:" not in said:
        raise ValueError(f"a topic is the ARN of an SNS topic, not {said!r}")
    return said


def _told(said: Iterable[str]) -> frozenset[str]:
    names = frozenset(_texts(said))
    if not names <= _TOPICS:
        raise ValueError(f"responses are included in {', '.join(sorted(_TOPICS))}, not {said!r}")
    return names


def _session_seconds(said: bool | float) -> float | None:
    if isinstance(said, bool):
        return SESSION_SECONDS if said else None
    if type(said) not in (int, float) or not 0 < said <= _LONGEST_SESSION:
        raise ValueError(f"a session lives some seconds, not {said!r}")
    return float(said)


def _status(said: str) -> str:
    if type(said) is not str or said not in _STATUSES:
        raise ValueError(f"an endpoint is {', '.join(sorted(_STATUSES))}, not {said!r}")
    return said


_LATER = {
    "async_output": "output",
    "async_failure": "failure",
    "success_topic": "success_topic",
    "error_topic": "error_topic",
    "include_response_in": "includes_response",
}
_CHECKS: dict[str, Callable[[Any], Any]] = {
    "async_output": _prefix,
    "async_failure": _prefix,
    "success_topic": _topic,
    "error_topic": _topic,
    "include_response_in": _told,
}
_FIELDS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "variants": ("variants", _variants),
    "shadow": ("shadows", _names("a shadow variant")),
    "containers": ("containers", _names("a container")),
    "components": ("components", _names("an inference component")),
    "sessions": ("session_seconds", _session_seconds),
    "data_capture": ("capture", _capture),
    "serverless": ("serverless", bool),
    "status": ("status", _status),
}
