"""The policies of a guardrail: what each finds in a text, and what it does about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlmock.services.bedrock_runtime.guardrails import pii
from mlmock.services.bedrock_runtime.guardrails.pii import Span
from mlmock.services.bedrock_runtime.guardrails.text_matchers import Finder, pattern_finder

BLOCKED, MASKED, NONE = "BLOCKED", "ANONYMIZED", "NONE"
_QUIET: Mapping[str, Any] = {"action": NONE, "detected": False}
CONTENT_TYPES = ("INSULTS", "HATE", "SEXUAL", "VIOLENCE", "MISCONDUCT", "PROMPT_ATTACK")
LEVELS = ("NONE", "LOW", "MEDIUM", "HIGH")
# A few words of the list that AWS keeps and does not publish (judged).
PROFANITY = ("damn", "bastard", "bitch", "bullshit", "crap", "asshole", "shit", "fuck", "fucking")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a policy found: its section and list in the assessment, the entry, what to mask."""

    section: str
    group: str
    entry: Mapping[str, Any]
    spans: tuple[Span, ...] = ()
    mask: str = ""

    @property
    def action(self) -> str:
        """BLOCKED, ANONYMIZED or NONE."""
        return str(self.entry["action"])


@dataclass(frozen=True, kw_only=True)
class Policy:
    """One entry of a guardrail: its action, and whether it holds for INPUT, OUTPUT or both."""

    action: str = BLOCKED
    source: str | None = None

    section = ""
    group = ""
    units = ""

    def find(self, text: str) -> Iterator[Finding]:
        """Yield what is found in `text`."""
        yield from ()

    def find_image(self, image: bytes) -> Iterator[Finding]:
        """Yield what is found in a picture."""
        yield from ()

    def quiet(self) -> Mapping[str, Any] | None:
        """Return the entry that says that nothing was found, for the full scope; None for none.

        That scope isn't for words and regular expressions: the service model on `outputScope`.
        What else an entry says that found nothing is judged.
        """
        return None

    def _found(self, *spans: Span, mask: str = "", **members: Any) -> Finding:
        entry = {**members, "action": self.action, "detected": True}
        return Finding(self.section, self.group, entry, spans, mask)


@dataclass(frozen=True, kw_only=True)
class Word(Policy):
    """A word or phrase of the author's own."""

    text: str
    pattern: re.Pattern[str]

    section, group, units = "wordPolicy", "customWords", "wordPolicyUnits"

    def find(self, text: str) -> Iterator[Finding]:
        """Yield the word as it stands in `text`, every spelling once."""
        for match in dict.fromkeys(found[0] for found in self.pattern.finditer(text)):
            yield self._found(match=match)


@dataclass(frozen=True, kw_only=True)
class Profanity(Policy):
    """The managed list of profanity."""

    pattern: re.Pattern[str]

    section, group, units = "wordPolicy", "managedWordLists", "wordPolicyUnits"

    def find(self, text: str) -> Iterator[Finding]:
        """Yield the words of the list as they stand in `text`."""
        for match in dict.fromkeys(found[0] for found in self.pattern.finditer(text)):
            yield self._found(match=match, type="PROFANITY")


@dataclass(frozen=True, kw_only=True)
class Topic(Policy):
    """A denied topic."""

    name: str
    finder: Finder

    section, group, units = "topicPolicy", "topics", "topicPolicyUnits"

    def find(self, text: str) -> Iterator[Finding]:
        """Yield the topic if `text` is about it."""
        if any(True for _ in self.finder(text)):
            yield self._found(name=self.name, type="DENY")

    def quiet(self) -> Mapping[str, Any]:
        """Return the topic, not found."""
        return {"name": self.name, "type": "DENY", **_QUIET}


