"""Values of the handle as JSON, both ways: match values, answers, policies, bytes, instants.

A value that JSON has stands for itself. What it hasn't is an object with one key, the word:
``{"$contains": "weather"}``, ``{"$tool_use": {"args": ["get_weather", {"city": "Rome"}]}}``. Only
the words of this page are read, so nothing that comes over the port is ever run.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any

from mlmock.errors import BadAnswer
from mlmock.mock.handle import SLOTS
from mlmock.rules.answers import Error, Output
from mlmock.rules.matchers import ANY, Contains, Glob, Regex
from mlmock.simulation.progress import Policy

_FORM = {"args", "kwargs", "then"}
# The words that are names of the package, with the modules that they come from.
PUBLIC = {
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
# What may follow a word's value.
CHAINS = {"stream": ("then", "pause", "then_error")}


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise BadAnswer("$bytes takes base64") from None


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


_OWN: dict[str, Callable[..., Any]] = {
    "any": lambda: ANY,
    "bytes": _bytes,
    "pattern": re.compile,
    "time": _time,
}
WORDS = (*_OWN, *PUBLIC, "literal")


def read(value: Any) -> Any:
    """Return the value that JSON stands for; BadAnswer for words that aren't known."""
    if isinstance(value, list):
        return [read(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((name, given),) = value.items()
        if name.startswith("$"):
            return _said(name[1:], given)
    return {name: read(item) for name, item in value.items()}


def _said(word: str, given: Any) -> Any:
    if word == "literal":
        return {name: read(item) for name, item in given.items()}
    if word not in WORDS:
        known = ", ".join(f"${name}" for name in WORDS)
        raise BadAnswer(f"there is no word ${word}; there are {known}")
    args, kwargs, then = _form(given)
    try:
        value = _maker(word)(*args, **kwargs)
        for step in then:
            value = _next(word, value, step)
    except (TypeError, ValueError, re.error) as fault:
        raise BadAnswer(f"${word}: {fault}") from None
    return value


def _form(given: Any) -> tuple[list[Any], dict[str, Any], list[Any]]:
    """Return what a word is given: one value, none (null), or args and kwargs."""
    if given is None:
        return [], {}, []
    if not (isinstance(given, dict) and given and given.keys() <= _FORM):
        return [read(given)], {}, []
    return arguments(given), keywords(given), given.get("then") or []


def arguments(step: Mapping[str, Any]) -> list[Any]:
    """Return what a step is given by position; BadAnswer unless it is a list."""
    args = step.get("args") or []
    if not isinstance(args, list):
        raise BadAnswer("args is a list")
    return [read(item) for item in args]


def keywords(step: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a step is given by name; BadAnswer unless it is an object."""
    kwargs = step.get("kwargs") or {}
    if not isinstance(kwargs, dict):
        raise BadAnswer("kwargs is an object")
    return {name: read(item) for name, item in kwargs.items()}


def public(name: str) -> Callable[..., Any]:
    """Return what a public name of the package makes values with."""
    found: Callable[..., Any] = getattr(import_module(PUBLIC[name]), name)
    return found


def _maker(word: str) -> Callable[..., Any]:
    own = _OWN.get(word)
    return own if own is not None else public(word)


def _next(word: str, value: Any, step: Any) -> Any:
    name = str(step.get("do")) if isinstance(step, dict) else ""
    if name not in CHAINS.get(word, ()):
        raise BadAnswer(f"${word} can't be followed by {name!r}")
    return getattr(value, name)(*arguments(step), **keywords(step))


# -- the other way ---------------------------------------------------------------------------


def written(value: Any) -> Any:
    """Return a value as JSON; TypeError for what can't go over HTTP, as functions."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Mapping):
        return _mapping({str(name): written(item) for name, item in value.items()})
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, datetime):
        return {"$time": value.isoformat()}
    found = _word_of(value)
    if found is not None:
        return found
    if isinstance(value, Iterable):
        return [written(item) for item in value]
    raise TypeError(f"{value!r} can't go over HTTP: only values can, no functions")


def _mapping(value: dict[str, Any]) -> dict[str, Any]:
    alone = len(value) == 1 and next(iter(value)).startswith("$")
    return {"$literal": value} if alone else value


def _word_of(value: Any) -> dict[str, Any] | None:
    if value is ANY:
        return {"$any": None}
    if isinstance(value, Contains):
        return said("contains", value.part)
    if isinstance(value, Glob):
        return said("glob", value.pattern)
    if isinstance(value, Regex):
        return said("regex", value.pattern)
    if isinstance(value, re.Pattern):
        return said("pattern", value.pattern, value.flags)
    return _answer(value)


def _answer(value: Any) -> dict[str, Any] | None:
    if isinstance(value, Error):
        members = {"status": value.status, **value.members}
        return said("error", value.code, value.message, **members)
    if isinstance(value, Output):
        return said("output", **value.members)
    if isinstance(value, Policy):
        return _policy(value)
    for write in _writers():
        found = write(value)
        if found is not None:
            word, args, kwargs, then = found
            steps = [{"do": name, **_given(given, named)} for name, given, named in then]
            return {f"${word}": {**_given(args, kwargs), "then": steps}}
    return None


def said(word: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """Return a word with what it is given."""
    return {f"${word}": _given(args, kwargs)}


def _given(args: Iterable[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    named = {name: written(item) for name, item in kwargs.items() if item is not None}
    return {"args": [written(item) for item in args], "kwargs": named}


def _policy(policy: Policy) -> dict[str, Any]:
    if policy.polls is not None:
        return said("after_polls", policy.polls)
    return said("manually") if policy.seconds is None else said("after", policy.seconds)


@cache
def _writers() -> list[Callable[[Any], Any]]:
    """Return what services know of writing their own words."""
    rooms = [import_module(f"{slot.module}.remote_access") for slot in SLOTS.values()]
    return [room.written for room in rooms if hasattr(room, "written")]
