"""Memos of botocore's pure functions: the repeated work of every call, done once.

Each is made when it is first used, only where the function's source is the known one; is bounded;
and is undone when the last block ends. `mock_ml(cache=False)` leaves them out.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

import botocore.utils
from botocore.validate import ParamValidator, ValidationErrors

from mlmock.interception.botocore.param_validation import ShapeValidators
from mlmock.interception.patching import Patch
from mlmock.interception.source_hash import class_hash, source_hash

# The sources that were read and found pure, by `source_hash`: botocore 1.36 to 1.44.
SUPPORTED_SOURCES = {
    "sanitise": frozenset({"0aad3ce7fc7f9124", "7a83018b4daff050"}),
    "timestamps": frozenset({"f1ced5813ef916f4"}),
    "validation": frozenset({"c04d3ed357ec4ca6", "cd142c1086e66059", "43b4f611087bcea6"}),
}


def _is_known(name: str, patch: Patch) -> bool:
    owner, original = patch.owner, patch.original
    read = class_hash(owner) if isinstance(owner, type) else source_hash(original)
    return read in SUPPORTED_SOURCES[name]


def cached_sanitize(patch: Patch) -> Any:
    """Return the memo of the user agent's clean parts."""
    return lru_cache(maxsize=512)(patch.original) if _is_known("sanitise", patch) else None


def timestamps(patch: Patch) -> Any:
    """Return the memo of the instants that answers name."""
    original = patch.original
    if not _is_known("timestamps", patch):
        return None
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
    digits = _iso8601_parser()(value) if type(value) is str else None
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


@cache
def _iso8601_parser() -> Any:
    return re.compile(
        r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{3}))?Z"
    ).fullmatch


def validation(patch: Patch) -> Any:
    """Return what lets parameters pass that `accepting` is sure of."""
    if not _is_known("validation", patch):
        return None
    models = ShapeValidators()

    def validate(self: Any, params: Any, shape: Any) -> Any:
        if type(self) is ParamValidator and models.is_valid(shape, params):
            return ValidationErrors()
        return patch.original(self, params, shape)

    return validate
