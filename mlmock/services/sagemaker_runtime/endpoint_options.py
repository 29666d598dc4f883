"""The options of `ml.sagemaker.endpoint`, validated and converted."""

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
_MAX_SESSION_SECONDS = 1e9  # Seconds, about 30 years.


def parse_options(config: EndpointConfig, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an endpoint configuration that `options` change.

    Args:
        config: The current configuration.
        options: The options of an endpoint by name.

    Raises:
        ValueError: An option is not valid.
    """
    found: dict[str, Any] = {}
    for name, value in options.items():
        if name in _ASYNC_FIELDS:
            async_config = found.get("async_config") or config.async_config or AsyncConfig()
            found["async_config"] = replace(
                async_config, **{_ASYNC_FIELDS[name]: _ASYNC_PARSERS[name](value)}
            )
        elif name == "multi_model":
            found.update(_models(value))
        else:
            field, read = _FIELDS[name]
            found[field] = read(value)
    return found


def check_name(value: Any, what: str) -> str:
    """Return `value` if it is a valid name. Source: service model (pattern).

    Args:
        value: The name.
        what: The kind of thing that is named, for the message.

    Raises:
        ValueError: The name is not valid.
    """
    if type(value) is not str or _NAME.fullmatch(value) is None:
        raise ValueError(
            f"the name of {what} has 1 to 63 letters, digits and inner hyphens, not {value!r}"
        )
    return value


def _variants(value: Mapping[str, float] | Iterable[str]) -> Variants:
    weights = dict(value) if isinstance(value, Mapping) else dict.fromkeys(_texts(value), 1.0)
    for name, weight in weights.items():
        check_name(name, "a variant")
        if type(weight) not in (int, float) or not 0 <= weight < math.inf:
            raise ValueError(
                f"the weight of variant {name!r} must be a number from 0, not {weight!r}"
            )
    if not any(weights.values()):
        raise ValueError("an endpoint requires a variant with a weight above 0")
    return Variants(weights)


def _models(value: bool | Iterable[str]) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"multi_model": value, "models": None}
    return {"multi_model": True, "models": frozenset(_texts(value))}


def _texts(value: str | Iterable[str]) -> tuple[str, ...]:
    if not isinstance(value, Iterable):
        raise ValueError(f"names must be a string or a list of strings, not {value!r}")
    names = (value,) if isinstance(value, str) else tuple(value)
    for name in names:
        if type(name) is not str or not name:
            raise ValueError(f"a name must be a string that is not empty, not {name!r}")
    return names


def _names(what: str) -> Callable[[Any], tuple[str, ...]]:
    """Return a parser for names of `what`."""
    return lambda value: tuple(check_name(name, what) for name in _texts(value))


def _prefix(value: str) -> str:
    parse_s3_uri(str(value))
    return value


def _capture(value: str | Mapping[str, Any]) -> Capture | None:
    """Return the settings of data capture, or None if `EnableCapture` is False."""
    if isinstance(value, Mapping) and value.get("EnableCapture") is False:
        return None
    found = capture_of(value)
    _prefix(found.prefix)
    if not 0 <= found.percent <= 100:
        raise ValueError(f"InitialSamplingPercentage must be from 0 to 100, not {found.percent!r}")
    if not found.modes <= _MODES:
        raise ValueError(f"CaptureMode must be {', '.join(sorted(_MODES))}, not {set(found.modes)}")
    return found


def _topic(value: str) -> str:
    if not str(value).startswith("arn:") or ":sns:" not in value:
        raise ValueError(f"a topic must be the ARN of an SNS topic, not {value!r}")
    return value


def _topics(value: Iterable[str]) -> frozenset[str]:
    names = frozenset(_texts(value))
    if not names <= _TOPICS:
        raise ValueError(f"include_response_in= takes {', '.join(sorted(_TOPICS))}, not {value!r}")
    return names


def _session_seconds(value: bool | float) -> float | None:
    if isinstance(value, bool):
        return SESSION_SECONDS if value else None
    if type(value) not in (int, float) or not 0 < value <= _MAX_SESSION_SECONDS:
        raise ValueError(
            "sessions= must be True, False or a number of seconds up to "
            f"{_MAX_SESSION_SECONDS:.0e}, not {value!r}"
        )
    return float(value)


def _status(value: str) -> str:
    if type(value) is not str or value not in _STATUSES:
        raise ValueError(f"status= must be {', '.join(sorted(_STATUSES))}, not {value!r}")
    return value


_ASYNC_FIELDS = {
    "async_output": "output",
    "async_failure": "failure",
    "success_topic": "success_topic",
    "error_topic": "error_topic",
    "include_response_in": "includes_response",
}
_ASYNC_PARSERS: dict[str, Callable[[Any], Any]] = {
    "async_output": _prefix,
    "async_failure": _prefix,
    "success_topic": _topic,
    "error_topic": _topic,
    "include_response_in": _topics,
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
