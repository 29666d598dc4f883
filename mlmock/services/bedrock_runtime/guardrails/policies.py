"""Policies of a guardrail: what each detects in a text or an image, and its action."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlmock.services.bedrock_runtime.guardrails import pii
from mlmock.services.bedrock_runtime.guardrails.pii import Span
from mlmock.services.bedrock_runtime.guardrails.text_matchers import Finder, pattern_finder

BLOCKED, MASKED, NONE = "BLOCKED", "ANONYMIZED", "NONE"
_NOT_DETECTED: Mapping[str, Any] = {"action": NONE, "detected": False}
CONTENT_TYPES = ("INSULTS", "HATE", "SEXUAL", "VIOLENCE", "MISCONDUCT", "PROMPT_ATTACK")
LEVELS = ("NONE", "LOW", "MEDIUM", "HIGH")
# Assumption: a few words. AWS does not publish its list.
PROFANITY = ("damn", "bastard", "bitch", "bullshit", "crap", "asshole", "shit", "fuck", "fucking")


@dataclass(frozen=True, slots=True)
class Finding:
    """A detection of a policy.

    `section` and `group` name the list of the assessment that contains `entry`. `mask` replaces
    the text at `spans`.
    """

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
    """A policy with its action. It applies to `source` (INPUT or OUTPUT), or to both if None.

    `section` and `group` name the list of the assessment to which its entries belong, `units` the
    member of the usage that counts its text units.
    """

    action: str = BLOCKED
    source: str | None = None

    section = ""
    group = ""
    units = ""

    def find(self, text: str) -> Iterator[Finding]:
        """Yield the findings in `text`."""
        yield from ()

    def find_image(self, image: bytes) -> Iterator[Finding]:
        """Yield the findings in an image."""
        yield from ()

    def undetected_entry(self) -> Mapping[str, Any] | None:
        """Return the entry of the full assessment if the policy detects nothing, or None.

        Source: service model, documentation of `outputScope` (no entries for words and regular
        expressions). Assumption: the members of the entry.
        """
        return None

    def _finding(self, *spans: Span, mask: str = "", **members: Any) -> Finding:
        entry = {**members, "action": self.action, "detected": True}
        return Finding(self.section, self.group, entry, spans, mask)


@dataclass(frozen=True, kw_only=True)
class CustomWord(Policy):
    """A word or phrase that the test defines."""

    text: str
    pattern: re.Pattern[str]

    section, group, units = "wordPolicy", "customWords", "wordPolicyUnits"

    def find(self, text: str) -> Iterator[Finding]:
        """Yield one finding for each spelling of the word in `text`."""
        for match in dict.fromkeys(m[0] for m in self.pattern.finditer(text)):
            yield self._finding(match=match)


@dataclass(frozen=True, kw_only=True)
class Profanity(Policy):
    """The managed list of profanity."""

    pattern: re.Pattern[str]

    section, group, units = "wordPolicy", "managedWordLists", "wordPolicyUnits"

    def find(self, text: str) -> Iterator[Finding]:
        """Yield one finding for each spelling of a word of the list in `text`."""
        for match in dict.fromkeys(m[0] for m in self.pattern.finditer(text)):
            yield self._finding(match=match, type="PROFANITY")


@dataclass(frozen=True, kw_only=True)
class Topic(Policy):
    """A denied topic."""

    name: str
    finder: Finder

    section, group, units = "topicPolicy", "topics", "topicPolicyUnits"

    def find(self, text: str) -> Iterator[Finding]:
        """Yield a finding if `text` is about the topic."""
        if any(True for _ in self.finder(text)):
            yield self._finding(name=self.name, type="DENY")

    def undetected_entry(self) -> Mapping[str, Any]:
        """Return the entry of a topic that is not detected."""
        return {"name": self.name, "type": "DENY", **_NOT_DETECTED}


@dataclass(frozen=True, kw_only=True)
class ContentFilter(Policy):
    """A content filter that detects with a confidence and acts according to its strength.

    A filter of strength HIGH acts at confidence LOW or higher, MEDIUM at MEDIUM or higher, LOW at
    HIGH. Source: Amazon Bedrock user guide, filter strengths.
    """

    type: str
    finder: Finder | None = None
    image_predicate: Callable[[bytes], Any] | None = None
    confidence: str = "HIGH"
    strength: str = "HIGH"

    section, group, units = "contentPolicy", "filters", "contentPolicyUnits"

    def find(self, text: str) -> Iterator[Finding]:
        """Yield a finding if the filter detects its content in `text` and acts on it."""
        if self.finder is not None and self.is_strong_enough and any(self.finder(text)):
            yield self._detection()

    def find_image(self, image: bytes) -> Iterator[Finding]:
        """Yield a finding if the filter detects its content in an image and acts on it."""
        if self.image_predicate is None or not self.is_strong_enough:
            return
        if self.image_predicate(image):
            yield self._detection()

    @property
    def is_strong_enough(self) -> bool:
        """Whether a filter of this strength acts at its confidence."""
        return LEVELS.index(self.strength) + LEVELS.index(self.confidence) > LEVELS.index("HIGH")

    def undetected_entry(self) -> Mapping[str, Any]:
        """Return the entry of a filter that detects nothing."""
        members = {"type": self.type, "confidence": NONE, "filterStrength": self.strength}
        return {**members, **_NOT_DETECTED}

    def _detection(self) -> Finding:
        members = {"confidence": self.confidence, "filterStrength": self.strength}
        return self._finding(type=self.type, **members)


@dataclass(frozen=True, kw_only=True)
class Pii(Policy):
    """A type of PII, which its pattern and a finder of the test detect."""

    type: str
    finder: Finder | None = None

    section, group = "sensitiveInformationPolicy", "piiEntities"
    units = "sensitiveInformationPolicyUnits"

    def find(self, text: str) -> Iterator[Finding]:
        """Yield one finding for each value in `text`, with all positions."""
        positions: dict[str, list[Span]] = {}
        for span in self.spans(text):
            positions.setdefault(text[span.start : span.end], []).append(span)
        for match, spans in positions.items():
            yield self._finding(*spans, mask=f"{{{self.type}}}", match=match, type=self.type)

    def spans(self, text: str) -> Iterator[Span]:
        """Yield the positions of values of the type in `text`."""
        yield from pii.find_spans(self.type, text)
        if self.finder is not None:
            yield from self.finder(text)

    def undetected_entry(self) -> Mapping[str, Any]:
        """Return the entry of a type that is not detected."""
        return {"match": "", "type": self.type, **_NOT_DETECTED}


@dataclass(frozen=True, kw_only=True)
class Regex(Policy):
    """A regular expression that the test defines."""

    name: str
    pattern: re.Pattern[str]

    section, group = "sensitiveInformationPolicy", "regexes"
    units = "sensitiveInformationPolicyFreeUnits"

    def find(self, text: str) -> Iterator[Finding]:
        """Yield one finding for each text that the expression matches, with all positions."""
        positions: dict[str, list[Span]] = {}
        for span in pattern_finder(self.pattern)(text):
            positions.setdefault(text[span.start : span.end], []).append(span)
        for match, spans in positions.items():
            members = {"name": self.name, "match": match, "regex": self.pattern.pattern}
            yield self._finding(*spans, mask=f"{{{self.name}}}", **members)


Score = Callable[[str, str, str], float]


@dataclass(frozen=True, kw_only=True)
class Grounding(Policy):
    """A filter of contextual grounding, which scores an answer by its source or the query."""

    type: str
    threshold: float
    score: Score

    section, group = "contextualGroundingPolicy", "filters"
    units = "contextualGroundingPolicyUnits"

    def measure(self, answer: str, source: str, query: str) -> Finding:
        """Return a finding with the score, detected if the score is below the threshold.

        Args:
            answer: The text to assess.
            source: The grounding source.
            query: The query.
        """
        score = max(0.0, min(1.0, self.score(answer, source, query)))
        detected = score < self.threshold
        entry = {
            "type": self.type,
            "threshold": self.threshold,
            "score": round(score, 2),
            "action": self.action if detected else NONE,
            "detected": detected,
        }
        return Finding(self.section, self.group, entry)


_WORD = re.compile(r"\w{3,}")


def overlap(part: str, text: str) -> float:
    """Return the share, from 0 to 1, of the words of `part` that `text` contains.

    Words of one or two letters are ignored.
    """
    words = {word.lower() for word in _WORD.findall(part)}
    if not words:
        return 1.0
    return len(words & {word.lower() for word in _WORD.findall(text)}) / len(words)
