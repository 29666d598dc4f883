"""InvokeGuardrailChecks: checks without a guardrail, which detect and never intervene."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlmock.aws.scope import Scope, ScopeFilter
from mlmock.call import Call
from mlmock.engine.state import MockState
from mlmock.errors import ServiceError
from mlmock.services.bedrock_runtime.guardrails.pii import Span, spans
from mlmock.services.bedrock_runtime.guardrails.text_matchers import Finder
from mlmock.services.common.backend import Result

if TYPE_CHECKING:
    from mlmock.services.common.backend import Backend

CATEGORIES = ("VIOLENCE", "HATE", "SEXUAL", "MISCONDUCT", "INSULTS")
ATTACKS = ("JAILBREAK", "PROMPT_INJECTION", "PROMPT_LEAKAGE")
_UNIT = 1000
_SURE = 0.99  # the confidence in what a pattern or the author tells (judged)
Score = Callable[[str], float]


@dataclass(frozen=True, slots=True)
class DeclaredSeverity:
    """How severe a text is in one category, as the test's author says."""

    category: str
    score: Score
    finder: Finder | None
    at: ScopeFilter

    def of(self, text: str) -> float | None:
        """Return the severity of `text`, or None where the author says nothing about it."""
        if self.finder is not None and not any(True for _ in self.finder(text)):
            return None
        return max(0.0, min(1.0, self.score(text)))


@dataclass(frozen=True, slots=True)
class DeclaredPii:
    """What is personal data of one type, as the test's author says."""

    type: str
    finder: Finder
    at: ScopeFilter


class ChecksScript:
    """What is declared of the checks of a world."""

    def __init__(self, state: MockState) -> None:
        self.scores: tuple[DeclaredSeverity, ...] = ()
        self.told: tuple[DeclaredPii, ...] = ()

    def severity(self, category: str, texts: Sequence[str], scope: Scope) -> float:
        """Return the greatest severity of the texts; of two words on a text the later counts."""
        mine = [s for s in self.scores if s.category == category and s.at.covers(scope)]
        found = (
            next((v for s in reversed(mine) if (v := s.of(t)) is not None), 0.0) for t in texts
        )
        return max(found, default=0.0)

    def places(self, kind: str, text: str, scope: Scope) -> list[Span]:
        """Return where data of the type `kind` stand in `text`, each place once."""
        found = set(spans(kind, text))
        for told in self.told:
            if told.type == kind and told.at.covers(scope):
                found |= set(told.finder(text))
        return sorted(found)


def checked(backend: Backend, call: Call) -> Result:
    """Return the results of the checks that `call` asks for, and what they cost."""
    checks, messages = call.params["checks"], call.params["messages"]
    if not checks:
        raise ServiceError("ValidationException", "At least one check must be specified.")
    script = backend.state.shared(ChecksScript)
    texts = [text for _, _, text in _texts(messages)]
    units = {"textUnits": math.ceil(sum(map(len, texts)) / _UNIT)}
    results: Result = {}
    for name in ("contentFilter", "promptAttack"):
        if name in checks:
            asked = [entry["category"] for entry in checks[name]["categories"]]
            scores = [(c, script.severity(c, texts, backend.scope)) for c in asked]
            results[name] = {"results": [{"category": c, "severityScore": s} for c, s in scores]}
    if "sensitiveInformation" in checks:
        kinds = [entry["type"] for entry in checks["sensitiveInformation"]["entities"]]
        findings = list(_findings(script, kinds, messages, backend.scope))
        results["sensitiveInformation"] = {"results": findings, "truncated": False}
    return {"results": results, "usage": dict.fromkeys(results, units)}


def _texts(messages: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, int, str]]:
    for place, message in enumerate(messages):
        for index, block in enumerate(message["content"]):
            yield place, index, block["text"]


def _findings(
    script: ChecksScript, kinds: Sequence[str], messages: Sequence[Mapping[str, Any]], scope: Scope
) -> Iterator[dict[str, Any]]:
    for place, index, text in _texts(messages):
        for kind in kinds:
            for span in script.places(kind, text, scope):
                yield {
                    "type": kind,
                    "confidenceScore": _SURE,
                    "beginOffset": span.start,
                    "endOffset": span.end,
                    "messageIndex": place,
                    "contentIndex": index,
                }
