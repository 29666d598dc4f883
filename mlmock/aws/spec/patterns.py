"""Regular expressions of the service models, which have Java's syntax."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

# POSIX classes of Java are ASCII only.
_ASCII_CLASSES = {
    "ASCII": r"\x00-\x7F",
    "Print": r"\x20-\x7E",
    "Graph": r"\x21-\x7E",
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Upper": "A-Z",
    "Lower": "a-z",
    "Punct": r"!-/:-@\[-`{-~",
    "Space": r"\s",
}
_EVERYTHING = frozenset({r"[\s\S]*", r"[\S\s]*"})  # unlike `.*`, these match line breaks
_CLASS = re.compile(r"(\[[^\]]*)?\\p\{(" + "|".join(_ASCII_CLASSES) + r")\}")


def _ascii_class(match: re.Match[str]) -> str:
    opened, name = match.groups()
    members = _ASCII_CLASSES[name]
    return f"{opened}{members}" if opened else f"[{members}]"


@cache
def compiled(pattern: str) -> Any:
    """Return the compiled `pattern`. The `regex` package is loaded for Unicode classes only.

    A value has to match as a whole, whether or not the model anchors the pattern (assumption).
    """
    python = pattern.replace(r"\z", r"\Z")
    while _CLASS.search(python):
        python = _CLASS.sub(_ascii_class, python)
    if r"\p{" not in python and r"\P{" not in python:
        return re.compile(python, re.ASCII)  # \w, \d and \s are ASCII in Java
    import regex

    return regex.compile(python)


def matcher(pattern: str) -> Callable[[str], Any] | None:
    """Return the match function of `pattern`, or None if it accepts every text."""
    return None if pattern in _EVERYTHING else compiled(pattern).fullmatch


def sized_matcher(fits: Callable[[str], Any], least: int, most: int) -> Callable[[str], Any] | None:
    """Return `fits` restricted to texts of `least` to `most` characters.

    Returns None if `fits` is not a pattern of `re`.
    """
    pattern = getattr(fits, "__self__", None)
    if not isinstance(pattern, re.Pattern):
        return None
    sized = rf"(?=(?s:.{{{least},{most}}})\Z)(?:{pattern.pattern})"
    return re.compile(sized, pattern.flags).fullmatch
