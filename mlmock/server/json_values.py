"""Convert values between Python and JSON: match values, answers, policies, bytes, times.

A value that JSON has stands for itself. Any other is an object with one key, a tag:
``{"$contains": "weather"}``, ``{"$tool_use": {"args": ["get_weather", {"city": "Rome"}]}}``. Only
the tags of this module are decoded, so a request can't run anything else.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from importlib import import_module
from typing import Any

from mlmock.errors import InvalidRule
from mlmock.rules.answers import ErrorAnswer, OutputAnswer
from mlmock.rules.matchers import ANY, Contains, Glob, Regex
from mlmock.simulation.progress import Policy

_ARGUMENTS = {"args", "kwargs", "then"}
# Tags that are public functions of the package, and their modules.
PUBLIC_FUNCTIONS = {
    **dict.fromkeys(("contains", "regex", "glob"), "mlmock.rules.matchers"),
    **dict.fromkeys(("error", "output"), "mlmock.rules.answers"),
    **dict.fromkeys(
        ("message", "stream", "tool_use", "reasoning", "json_output", "raw"),
        "mlmock.services.bedrock_runtime.scripting.answers",
    ),
    **dict.fromkeys(
        ("immediately", "after_polls", "after", "manually"), "mlmock.simulation.progress"
    ),
}
# The methods that may be called, one after another, on the value of a tag.
METHODS = {"stream": ("then", "pause", "then_error")}


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise InvalidRule(f"$bytes must be base64, not {text!r}") from None


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


_CONSTRUCTORS: dict[str, Callable[..., Any]] = {
    "any": lambda: ANY,
    "bytes": _bytes,
    "pattern": re.compile,
    "time": _time,
}
TAGS = (*_CONSTRUCTORS, *PUBLIC_FUNCTIONS, "literal")


# -- decoding --------------------------------------------------------------------------------


def from_json(value: Any) -> Any:
    """Return the Python value of a JSON value.

    Raises:
        InvalidRule: A tag is unknown, or its value is invalid.
    """
    if isinstance(value, list):
        return [from_json(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((name, argument),) = value.items()
        if name.startswith("$"):
            return _decode_tag(name[1:], argument)
    return {name: from_json(item) for name, item in value.items()}


def _decode_tag(tag: str, argument: Any) -> Any:
    if tag == "literal":
        return {name: from_json(item) for name, item in argument.items()}
    if tag not in TAGS:
        known = ", ".join(f"${name}" for name in TAGS)
        raise InvalidRule(f"unknown tag ${tag}. Known tags: {known}.")
    args, kwargs, then = _arguments_of_tag(argument)
    try:
        value = _constructor(tag)(*args, **kwargs)
        for step in then:
            value = _call_method(tag, value, step)
    except (TypeError, ValueError, re.error) as error:
        raise InvalidRule(f"${tag}: {error}") from None
    return value


def _arguments_of_tag(argument: Any) -> tuple[list[Any], dict[str, Any], list[Any]]:
    """Return the arguments of a tag and the steps after it; the short form is one argument."""
    if argument is None:
        return [], {}, []
    if not (isinstance(argument, dict) and argument and argument.keys() <= _ARGUMENTS):
        return [from_json(argument)], {}, []
    return positional(argument), keywords(argument), argument.get("then") or []


def positional(step: Mapping[str, Any]) -> list[Any]:
    """Return the positional arguments of a step; InvalidRule unless they are a list."""
    args = step.get("args") or []
    if not isinstance(args, list):
        raise InvalidRule(f"args must be a list, not {args!r}")
    return [from_json(item) for item in args]


def keywords(step: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keyword arguments of a step; InvalidRule unless they are an object."""
    kwargs = step.get("kwargs") or {}
    if not isinstance(kwargs, dict):
        raise InvalidRule(f"kwargs must be an object, not {kwargs!r}")
    return {name: from_json(item) for name, item in kwargs.items()}


def public_function(name: str) -> Callable[..., Any]:
    """Return the public function that a tag calls."""
    found: Callable[..., Any] = getattr(import_module(PUBLIC_FUNCTIONS[name]), name)
    return found


def _constructor(tag: str) -> Callable[..., Any]:
    return _CONSTRUCTORS.get(tag) or public_function(tag)


def _call_method(tag: str, value: Any, step: Any) -> Any:
    name = str(step.get("invoke")) if isinstance(step, dict) else ""
    if name not in METHODS.get(tag, ()):
        raise InvalidRule(f"${tag} has no method {name!r} that can follow it")
    return getattr(value, name)(*positional(step), **keywords(step))


# -- encoding --------------------------------------------------------------------------------


def to_json(value: Any) -> Any:
    """Return a Python value as JSON; TypeError for what JSON can't hold, like a function."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Mapping):
        return _object({str(name): to_json(item) for name, item in value.items()})
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, datetime):
        return {"$time": value.isoformat()}
    found = _encode_matcher(value) or _encode_answer(value)
    if found is not None:
        return found
    if isinstance(value, Iterable):
        return [to_json(item) for item in value]
    raise TypeError(f"{value!r} can't be sent over HTTP: only values can, no functions")


def _object(value: dict[str, Any]) -> dict[str, Any]:
    resembles_tag = len(value) == 1 and next(iter(value)).startswith("$")
    return {"$literal": value} if resembles_tag else value


def _encode_matcher(value: Any) -> dict[str, Any] | None:
    if value is ANY:
        return {"$any": None}
    if isinstance(value, Contains):
        return tagged("contains", value.part)
    if isinstance(value, Glob):
        return tagged("glob", value.pattern)
    if isinstance(value, Regex):
        return tagged("regex", value.pattern)
    if isinstance(value, re.Pattern):
        return tagged("pattern", value.pattern, value.flags)
    return None


def _encode_answer(value: Any) -> dict[str, Any] | None:
    if isinstance(value, ErrorAnswer):
        members = {"status": value.status, **value.members}
        return tagged("error", value.code, value.message, **members)
    if isinstance(value, OutputAnswer):
        return tagged("output", **value.members)
    if isinstance(value, Policy):
        return _encode_policy(value)
    return _encode_model_answer(value)


def _encode_model_answer(value: Any) -> dict[str, Any] | None:
    from mlmock.services.bedrock_runtime.scripting.serialization import to_invocations

    invocations = to_invocations(value)
    if not invocations:
        return None
    (tag, args, kwargs), *methods = invocations
    then = [{"invoke": name, **_arguments(given, named)} for name, given, named in methods]
    return {f"${tag}": {**_arguments(args, kwargs), "then": then}}


def tagged(tag: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """Return the JSON object of a tag with its arguments."""
    return {f"${tag}": _arguments(args, kwargs)}


def _arguments(args: Iterable[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    named = {name: to_json(item) for name, item in kwargs.items() if item is not None}
    return {"args": [to_json(item) for item in args], "kwargs": named}


def _encode_policy(policy: Policy) -> dict[str, Any]:
    if policy.polls is not None:
        return tagged("after_polls", policy.polls)
    return tagged("manually") if policy.seconds is None else tagged("after", policy.seconds)
