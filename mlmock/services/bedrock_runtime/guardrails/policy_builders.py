"""Conversion of what a test declares of a guardrail to policies, with validation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mlmock.errors import InvalidRule
from mlmock.services.bedrock_runtime.guardrails import policies
from mlmock.services.bedrock_runtime.guardrails.pii import PII_TYPES
from mlmock.services.bedrock_runtime.guardrails.policies import Policy
from mlmock.services.bedrock_runtime.guardrails.text_matchers import (
    regex_pattern,
    to_finder,
    word_pattern,
)

SOURCES = (None, "INPUT", "OUTPUT")
_ID = re.compile(r"[a-z0-9]+")
_VERSION = re.compile(r"[1-9][0-9]{0,7}|DRAFT")
_MAX_MESSAGE_LENGTH = 500


def valid_id(guardrail_id: Any) -> str:
    """Return the id of a guardrail; raise InvalidRule if it is invalid."""
    if not isinstance(guardrail_id, str) or not _ID.fullmatch(guardrail_id):
        raise InvalidRule(
            f"a guardrail id consists of lower-case letters and digits, not {guardrail_id!r}"
        )
    return guardrail_id


def valid_message(text: Any) -> str:
    """Return a message of a guardrail; raise InvalidRule if it is invalid."""
    if not isinstance(text, str) or not 1 <= len(text) <= _MAX_MESSAGE_LENGTH:
        raise InvalidRule(
            f"a guardrail message requires 1 to {_MAX_MESSAGE_LENGTH} characters, not {text!r:.80}"
        )
    return text


def valid_version(version: str | int | None) -> str | None:
    """Return a version in the form of calls, or None; raise InvalidRule if it is invalid."""
    if version is None or _VERSION.fullmatch(str(version)):
        return None if version is None else str(version)
    raise InvalidRule(f'a guardrail version is "DRAFT" or a number from 1, not {version!r}')


def check_among(value: Any, known: tuple[Any, ...], what: str) -> None:
    """Check that a value is one of the known values.

    Args:
        value: The value.
        known: The known values. None stands for an omitted value.
        what: What the value is, for the message.

    Raises:
        InvalidRule: If `value` is not in `known`.
    """
    if value not in known:
        names = ", ".join(str(name) for name in known if name is not None)
        raise InvalidRule(f"{what} must be one of {names}, not {value!r}")


def build_policies(
    declared: Mapping[str, Any], action: str, source: str | None, known: Mapping[str, Any]
) -> list[Policy]:
    """Return the policies for the keyword arguments of a declaration.

    Args:
        declared: The keyword arguments.
        action: The action of the policies.
        source: INPUT, OUTPUT, or None for both.
        known: The known keyword arguments with the functions that build their policies.

    Raises:
        InvalidRule: If an argument is unknown or invalid.
    """
    check_among(source, SOURCES, "source")
    for name in declared:
        check_among(name, tuple(known), "a policy")
    options = {"action": action, "source": source}
    return [policy for name, value in declared.items() for policy in known[name](value, options)]


def _words(value: Any, options: Any) -> list[Policy]:
    return [
        policies.CustomWord(text=text, pattern=word_pattern(text, "words"), **options)
        for text in _to_list(value)
    ]


def _profanity(value: Any, options: Any) -> list[Policy]:
    more = () if isinstance(value, bool) else tuple(_to_list(value))
    patterns = [word_pattern(text, "profanity").pattern for text in (*policies.PROFANITY, *more)]
    pattern = re.compile("|".join(patterns), re.IGNORECASE)
    return [policies.Profanity(pattern=pattern, **options)] if value is not False else []


def _topics(value: Any, options: Any) -> list[Policy]:
    topics = value if isinstance(value, Mapping) else {name: name for name in _to_list(value)}
    return [
        policies.Topic(name=name, finder=to_finder(expected, f"topic {name!r}"), **options)
        for name, expected in topics.items()
    ]


def _content(value: Any, options: Any) -> list[Policy]:
    if not isinstance(value, Mapping):
        raise InvalidRule(
            "content requires a dict from a content type to what is found, such as "
            f'{{"VIOLENCE": "kill"}}, not {value!r}'
        )
    for kind in value:
        check_among(kind, policies.CONTENT_TYPES, "a content type")
    return [
        policies.ContentFilter(
            type=kind, finder=to_finder(expected, f"content type {kind!r}"), **options
        )
        for kind, expected in value.items()
    ]


def _pii(value: Any, options: Any) -> list[Policy]:
    types = value if isinstance(value, Mapping) else dict.fromkeys(_to_list(value))
    for kind in types:
        check_among(kind, tuple(PII_TYPES), "a PII type")
    return [
        policies.Pii(
            type=kind,
            finder=None if expected is None else to_finder(expected, f"PII type {kind!r}"),
            **options,
        )
        for kind, expected in types.items()
    ]


def _regexes(value: Any, options: Any) -> list[Policy]:
    if not isinstance(value, Mapping):
        raise InvalidRule(f"regexes requires a dict from a name to a pattern, not {value!r}")
    return [
        policies.Regex(name=name, pattern=regex_pattern(pattern, f"regex {name!r}"), **options)
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


def _to_list(value: Any) -> list[Any]:
    if isinstance(value, Iterable):
        return [value] if isinstance(value, str) else list(value)
    raise InvalidRule(f"a policy requires a name or a list of names, not {value!r}")


def valid_threshold(kind: str, value: Any) -> float:
    """Return the threshold of a grounding filter.

    Args:
        kind: GROUNDING or RELEVANCE, for the message.
        value: The threshold.

    Raises:
        InvalidRule: If `value` is not a number from 0 to 0.99.
    """
    if not isinstance(value, (int, float)) or not 0 <= value <= 0.99:
        raise InvalidRule(f"{kind.lower()} must be a threshold from 0 to 0.99, not {value!r}")
    return float(value)


def constant_score(value: Any) -> Callable[..., float]:
    """Return a function that returns `value`; raise InvalidRule unless it is from 0 to 1."""
    if not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise InvalidRule(
            f"score must be from 0 to 1, or a function that returns it, not {value!r}"
        )
    return lambda *texts: float(value)


def grounding_score(kind: str, score: Any) -> policies.Score:
    """Return the function that scores an answer.

    Args:
        kind: GROUNDING or RELEVANCE.
        score: A number or a function, or None for the share of common words.
    """
    if score is not None:
        return score if callable(score) else constant_score(score)
    if kind == "GROUNDING":
        return lambda answer, source, query: policies.overlap(answer, source)
    return lambda answer, source, query: policies.overlap(query, answer)
