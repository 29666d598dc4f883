"""Match values: which member values a rule matches, and where a call first differs."""

from __future__ import annotations

import fnmatch
import json
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import partial
from typing import Any

MISSING = object()
_BYTES = (bytes, bytearray)


class _Any:
    """A match value that matches any value, as long as the member is given."""

    def __repr__(self) -> str:
        return "ANY"

    def __call__(self, value: Any) -> bool:
        """Return whether `value` matches."""
        return True


ANY = _Any()


@dataclass(frozen=True)
class Contains:
    """A match value for strings, bytes, lists, maps and structures that contain `part`.

    The part may be nested at any depth.
    """

    part: Any

    def __repr__(self) -> str:
        return f"contains({self.part!r})"

    def __call__(self, value: Any) -> bool:
        """Return whether `value` matches."""
        part = self.part
        if isinstance(value, _BYTES):
            return self._is_in_bytes(value)
        if isinstance(value, str):
            return isinstance(part, str) and part in value
        if isinstance(value, Mapping):
            named = isinstance(part, str) and part in value
            return named or _is_part(part, value) or self._is_in(value.values())
        return isinstance(value, Sequence) and self._is_in(value)

    def _is_in(self, items: Iterable[Any]) -> bool:
        return any(matches(self.part, item) or self(item) for item in items)

    def _is_in_bytes(self, body: bytes | bytearray) -> bool:
        part = self.part
        if isinstance(part, (str, bytes, bytearray)):
            return (part.encode() if isinstance(part, str) else part) in body
        value = _json(body)
        return not isinstance(value, bytes) and (_is_part(part, value) or self(value))


@dataclass(frozen=True)
class Regex:
    """A match value for text, or text as bytes, in which a regular expression is found."""

    pattern: re.Pattern[str]

    def __repr__(self) -> str:
        return f"regex({self.pattern.pattern!r})"

    def __call__(self, value: Any) -> bool:
        """Return whether `value` matches."""
        text = _text(value)
        return text is not None and self.pattern.search(text) is not None


@dataclass(frozen=True)
class Glob:
    """A match value for text, or text as bytes, that matches a shell pattern as a whole.

    Matching is case-sensitive.
    """

    pattern: str
    fits: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fits", re.compile(fnmatch.translate(self.pattern)))

    def __repr__(self) -> str:
        return f"glob({self.pattern!r})"

    def __call__(self, value: Any) -> bool:
        """Return whether `value` matches."""
        text = _text(value)
        return text is not None and self.fits.match(text) is not None


def contains(part: Any) -> Contains:
    """Return a match value for strings, bytes, lists and structures that contain `part`."""
    return Contains(part)


def regex(pattern: str | re.Pattern[str]) -> Regex:
    """Return a match value for text in which `pattern` is found, as by ``re.search``."""
    return Regex(re.compile(pattern))


def glob(pattern: str) -> Glob:
    """Return a match value for text that matches a shell pattern: ``*``, ``?``, ``[a-z]``."""
    return Glob(pattern)


@dataclass(frozen=True, slots=True)
class Difference:
    """The first member in which a call differs from a rule or an assertion."""

    path: str
    expected: Any
    actual: Any

    def __str__(self) -> str:
        actual = "missing" if self.actual is MISSING else abbreviate_repr(self.actual)
        return f"{self.path} is {actual}; expected {abbreviate_repr(self.expected)}"


def abbreviate_repr(value: Any, max_length: int = 120) -> str:
    """Return `value` as a short Python expression.

    Args:
        value: Any value. A function is represented by its qualified name.
        max_length: The maximum length of the text, in characters.
    """
    name = getattr(value, "__qualname__", None)
    text = name if callable(value) and name else repr(value)
    return text if len(text) <= max_length else f"{text[: max_length - 3]}..."


def matches(expected: Any, actual: Any) -> bool:
    """Return whether the match value `expected` matches `actual`."""
    return _first_difference(expected, actual, "") is None


def compile_matcher(expected: Any) -> Callable[[Any], Any]:
    """Return the fastest predicate that is equivalent to a match value."""
    if type(expected) is str:
        return partial(_is_text, expected)
    if type(expected) in (int, float, bool, bytes):
        return partial(operator.eq, expected)
    if isinstance(expected, (_Any, Contains, Regex, Glob)):
        return expected
    return partial(matches, expected)


def difference(members: Mapping[str, Any], params: Mapping[str, Any]) -> Difference | None:
    """Return the first difference between `params` and the match values `members`, or None."""
    for name, expected in members.items():
        result = _first_difference(expected, params.get(name, MISSING), name)
        if result is not None:
            return result
    return None


def _first_difference(expected: Any, actual: Any, path: str) -> Difference | None:
    if actual is MISSING:
        return Difference(path, expected, MISSING)
    if isinstance(expected, Mapping):
        return _mapping_difference(expected, actual, path)
    if isinstance(expected, (list, tuple)):
        return _list_difference(expected, actual, path)
    return None if _equals(expected, actual) else Difference(path, expected, actual)


def _equals(expected: Any, actual: Any) -> bool:
    if isinstance(expected, str):
        return _is_text(expected, actual)
    if isinstance(expected, datetime) and isinstance(actual, datetime):
        # A naive datetime is local time, as it is to botocore.
        return expected.astimezone(timezone.utc) == actual
    return bool(expected == actual or (callable(expected) and expected(actual)))


def _is_text(expected: str, actual: Any) -> bool:
    """Return whether `actual` is the text itself, or a payload that consists of it."""
    if type(actual) is str:
        return expected == actual
    return type(actual) in _BYTES and actual == expected.encode(errors="surrogatepass")


def _text(value: Any) -> str | None:
    if isinstance(value, _BYTES):
        return value.decode(errors="replace")
    return value if isinstance(value, str) else None


def _is_part(part: Any, value: Any) -> bool:
    return isinstance(part, Mapping) and matches(part, value)


def _mapping_difference(expected: Mapping[str, Any], actual: Any, path: str) -> Difference | None:
    if isinstance(actual, _BYTES):
        actual = _json(actual)
    if not isinstance(actual, Mapping):
        return Difference(path, expected, actual)
    for name, item in expected.items():
        member_path = f"{path}.{name}" if path else str(name)
        result = _first_difference(item, actual.get(name, MISSING), member_path)
        if result is not None:
            return result
    return None


def _json(body: bytes | bytearray) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return bytes(body)


def _list_difference(expected: Sequence[Any], actual: Any, path: str) -> Difference | None:
    if not isinstance(actual, (list, tuple)) or len(actual) != len(expected):
        return Difference(path, expected, actual)
    for index, (expected_item, item) in enumerate(zip(expected, actual, strict=True)):
        result = _first_difference(expected_item, item, f"{path}[{index}]")
        if result is not None:
            return result
    return None
