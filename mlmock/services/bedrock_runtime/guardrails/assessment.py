"""One assessment: every policy held against every content, and what comes of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from mlmock.services.bedrock_runtime.guardrails.pii import Span, is_checked
from mlmock.services.bedrock_runtime.guardrails.policies import (
    BLOCKED,
    MASKED,
    NONE,
    Filter,
    Finding,
    Grounding,
    Personal,
    Policy,
)

_UNIT = 1000  # characters of a text unit, as the pricing page has it
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
    """Something to assess: a text with its qualifiers, or the bytes of a picture."""

    text: str = ""
    qualifiers: Sequence[str] = ()
    image: bytes | None = None

    @property
    def is_guarded(self) -> bool:
        """True unless it is there only for others to be grounded on."""
        return not self.qualifiers or _GUARD in self.qualifiers


class Total(NamedTuple):
    """How much of a request could have been assessed."""

    characters: int
    images: int


@dataclass(slots=True)
class Assessment:
    """What the policies say of contents: all findings, and the texts with masks put on."""

    findings: list[Finding] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def has(self, action: str) -> bool:
        """True when a finding has this action."""
        return any(finding.action == action for finding in self.findings)


def assess(policies: Sequence[Policy], source: str, contents: Sequence[Content]) -> Assessment:
    """Hold the policies that apply to `source` against `contents`."""
    found = Assessment()
    active = applying(policies, source)
    for content in contents:
        findings = _findings(active, content) if content.is_guarded else []
        found.findings += findings
        found.texts.append(_masked(content.text, findings))
    if source == "OUTPUT":
        found.findings += _grounded(active, contents)
    return found


def applying(policies: Sequence[Policy], source: str) -> list[Policy]:
    """Return the policies that hold for INPUT or OUTPUT."""
    return [policy for policy in policies if policy.source in (None, source)]


def unmasking(policies: Sequence[Policy]) -> list[Policy]:
    """Return policies that detect what these mask."""
    return [replace(each, action=NONE) if each.action == MASKED else each for each in policies]


def _findings(policies: list[Policy], content: Content) -> list[Finding]:
    if content.image is not None:
        return [f for policy in policies for f in policy.find_image(content.image)]
    personal = [p for p in policies if isinstance(p, Personal)]
    others = [p for p in policies if not isinstance(p, Personal)]
    found = [f for policy in others for f in policy.find(content.text)]
    return found + _apart([f for policy in personal for f in policy.find(content.text)])


def _apart(findings: list[Finding]) -> list[Finding]:
    """Return findings without overlaps: what begins first counts, and of two such the longer.

    Of two types in the very same place the one counts whose check digit is right.
    """
    places = sorted(
        ((span, finding) for finding in findings for span in finding.spans),
        key=lambda place: (place[0].start, -place[0].end, not is_checked(place[1].entry["type"])),
    )
    kept: dict[int, list[Span]] = {}
    end = 0
    for span, finding in places:
        if span.start >= end:
            kept.setdefault(id(finding), []).append(span)
            end = span.end
    return [replace(f, spans=tuple(kept[id(f)])) for f in findings if id(f) in kept]


def _masked(text: str, findings: Iterable[Finding]) -> str:
    places = [(s, f.mask) for f in findings if f.action == MASKED for s in f.spans]
    pieces, end = [], 0
    for span, mask in sorted(places, key=lambda place: (place[0].start, -place[0].end)):
        if span.start >= end:
            pieces += [text[end : span.start], mask]
            end = span.end
    return "".join([*pieces, text[end:]])


# -- grounding --------------------------------------------------------------------------------


def is_groundable(contents: Sequence[Content]) -> bool:
    """True when `contents` have what grounding needs: a source, a query, and an answer."""
    return bool(qualified(contents, _SOURCE) and qualified(contents, _QUERY) and _answer(contents))


def qualified(contents: Sequence[Content], qualifier: str) -> str:
    """Return the texts that carry `qualifier`, one after the other."""
    return "\n".join(content.text for content in contents if qualifier in content.qualifiers)


def _answer(contents: Sequence[Content]) -> str:
    return "\n".join(content.text for content in contents if content.is_guarded)


def _grounded(policies: list[Policy], contents: Sequence[Content]) -> list[Finding]:
    grounding = [policy for policy in policies if isinstance(policy, Grounding)]
    if not grounding or not is_groundable(contents):
        return []
    parts = _answer(contents), qualified(contents, _SOURCE), qualified(contents, _QUERY)
    return [policy.measure(*parts) for policy in grounding]


# -- the document -----------------------------------------------------------------------------


def sections(
    findings: Iterable[Finding], policies: Iterable[Policy], *, full: bool
) -> dict[str, Any]:
    """Return the sections of an assessment that have entries, each entry once.

    `full`: with what was looked for and not found, too.
    """
    entries = [(f.section, f.group, f.entry) for f in findings]
    if full:
        entries += _quiet(policies, entries)
    shown: dict[str, Any] = {}
    for section, group, entry in entries:
        lists = shown.setdefault(section, {name: [] for name in _LISTS[section]})
        if entry not in lists[group]:
            lists[group].append(entry)
    return shown


def _quiet(
    policies: Iterable[Policy], entries: list[tuple[str, str, Mapping[str, Any]]]
) -> list[tuple[str, str, Mapping[str, Any]]]:
    """Return an entry for every policy that found nothing, and whose kind is shown then."""
    found = []
    for policy in policies:
        entry = policy.quiet()
        if entry is not None and not _is_among(entry, policy, entries):
            found.append((policy.section, policy.group, entry))
    return found


def _is_among(
    entry: Mapping[str, Any],
    policy: Policy,
    entries: list[tuple[str, str, Mapping[str, Any]]],
) -> bool:
    names = {name: value for name, value in entry.items() if name in ("name", "type")}
    mine = (policy.section, policy.group)
    return any(mine == found[:2] and names.items() <= found[2].items() for found in entries)


def usage(policies: Iterable[Policy], contents: Sequence[Content]) -> dict[str, int]:
    """Return the units of each policy: of thousand characters of what it was held against."""
    count = dict.fromkeys(_UNITS, 0)
    guarded = sum(len(content.text) for content in contents if content.is_guarded)
    everything = sum(len(content.text) for content in contents)
    images = sum(content.image is not None for content in contents)
    for policy in policies:
        grounds = isinstance(policy, Grounding)
        if not grounds or is_groundable(contents):
            count[policy.units] = math.ceil((everything if grounds else guarded) / _UNIT)
        if isinstance(policy, Filter) and images:
            count["contentPolicyImageUnits"] = images
    return count


def coverage(contents: Sequence[Content], total: Total | None) -> dict[str, Any]:
    """Return how much of what there is was assessed; `total`: all of it, where there is more."""
    guarded = sum(len(content.text) for content in contents if content.is_guarded)
    images = sum(content.image is not None for content in contents)
    if total is None:
        total = Total(sum(len(content.text) for content in contents), images)
    shown: dict[str, Any] = {"textCharacters": {"guarded": guarded, "total": total.characters}}
    if total.images:
        shown["images"] = {"guarded": images, "total": total.images}
    return shown


def reason(found: Assessment) -> str:
    """Return the text that traces and ApplyGuardrail give for an action."""
    if found.has(BLOCKED):
        return "Guardrail blocked."
    return "Guardrail masked." if found.has(MASKED) else "No action."
