"""Caches of pure functions of botocore, which every call repeats with the same arguments.

A cache is created on first use, and only if the function's source is a supported one. Its size is
bounded, and it is removed when the last mock ends. `mock_ml(cache=False)` leaves the caches out.
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

# The hashes of the sources that were reviewed and found pure: botocore 1.36 to 1.44.
SUPPORTED_SOURCES = {
    "sanitize": frozenset({"0aad3ce7fc7f9124", "7a83018b4daff050"}),
    "timestamps": frozenset({"f1ced5813ef916f4"}),
    "validation": frozenset({"c04d3ed357ec4ca6", "cd142c1086e66059", "43b4f611087bcea6"}),
}
_MAX_TIMESTAMPS = 4096


def _is_supported(name: str, patch: Patch) -> bool:
    owner, original = patch.owner, patch.original
    digest = class_hash(owner) if isinstance(owner, type) else source_hash(original)
    return digest in SUPPORTED_SOURCES[name]


def cached_sanitize(patch: Patch) -> Any:
    """Return a cache for `sanitize_user_agent_string_component`."""
    return lru_cache(maxsize=512)(patch.original) if _is_supported("sanitize", patch) else None


def cached_timestamp_parser(patch: Patch) -> Any:
    """Return a cache for `parse_timestamp`, by which responses are parsed."""
    original = patch.original
    if not _is_supported("timestamps", patch):
        return None
    timestamps: dict[Any, Any] = {}
    examples: dict[Any, Any] = {}

    def parse_timestamp(value: Any) -> Any:
        # freezegun exchanges the class, and the time zone changes what tzlocal() is.
        key = (value, type(value), vars(botocore.utils)["datetime"].datetime, time.tzname)
        timestamp = timestamps.get(key)
        if timestamp is None:
            if len(timestamps) >= _MAX_TIMESTAMPS:
                timestamps.clear()
            timestamp = timestamps[key] = _parse(original, examples, key)
        return timestamp

    return parse_timestamp


def _parse(original: Callable[[Any], Any], examples: dict[Any, Any], key: tuple[Any, ...]) -> Any:
    """Return a timestamp as `original` parses it, without calling it for the usual format.

    The class and the time zone of the result are those of an example that `original` parsed. The
    zone of a "Z" is the machine's own zone where that is UTC.
    """
    value = key[0]
    digits = _iso8601_parser()(value) if type(value) is str else None
    if digits is None:
        return original(value)
    example = examples.get(key[2:])
    if example is None:
        example = examples[key[2:]] = original("2001-02-03T04:05:06.007Z")
    year, month, day, hour, minute, second, millis = digits.groups("0")
    try:
        return example.replace(
            int(year), int(month), int(day), int(hour), int(minute), int(second), int(millis) * 1000
        )
    except ValueError:
        return original(value)


@cache
def _iso8601_parser() -> Any:
    return re.compile(
        r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{3}))?Z"
    ).fullmatch


def cached_validate(patch: Patch) -> Any:
    """Return a replacement for `ParamValidator.validate` that uses `ShapeValidators` first.

    Parameters that these do not accept are validated by botocore, which words the error.
    """
    if not _is_supported("validation", patch):
        return None
    validators = ShapeValidators()

    def validate(self: Any, params: Any, shape: Any) -> Any:
        if type(self) is ParamValidator and validators.is_valid(shape, params):
            return ValidationErrors()
        return patch.original(self, params, shape)

    return validate
