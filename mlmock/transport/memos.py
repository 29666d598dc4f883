"""Memos of botocore's pure functions: the repeated work of every call, done once.

Each is applied only where the function's source is the known one, is bounded, and is undone when
the last block ends. `mock_ml(memos=False)` leaves them out.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

import botocore.parsers
import botocore.useragent
import botocore.utils
import botocore.validate

from mlmock.transport import accepting
from mlmock.transport.patching import Patch
from mlmock.transport.sources import class_hash, source_hash

# The sources that were read and found pure, by `source_hash`: botocore 1.36 to 1.44.
KNOWN = {
    "sanitise": frozenset({"0aad3ce7fc7f9124", "7a83018b4daff050"}),
    "timestamps": frozenset({"f1ced5813ef916f4"}),
    "validation": frozenset({"c04d3ed357ec4ca6", "cd142c1086e66059", "43b4f611087bcea6"}),
}


@cache
def _is_known(name: str, owner: Any, attribute: str) -> bool:
    thing = vars(owner).get(attribute)
    if thing is None:
        return False
    return (class_hash(owner) if isinstance(owner, type) else source_hash(thing)) in KNOWN[name]


def _sanitise(patch: Patch) -> Any:
    original = botocore.useragent.sanitize_user_agent_string_component
    return lru_cache(maxsize=512)(original)


def _timestamps(patch: Patch) -> Any:
    original = botocore.parsers.DEFAULT_TIMESTAMP_PARSER
    known: dict[Any, Any] = {}
    models: dict[Any, Any] = {}

    def parse_timestamp(value: Any) -> Any:
        # freezegun swaps the class, and the zone decides what tzlocal() is.
        key = (value, type(value), vars(botocore.utils)["datetime"].datetime, time.tzname)
        found = known.get(key)
        if found is None:
            if len(known) >= 4096:
                known.clear()
            found = known[key] = _read(original, models, key)
        return found

    return parse_timestamp


def _read(original: Callable[[Any], Any], models: dict[Any, Any], key: tuple[Any, ...]) -> Any:
    """Return what `original` reads in a timestamp; the usual form by its digits alone.

    What kind of datetime that is, and of which zone, is learned from the original: for Z it is the
    machine's own zone where that is UTC.
    """
    value = key[0]
    digits = _USUAL(value) if type(value) is str else None
    if digits is None:
        return original(value)
    model = models.get(key[2:])
    if model is None:
        model = models[key[2:]] = original("2001-02-03T04:05:06.007Z")
    year, month, day, hour, minute, second, millis = digits.groups("0")
    try:
        return model.replace(
            int(year), int(month), int(day), int(hour), int(minute), int(second), int(millis) * 1000
        )
    except ValueError:
        return original(value)


_USUAL = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{3}))?Z"
).fullmatch

_MEMOS: tuple[tuple[str, Any, str, Callable[[Patch], Any]], ...] = (
    ("sanitise", botocore.useragent, "sanitize_user_agent_string_component", _sanitise),
    ("timestamps", botocore.parsers, "DEFAULT_TIMESTAMP_PARSER", _timestamps),
    ("validation", botocore.validate.ParamValidator, "validate", accepting.validate),
)


def patches() -> list[Patch]:
    """Return the memos that fit the installed botocore."""
    return [
        Patch(owner, attribute, make)
        for name, owner, attribute, make in _MEMOS
        if _is_known(name, owner, attribute)
    ]
