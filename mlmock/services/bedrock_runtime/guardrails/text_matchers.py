"""How a test's author says which texts a guardrail's policy finds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

from mlmock.errors import InvalidRule
from mlmock.services.bedrock_runtime.guardrails.pii import Span

Finder = Callable[[str], Iterable[Span]]


def finder_of(wanted: Any, what: str) -> Finder:
    """Return what finds `wanted` in a text: a list of spans, empty where it isn't there.

    `wanted` is a word or phrase (whole words, whatever their case), a compiled pattern, a match
    value or any other predicate of the whole text, or several of them. InvalidRule for anything else.
    """
    if isinstance(wanted, str):
        return pattern_finder(word_pattern(wanted, what))
    if isinstance(wanted, re.Pattern):
        return pattern_finder(wanted)
    if callable(wanted):
        return _predicate_finder(wanted)
    if isinstance(wanted, Iterable):
        return _any_finder([finder_of(item, what) for item in wanted])
    raise InvalidRule(
        f"{what} is found by a word, a compiled pattern, a match value, a predicate of the text, "
        f"or a list of them; not by {wanted!r}"
    )


def pattern_finder(pattern: re.Pattern[str]) -> Finder:
    """Return what finds the places that `pattern` fits."""
    return lambda text: [Span(*found.span()) for found in pattern.finditer(text) if found[0]]


@lru_cache(maxsize=512)
def _word(text: str) -> re.Pattern[str]:
    words = r"\s+".join(re.escape(word) for word in text.split())
    start, end = text.split()[0][0], text.split()[-1][-1]
    before = r"(?<!\w)" if re.match(r"\w", start) else ""
    after = r"(?!\w)" if re.match(r"\w", end) else ""
    return re.compile(f"{before}{words}{after}", re.IGNORECASE)


def word_pattern(text: Any, what: str) -> re.Pattern[str]:
    """Return the pattern of a word or phrase as a whole, whatever its case. InvalidRule if blank."""
    if not isinstance(text, str) or not text.strip():
        raise InvalidRule(f"{what} takes words or phrases, not {text!r}")
    return _word(text)


def regex_pattern(pattern: Any, what: str) -> re.Pattern[str]:
    """Return `pattern` compiled; InvalidRule for what is no regular expression."""
    try:
        return re.compile(pattern)
    except (re.error, TypeError) as fault:
        raise InvalidRule(f"{what}: {pattern!r} is no regular expression: {fault}") from None


def _predicate_finder(test: Callable[[str], Any]) -> Finder:
    return lambda text: [Span(0, len(text))] if test(text) else []


def _any_finder(finders: list[Finder]) -> Finder:
    def find(text: str) -> Iterator[Span]:
        for finder in finders:
            yield from finder(text)

    return find
