"""What the author of a test says of an endpoint, as the service keeps it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from mlmock.objects import split_uri
from mlmock.services.sagemaker_runtime.capture import capture_of
from mlmock.services.sagemaker_runtime.endpoints import SERVING, Config, Later, Variants

_SESSION_SECONDS = 1200.0  # what SageMaker's large-model container gives a session (judged)
_STATUSES = SERVING | {"Creating", "Deleting", "Failed", "OutOfService"}
_TOPICS = frozenset({"SUCCESS_NOTIFICATION_TOPIC", "ERROR_NOTIFICATION_TOPIC"})


def config_said(config: Config, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of Config that `said` (the options of an endpoint) changes.

    ValueError for what no endpoint is.
    """
    found: dict[str, Any] = {}
    for name, value in said.items():
        if name in _LATER:
            later = found.get("later") or config.later or Later()
            found["later"] = replace(later, **{_LATER[name]: _CHECKS[name](value)})
        elif name == "multi_model":
            found.update(_models(value))
        else:
            field, read = _FIELDS[name]
            found[field] = read(value)
    return found


def _variants(said: Mapping[str, float] | Iterable[str]) -> Variants:
    weights = dict(said) if isinstance(said, Mapping) else dict.fromkeys(_names(said), 1.0)
    for name, weight in weights.items():
        if type(weight) not in (int, float) or not 0 <= weight < math.inf:
            raise ValueError(f"a variant's weight is a number from 0, and {name} has {weight!r}")
    if not any(weights.values()):
        raise ValueError("an endpoint needs a variant with a weight above 0")
    return Variants(weights)


def _models(said: bool | Iterable[str]) -> dict[str, Any]:
    if isinstance(said, bool):
        return {"multi_model": said, "models": None}
    return {"multi_model": True, "models": frozenset(_names(said))}


def _names(said: str | Iterable[str]) -> tuple[str, ...]:
    names = (said,) if isinstance(said, str) else tuple(said)
    for name in names:
        if type(name) is not str or not name:
            raise ValueError(f"a name is a text, not {name!r}")
    return names


def _prefix(said: str) -> str:
    split_uri(said)
    return said


def _topic(said: str) -> str:
    if not said.startswith("arn:") or ":sns:" not in said:
        raise ValueError(f"a topic is the ARN of an SNS topic, not {said!r}")
    return said


def _told(said: Iterable[str]) -> frozenset[str]:
    names = frozenset(_names(said))
    if not names <= _TOPICS:
        raise ValueError(f"responses are included in {', '.join(sorted(_TOPICS))}, not {said!r}")
    return names


def _session_seconds(said: bool | float) -> float | None:
    if isinstance(said, bool):
        return _SESSION_SECONDS if said else None
    if not said > 0:
        raise ValueError(f"a session lives some seconds, not {said!r}")
    return float(said)


def _status(said: str) -> str:
    if said not in _STATUSES:
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
    "shadow": ("shadows", _names),
    "containers": ("containers", _names),
    "components": ("components", _names),
    "sessions": ("session_seconds", _session_seconds),
    "data_capture": ("capture", capture_of),
    "serverless": ("serverless", bool),
    "status": ("status", _status),
}
