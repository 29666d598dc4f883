"""Finders: functions that locate the texts that a test wants a policy to find."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

from mlmock.errors import InvalidRule
from mlmock.services.bedrock_runtime.guardrails.pii import Span

Finder = Callable[[str], Iterable[Span]]


def to_finder(expected: Any, what: str) -> Finder:
    """Return a function that returns the spans of `expected` in a text.

    Args:
        expected: A word or phrase (matched as whole words, case-insensitively), a compiled
            pattern, a match value or other predicate of the whole text, or a list of these.
        what: What is found, for messages.

    Raises:
        InvalidRule: If `expected` is anything else.
    """
    if isinstance(expected, str):
        return pattern_finder(word_pattern(expected, what))
    if isinstance(expected, re.Pattern):
        return pattern_finder(expected)
    if callable(expected):
        return _predicate_finder(expected)
    if isinstance(expected, Iterable):
        return _any_finder([to_finder(item, what) for item in expected])
    raise InvalidRule(
        f"{what} requires a word, a compiled pattern, a match value, a predicate of the text, or "
        f"a list of these, not {expected!r}"
    )


def pattern_finder(pattern: re.Pattern[str]) -> Finder:
    """Return a function that returns the spans that `pattern` matches in a text."""
    return lambda text: [Span(*match.span()) for match in pattern.finditer(text) if match[0]]


@lru_cache(maxsize=512)
def _word_pattern(text: str) -> re.Pattern[str]:
    words = r"\s+".join(re.escape(word) for word in text.split())
    start, end = text.split()[0][0], text.split()[-1][-1]
    before = r"(?<!\w)" if re.match(r"\w", start) else ""
    after = r"(?!\w)" if re.match(r"\w", end) else ""
    return re.compile(f"{before}{words}{after}", re.IGNORECASE)


def word_pattern(text: Any, what: str) -> re.Pattern[str]:
    """Return a pattern that matches a word or phrase as whole words, case-insensitively.

    Args:
        text: The word or phrase.
        what: What is found, for messages.

    Raises:
        InvalidRule: If `text` is blank or not a str.
    """
    if not isinstance(text, str) or not text.strip():
        raise InvalidRule(f"{what} requires words or phrases, not {text!r}")
    return _word_pattern(text)


def regex_pattern(pattern: Any, what: str) -> re.Pattern[str]:
    """Return `pattern` compiled.

    Args:
        pattern: A regular expression.
        what: What is found, for messages.

    Raises:
        InvalidRule: If `pattern` is not a valid regular expression.
    """
    try:
        return re.compile(pattern)
    except (re.error, TypeError) as error:
        raise InvalidRule(
            f"{what} requires a regular expression, not {pattern!r}: {error}"
        ) from None


def _predicate_finder(predicate: Callable[[str], Any]) -> Finder:
    return lambda text: [Span(0, len(text))] if predicate(text) else []


def _any_finder(finders: list[Finder]) -> Finder:
    def find(text: str) -> Iterator[Span]:
        for finder in finders:
            yield from finder(text)

    return find
