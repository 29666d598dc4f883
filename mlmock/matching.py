"""Match values: what a rule says of a call's members, and where a call first differs."""

from __future__ import annotations

import fnmatch
import json
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

MISSING = object()


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
        if isinstance(value, (bytes, bytearray)):
            return (part.encode() if isinstance(part, str) else part) in value
        if isinstance(value, str):
            return isinstance(part, str) and part in value
        if isinstance(value, Mapping):
            return part in value or any(self(item) for item in value.values())
        if isinstance(value, Sequence):
            return any(fits(part, item) or self(item) for item in value)
        return False


@dataclass(frozen=True)
class Regex:
    """Fits a text in which the regular expression `pattern` is found somewhere."""

    pattern: re.Pattern[str]

    def __repr__(self) -> str:
        return f"regex({self.pattern.pattern!r})"

    def __call__(self, value: Any) -> bool:
        """True when it fits `value`."""
        return isinstance(value, str) and self.pattern.search(value) is not None


@dataclass(frozen=True)
class Glob:
    """Fits a text that the shell pattern `pattern` covers as a whole; case counts."""

    pattern: str
    fits: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fits", re.compile(fnmatch.translate(self.pattern)))

    def __repr__(self) -> str:
        return f"glob({self.pattern!r})"

    def __call__(self, value: Any) -> bool:
        """True when it fits `value`."""
        return isinstance(value, str) and self.fits.match(value) is not None


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
            return f"{self.path} is not given; the rule says {shown(self.expected)}"
        return f"{self.path} is {shown(self.actual)}; the rule says {shown(self.expected)}"


def shown(value: Any, longest: int = 120) -> str:
    """Return `value` as a short Python expression."""
    name = getattr(value, "__qualname__", None)
    text = name if callable(value) and name else repr(value)
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def fits(expected: Any, actual: Any) -> bool:
    """True when the match value `expected` takes `actual`."""
    return _differs(expected, actual, "") is None


def test_of(expected: Any) -> Callable[[Any], Any]:
    """Return the quickest test that a match value comes to."""
    if type(expected) in (str, int, float, bool, bytes):
        return partial(operator.eq, expected)
    if isinstance(expected, (_Any, Contains, Regex, Glob)):
        return expected
    return partial(fits, expected)


def difference(members: Mapping[str, Any], params: Mapping[str, Any]) -> Difference | None:
    """Return where `params` first differ from the match values of `members`, or None."""
    for name, expected in members.items():
        found = _differs(expected, params.get(name, MISSING), name)
        if found is not None:
            return found
    return None


def _differs(expected: Any, actual: Any, path: str) -> Difference | None:
    if actual is MISSING:
        return Difference(path, expected, MISSING)
    if isinstance(expected, Mapping):
        return _mapping_differs(expected, actual, path)
    if isinstance(expected, (list, tuple)):
        return _list_differs(expected, actual, path)
    if expected == actual or (callable(expected) and _takes(expected, actual)):
        return None
    return Difference(path, expected, actual)


def _takes(test: Callable[[Any], Any], actual: Any) -> bool:
    return bool(test(actual))


def _mapping_differs(expected: Mapping[str, Any], actual: Any, path: str) -> Difference | None:
    if isinstance(actual, (bytes, bytearray)):
        actual = _json(actual)
    if not isinstance(actual, Mapping):
        return Difference(path, expected, actual)
    for name, item in expected.items():
        found = _differs(item, actual.get(name, MISSING), f"{path}.{name}" if path else str(name))
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
        found = _differs(wanted, item, f"{path}[{place}]")
        if found is not None:
            return found
    return None