@dataclass(frozen=True, kw_only=True)
class Filter(Policy):
    """A content filter: found with a confidence, which counts as far as the strength says.

    Strength HIGH acts from LOW confidence on, MEDIUM from MEDIUM, LOW from HIGH: the user guide's
    page on filter strengths.
    """

    type: str
    finder: Finder | None = None
    pictures: Callable[[bytes], Any] | None = None
    confidence: str = "HIGH"
    strength: str = "HIGH"

    section, group, units = "contentPolicy", "filters", "contentPolicyUnits"

    def find(self, text: str) -> Iterator[Finding]:
        """Yield the filter if it is strong enough for what is in `text`."""
        if self.finder is not None and self.is_strong_enough and any(self.finder(text)):
            yield self._detection()

    def find_image(self, image: bytes) -> Iterator[Finding]:
        """Yield the filter if it is strong enough for what a picture shows."""
        if self.pictures is not None and self.is_strong_enough and self.pictures(image):
            yield self._detection()

    @property
    def is_strong_enough(self) -> bool:
        """True when the filter's strength acts on its confidence."""
        return LEVELS.index(self.strength) + LEVELS.index(self.confidence) > LEVELS.index("HIGH")

    def quiet(self) -> Mapping[str, Any]:
        """Return the filter, with nothing found."""
        shown = {"type": self.type, "confidence": NONE, "filterStrength": self.strength}
        return {**shown, **_QUIET}

    def _detection(self) -> Finding:
        return self._found(type=self.type, confidence=self.confidence, filterStrength=self.strength)


@dataclass(frozen=True, kw_only=True)
class Personal(Policy):
    """One type of personal data: what its pattern tells, and what the author says it is."""

    type: str
    finder: Finder | None = None

    section, group = "sensitiveInformationPolicy", "piiEntities"
    units = "sensitiveInformationPolicyUnits"

    def find(self, text: str) -> Iterator[Finding]:
        """Yield each value in `text`, with every place where it stands."""
        places: dict[str, list[Span]] = {}
        for span in self.spans(text):
            places.setdefault(text[span.start : span.end], []).append(span)
        for match, spans in places.items():
            yield self._found(*spans, mask=f"{{{self.type}}}", match=match, type=self.type)

    def spans(self, text: str) -> Iterator[Span]:
        """Yield where values of the type stand in `text`."""
        yield from pii.spans(self.type, text)
        if self.finder is not None:
            yield from self.finder(text)

    def quiet(self) -> Mapping[str, Any]:
        """Return the type, with nothing found."""
        return {"match": "", "type": self.type, **_QUIET}


@dataclass(frozen=True, kw_only=True)
class Regex(Policy):
    """A regular expression of the author's own."""

    name: str
    pattern: re.Pattern[str]

    section, group = "sensitiveInformationPolicy", "regexes"
    units = "sensitiveInformationPolicyFreeUnits"

    def find(self, text: str) -> Iterator[Finding]:
        """Yield each text that the expression fits, with every place where it stands."""
        places: dict[str, list[Span]] = {}
        for span in pattern_finder(self.pattern)(text):
            places.setdefault(text[span.start : span.end], []).append(span)
        for match, spans in places.items():
            shown = {"name": self.name, "match": match, "regex": self.pattern.pattern}
            yield self._found(*spans, mask=f"{{{self.name}}}", **shown)


Score = Callable[[str, str, str], float]


@dataclass(frozen=True, kw_only=True)
class Grounding(Policy):
    """Contextual grounding: the answer's score against the source or the query."""

    type: str
    threshold: float
    score: Score

    section, group = "contextualGroundingPolicy", "filters"
    units = "contextualGroundingPolicyUnits"

    def measure(self, answer: str, source: str, query: str) -> Finding:
        """Return the filter with its score, which is found where it is under the threshold."""
        score = max(0.0, min(1.0, self.score(answer, source, query)))
        found = score < self.threshold
        entry = {
            "type": self.type,
            "threshold": self.threshold,
            "score": round(score, 2),
            "action": self.action if found else NONE,
            "detected": found,
        }
        return Finding(self.section, self.group, entry)


_WORD = re.compile(r"\w{3,}")


def overlap(part: str, text: str) -> float:
    """Return which share of the words of `part` (three letters or more) is in `text`: 0 to 1."""
    words = {word.lower() for word in _WORD.findall(part)}
    if not words:
        return 1.0
    return len(words & {word.lower() for word in _WORD.findall(text)}) / len(words)
