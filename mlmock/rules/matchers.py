"""Match values: what a rule says of a call's members, and where a call first differs."""

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
    """Fits every value that is given."""

    def __repr__(self) -> str:
        return "ANY"

    def __call__(self, value: Any) -> bool:
        """True when it fits `value`."""
        return True


ANY = _Any()


@dataclass(frozen=True)
class Contains:
    """Fits a text, bytes, list, map or structure with `part` anywhere in it."""

    part: Any

    def __repr__(self) -> str:
        return f"contains({self.part!r})"

    def __call__(self, value: Any) -> bool:
        """True when it fits `value`."""
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
    """Fits a text (or the bytes of one) in which the regular expression is found somewhere."""

    pattern: re.Pattern[str]

    def __repr__(self) -> str:
        return f"regex({self.pattern.pattern!r})"

    def __call__(self, value: Any) -> bool:
        """True when it fits `value`."""
        text = _text(value)
        return text is not None and self.pattern.search(text) is not None


@dataclass(frozen=True)
class Glob:
    """Fits a text (or the bytes of one) that the shell pattern covers as a whole; case counts."""

    pattern: str
    fits: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fits", re.compile(fnmatch.translate(self.pattern)))

    def __repr__(self) -> str:
        return f"glob({self.pattern!r})"

    def __call__(self, value: Any) -> bool:
        """True when it fits `value`."""
        text = _text(value)
        return text is not None and self.fits.match(text) is not None


def contains(part: Any) -> Contains:
    """Return a match value for texts, bytes, lists and structures that have `part` in them."""
    return Contains(part)


def regex(pattern: str | re.Pattern[str]) -> Regex:
    """Return a match value for texts in which `pattern` is found (as by ``re.search``)."""
    return Regex(re.compile(pattern))


def glob(pattern: str) -> Glob:
    """Return a match value for texts that fit the shell pattern: ``*``, ``?``, ``[a-z]``."""
    return Glob(pattern)


@dataclass(frozen=True, slots=True)
class Difference:
    """The first member in which a call differs from what a rule says."""

    path: str
    expected: Any
    actual: Any

    def __str__(self) -> str:
        if self.actual is MISSING:
            return f"{self.path} is not given; the rule says {abbreviate_repr(self.expected)}"
        return f"{self.path} is {abbreviate_repr(self.actual)}; the rule says {abbreviate_repr(self.expected)}"


def abbreviate_repr(value: Any, longest: int = 120) -> str:
    """Return `value` as a short Python expression."""
    name = getattr(value, "__qualname__", None)
    text = name if callable(value) and name else repr(value)
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def matches(expected: Any, actual: Any) -> bool:
    """True when the match value `expected` takes `actual`."""
    return _first_difference(expected, actual, "") is None


def compile_matcher(expected: Any) -> Callable[[Any], Any]:
    """Return the quickest test that a match value comes to."""
    if type(expected) is str:
        return partial(_is_text, expected)
    if type(expected) in (int, float, bool, bytes):
        return partial(operator.eq, expected)
    if isinstance(expected, (_Any, Contains, Regex, Glob)):
        return expected
    return partial(matches, expected)


def difference(members: Mapping[str, Any], params: Mapping[str, Any]) -> Difference | None:
    """Return where `params` first differ from the match values of `members`, or None."""
    for name, expected in members.items():
        found = _first_difference(expected, params.get(name, MISSING), name)
        if found is not None:
            return found
    return None


def _first_difference(expected: Any, actual: Any, path: str) -> Difference | None:
    if actual is MISSING:
        return Difference(path, expected, MISSING)
    if isinstance(expected, Mapping):
        return _mapping_differs(expected, actual, path)
    if isinstance(expected, (list, tuple)):
        return _list_differs(expected, actual, path)
    return None if _equals(expected, actual) else Difference(path, expected, actual)


def _equals(expected: Any, actual: Any) -> bool:
    if isinstance(expected, str):
        return _is_text(expected, actual)
    if isinstance(expected, datetime) and isinstance(actual, datetime):
        return expected.astimezone(timezone.utc) == actual  # a naive one is local, as to botocore
    return bool(expected == actual or (callable(expected) and expected(actual)))


def _is_text(expected: str, actual: Any) -> bool:
    """True for the text itself, and for a payload of just this text."""
    if type(actual) is str:
        return expected == actual
    return type(actual) in _BYTES and actual == expected.encode(errors="surrogatepass")


def _text(value: Any) -> str | None:
    if isinstance(value, _BYTES):
        return value.decode(errors="replace")
    return value if isinstance(value, str) else None


def _is_part(part: Any, value: Any) -> bool:
    return isinstance(part, Mapping) and matches(part, value)


def _mapping_differs(expected: Mapping[str, Any], actual: Any, path: str) -> Difference | None:
    if isinstance(actual, _BYTES):
        actual = _json(actual)
    if not isinstance(actual, Mapping):
        return Difference(path, expected, actual)
    for name, item in expected.items():
        found = _first_difference(
            item, actual.get(name, MISSING), f"{path}.{name}" if path else str(name)
        )
        if found is not None:
            return found
    return None


def _json(body: bytes | bytearray) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return bytes(body)


def _list_differs(expected: Sequence[Any], actual: Any, path: str) -> Difference | None:
    if not isinstance(actual, (list, tuple)) or len(actual) != len(expected):
        return Difference(path, expected, actual)
    for place, (wanted, item) in enumerate(zip(expected, actual, strict=True)):
        found = _first_difference(wanted, item, f"{path}[{place}]")
        if found is not None:
            return found
    return None
