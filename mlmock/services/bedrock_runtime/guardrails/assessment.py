"""Assessment of contents by the policies of a guardrail, and its document in the response."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from mlmock.services.bedrock_runtime.guardrails.pii import Span, has_check
from mlmock.services.bedrock_runtime.guardrails.policies import (
    BLOCKED,
    MASKED,
    NONE,
    ContentFilter,
    Finding,
    Grounding,
    Pii,
    Policy,
)

_UNIT = 1000  # Characters of a text unit. Source: Amazon Bedrock pricing.
_UNITS = (
    "topicPolicyUnits",
    "contentPolicyUnits",
    "wordPolicyUnits",
    "sensitiveInformationPolicyUnits",
    "sensitiveInformationPolicyFreeUnits",
    "contextualGroundingPolicyUnits",
    "contentPolicyImageUnits",
    "automatedReasoningPolicyUnits",
    "automatedReasoningPolicies",
)
_LISTS: dict[str, tuple[str, ...]] = {
    "topicPolicy": ("topics",),
    "contentPolicy": ("filters",),
    "wordPolicy": ("customWords", "managedWordLists"),
    "sensitiveInformationPolicy": ("piiEntities", "regexes"),
    "contextualGroundingPolicy": ("filters",),
}
_SOURCE, _QUERY, _GUARD = "grounding_source", "query", "guard_content"


@dataclass(frozen=True, slots=True)
class Content:
    """A text with its qualifiers, or the bytes of an image, to be assessed."""

    text: str = ""
    qualifiers: Sequence[str] = ()
    image: bytes | None = None

    @property
    def is_guarded(self) -> bool:
        """Whether it is assessed, and not only a source or query for grounding."""
        return not self.qualifiers or _GUARD in self.qualifiers


class Total(NamedTuple):
    """The amount of content in a request that a guardrail could assess."""

    characters: int
    images: int


@dataclass(slots=True)
class Assessment:
    """The findings of all policies, and the texts with masks applied."""

    findings: list[Finding] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def has(self, action: str) -> bool:
        """Return whether a finding has this action."""
        return any(finding.action == action for finding in self.findings)


def assess(policies: Sequence[Policy], source: str, contents: Sequence[Content]) -> Assessment:
    """Return the assessment of `contents`.

    Args:
        policies: The policies of the guardrail.
        source: INPUT or OUTPUT. Policies of the other source do not apply.
        contents: The contents, in order.
    """
    assessment = Assessment()
    active = policies_for(policies, source)
    for content in contents:
        findings = _findings(active, content) if content.is_guarded else []
        assessment.findings += findings
        assessment.texts.append(_mask(content.text, findings))
    if source == "OUTPUT":
        assessment.findings += _grounding_findings(active, contents)
    return assessment


def policies_for(policies: Sequence[Policy], source: str) -> list[Policy]:
    """Return the policies that apply to `source`, which is INPUT or OUTPUT."""
    return [policy for policy in policies if policy.source in (None, source)]


def without_masks(policies: Sequence[Policy]) -> list[Policy]:
    """Return the policies with those that mask replaced by policies that only detect."""
    return [replace(each, action=NONE) if each.action == MASKED else each for each in policies]


def _findings(policies: list[Policy], content: Content) -> list[Finding]:
    if content.image is not None:
        return [f for policy in policies for f in policy.find_image(content.image)]
    pii = [p for p in policies if isinstance(p, Pii)]
    others = [p for p in policies if not isinstance(p, Pii)]
    findings = [f for policy in others for f in policy.find(content.text)]
    return findings + _without_overlaps([f for policy in pii for f in policy.find(content.text)])


def _without_overlaps(findings: list[Finding]) -> list[Finding]:
    """Return findings without overlapping spans.

    The span that starts first is kept, or the longer one of two with the same start. Of two types
    with equal spans the one with a check digit is kept.
    """
    spans = sorted(
        ((span, finding) for finding in findings for span in finding.spans),
        key=lambda item: (item[0].start, -item[0].end, not has_check(item[1].entry["type"])),
    )
    kept: dict[int, list[Span]] = {}
    end = 0
    for span, finding in spans:
        if span.start >= end:
            kept.setdefault(id(finding), []).append(span)
            end = span.end
    return [replace(f, spans=tuple(kept[id(f)])) for f in findings if id(f) in kept]


def _mask(text: str, findings: Iterable[Finding]) -> str:
    masks = [(s, f.mask) for f in findings if f.action == MASKED for s in f.spans]
    pieces, end = [], 0
    for span, mask in sorted(masks, key=lambda item: (item[0].start, -item[0].end)):
        if span.start >= end:
            pieces += [text[end : span.start], mask]
            end = span.end
    return "".join([*pieces, text[end:]])


# -- grounding --------------------------------------------------------------------------------


def is_groundable(contents: Sequence[Content]) -> bool:
    """Return whether `contents` include a source, a query and an answer."""
    return bool(
        qualified_text(contents, _SOURCE)
        and qualified_text(contents, _QUERY)
        and _answer_text(contents)
    )


def qualified_text(contents: Sequence[Content], qualifier: str) -> str:
    """Return the texts that have `qualifier`, one on each line."""
    return "\n".join(content.text for content in contents if qualifier in content.qualifiers)


def _answer_text(contents: Sequence[Content]) -> str:
    return "\n".join(content.text for content in contents if content.is_guarded)


def _grounding_findings(policies: list[Policy], contents: Sequence[Content]) -> list[Finding]:
    grounding = [policy for policy in policies if isinstance(policy, Grounding)]
    if not grounding or not is_groundable(contents):
        return []
    answer = _answer_text(contents)
    source, query = qualified_text(contents, _SOURCE), qualified_text(contents, _QUERY)
    return [policy.measure(answer, source, query) for policy in grounding]


# -- document ---------------------------------------------------------------------------------


def sections(
    findings: Iterable[Finding], policies: Iterable[Policy], *, full: bool
) -> dict[str, Any]:
    """Return the sections of an assessment document that have entries, without duplicates.

    Args:
        findings: The findings.
        policies: The policies that were applied.
        full: Whether to add entries for what was not detected.
    """
    entries = [(f.section, f.group, f.entry) for f in findings]
    if full:
        entries += _undetected_entries(policies, entries)
    document: dict[str, Any] = {}
    for section, group, entry in entries:
        lists = document.setdefault(section, {name: [] for name in _LISTS[section]})
        if entry not in lists[group]:
            lists[group].append(entry)
    return document


def _undetected_entries(
    policies: Iterable[Policy], entries: list[tuple[str, str, Mapping[str, Any]]]
) -> list[tuple[str, str, Mapping[str, Any]]]:
    """Return an entry for every policy that has no finding, if its kind has such entries."""
    undetected = []
    for policy in policies:
        entry = policy.undetected_entry()
        if entry is not None and not _has_entry(entries, policy, entry):
            undetected.append((policy.section, policy.group, entry))
    return undetected


def _has_entry(
    entries: list[tuple[str, str, Mapping[str, Any]]],
    policy: Policy,
    expected: Mapping[str, Any],
) -> bool:
    """Return whether `entries` contain one with the name or type of `expected`."""
    names = {name: value for name, value in expected.items() if name in ("name", "type")}
    location = (policy.section, policy.group)
    return any(location == each[:2] and names.items() <= each[2].items() for each in entries)


def usage(policies: Iterable[Policy], contents: Sequence[Content]) -> dict[str, int]:
    """Return the text units of each kind of policy, of 1000 characters each, and the images."""
    counts = dict.fromkeys(_UNITS, 0)
    guarded = sum(len(content.text) for content in contents if content.is_guarded)
    total = sum(len(content.text) for content in contents)
    images = sum(content.image is not None for content in contents)
    for policy in policies:
        is_grounding = isinstance(policy, Grounding)
        if not is_grounding or is_groundable(contents):
            counts[policy.units] = math.ceil((total if is_grounding else guarded) / _UNIT)
        if isinstance(policy, ContentFilter) and images:
            counts["contentPolicyImageUnits"] = images
    return counts


def coverage(contents: Sequence[Content], total: Total | None) -> dict[str, Any]:
    """Return the guardrailCoverage.

    Args:
        contents: The contents that were assessed.
        total: The amount of content in the request, or None if it contains nothing else.
    """
    guarded = sum(len(content.text) for content in contents if content.is_guarded)
    images = sum(content.image is not None for content in contents)
    if total is None:
        total = Total(sum(len(content.text) for content in contents), images)
    members: dict[str, Any] = {"textCharacters": {"guarded": guarded, "total": total.characters}}
    if total.images:
        members["images"] = {"guarded": images, "total": total.images}
    return members


def action_reason(assessment: Assessment) -> str:
    """Return the actionReason of an assessment in traces and in ApplyGuardrail."""
    if assessment.has(BLOCKED):
        return "Guardrail blocked."
    return "Guardrail masked." if assessment.has(MASKED) else "No action."
