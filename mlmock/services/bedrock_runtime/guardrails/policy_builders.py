"""What a test's author writes of a guardrail, checked where it is written, made into policies."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mlmock.errors import InvalidRule
from mlmock.services.bedrock_runtime.guardrails import policies
from mlmock.services.bedrock_runtime.guardrails.pii import KINDS
from mlmock.services.bedrock_runtime.guardrails.policies import Policy
from mlmock.services.bedrock_runtime.guardrails.text_matchers import (
    finder_of,
    regex_pattern,
    word_pattern,
)

SOURCES = (None, "INPUT", "OUTPUT")
_ID = re.compile(r"[a-z0-9]+")
_VERSION = re.compile(r"[1-9][0-9]{0,7}|DRAFT")
_LONGEST = 500


def checked_id(name: Any) -> str:
    """Return the id of a guardrail; InvalidRule for what can't be one."""
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise InvalidRule(f"a guardrail's id is lower-case letters and digits, not {name!r}")
    return name


def checked_message(text: Any) -> str:
    """Return a message of a guardrail; InvalidRule for what can't be one."""
    if not isinstance(text, str) or not 1 <= len(text) <= _LONGEST:
        raise InvalidRule(f"a guardrail's message has 1 to {_LONGEST} characters, not {text!r:.80}")
    return text


def checked_version(version: str | int | None) -> str | None:
    """Return a version as calls name it; InvalidRule for what can't be one."""
    if version is None or _VERSION.fullmatch(str(version)):
        return None if version is None else str(version)
    raise InvalidRule(f'a guardrail\'s version is "DRAFT" or a number from 1, not {version!r}')


def check_among(value: Any, known: tuple[Any, ...], what: str) -> None:
    """Raise InvalidRule unless `value` is among those that are known."""
    if value not in known:
        names = ", ".join(str(name) for name in known if name is not None)
        raise InvalidRule(f"{what} is one of {names}, not {value!r}")


def entries_of(
    what: Mapping[str, Any], action: str, source: str | None, known: Mapping[str, Any]
) -> list[Policy]:
    """Return the policies for what an author wants looked for, with one action for all."""
    check_among(source, SOURCES, "source=")
    for name in what:
        check_among(name, tuple(known), "what a guardrail looks for")
    options = {"action": action, "source": source}
    return [entry for name, value in what.items() for entry in known[name](value, options)]


def _words(value: Any, options: Any) -> list[Policy]:
    return [
        policies.Word(text=text, pattern=word_pattern(text, "words="), **options)
        for text in _listed(value)
    ]


def _profanity(value: Any, options: Any) -> list[Policy]:
    more = () if isinstance(value, bool) else tuple(_listed(value))
    patterns = [word_pattern(text, "profanity=").pattern for text in (*policies.PROFANITY, *more)]
    pattern = re.compile("|".join(patterns), re.IGNORECASE)
    return [policies.Profanity(pattern=pattern, **options)] if value is not False else []


def _topics(value: Any, options: Any) -> list[Policy]:
    named = value if isinstance(value, Mapping) else {name: name for name in _listed(value)}
    return [
        policies.Topic(name=name, finder=finder_of(found_by, f"topic {name}"), **options)
        for name, found_by in named.items()
    ]


def _content(value: Any, options: Any) -> list[Policy]:
    if not isinstance(value, Mapping):
        raise InvalidRule(
            f'content= maps a type to what it is found by, as {{"VIOLENCE": "kill"}}, not {value!r}'
        )
    for kind in value:
        check_among(kind, policies.CONTENT_TYPES, "a content filter")
    return [
        policies.Filter(type=kind, finder=finder_of(found_by, f"{kind} content"), **options)
        for kind, found_by in value.items()
    ]


def _pii(value: Any, options: Any) -> list[Policy]:
    named = value if isinstance(value, Mapping) else dict.fromkeys(_listed(value))
    for kind in named:
        check_among(kind, tuple(KINDS), "a type of personal data")
    return [
        policies.Personal(
            type=kind, finder=None if more is None else finder_of(more, kind), **options
        )
        for kind, more in named.items()
    ]


def _regexes(value: Any, options: Any) -> list[Policy]:
    if not isinstance(value, Mapping):
        raise InvalidRule(f"regexes= maps a name to a regular expression, not {value!r}")
    return [
        policies.Regex(name=name, pattern=regex_pattern(pattern, f"regex {name}"), **options)
        for name, pattern in value.items()
    ]


MASKABLE: dict[str, Callable[[Any, Any], list[Policy]]] = {"pii": _pii, "regexes": _regexes}
BLOCKABLE: dict[str, Callable[[Any, Any], list[Policy]]] = {
    "words": _words,
    "profanity": _profanity,
    "topics": _topics,
    "content": _content,
    **MASKABLE,
}


def _listed(value: Any) -> list[Any]:
    if isinstance(value, Iterable):
        return [value] if isinstance(value, str) else list(value)
    raise InvalidRule(f"what a guardrail looks for is a name or a list of them, not {value!r}")


def threshold(kind: str, value: Any) -> float:
    """Return the threshold of a grounding filter; InvalidRule outside 0 to 0.99."""
    if not isinstance(value, (int, float)) or not 0 <= value <= 0.99:
        raise InvalidRule(f"the threshold of {kind} is 0 to 0.99, not {value!r}")
    return float(value)


def constant(value: Any, what: str) -> Callable[..., float]:
    """Return a function that always returns `value`; InvalidRule outside 0 to 1."""
    if not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise InvalidRule(f"{what}= is 0 to 1, or a function that returns it, not {value!r}")
    return lambda *texts: float(value)


def score_of(kind: str, score: Any) -> policies.Score:
    """Return how a grounding filter scores: as the author says, or by the words in common."""
    if score is not None:
        return score if callable(score) else constant(score, "score")
    if kind == "GROUNDING":
        return lambda answer, source, query: policies.overlap(answer, source)
    return lambda answer, source, query: policies.overlap(query, answer)
