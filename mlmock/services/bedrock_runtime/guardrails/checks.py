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
from mlmock.services.bedrock_runtime.guardrails.pii import Span, find_spans
from mlmock.services.bedrock_runtime.guardrails.text_matchers import Finder
from mlmock.services.common.backend import Result

if TYPE_CHECKING:
    from mlmock.services.common.backend import Backend

CATEGORIES = ("VIOLENCE", "HATE", "SEXUAL", "MISCONDUCT", "INSULTS")
ATTACKS = ("JAILBREAK", "PROMPT_INJECTION", "PROMPT_LEAKAGE")
_UNIT = 1000  # characters of a text unit
_CONFIDENCE = 0.99  # Assumption: the confidence of a pattern or a declaration.
Score = Callable[[str], float]


@dataclass(frozen=True, slots=True)
class DeclaredSeverity:
    """The severity that a test declares for texts in one category."""

    category: str
    score: Score
    finder: Finder | None
    at: ScopeFilter

    def of(self, text: str) -> float | None:
        """Return the severity of `text`, from 0 to 1, or None if it is not declared."""
        if self.finder is not None and not any(True for _ in self.finder(text)):
            return None
        return max(0.0, min(1.0, self.score(text)))


@dataclass(frozen=True, slots=True)
class DeclaredPii:
    """Texts that a test declares to be PII of one type."""

    type: str
    finder: Finder
    at: ScopeFilter


class CheckDeclarations:
    """The declarations for InvokeGuardrailChecks in a mock."""

    def __init__(self, state: MockState) -> None:
        self.severities: tuple[DeclaredSeverity, ...] = ()
        self.pii: tuple[DeclaredPii, ...] = ()

    def severity(self, category: str, texts: Sequence[str], scope: Scope) -> float:
        """Return the greatest severity of `texts`. The latest declaration for a text wins."""
        declared = [d for d in self.severities if d.category == category and d.at.covers(scope)]
        severities = (
            next((v for d in reversed(declared) if (v := d.of(text)) is not None), 0.0)
            for text in texts
        )
        return max(severities, default=0.0)

    def find_pii(self, kind: str, text: str, scope: Scope) -> list[Span]:
        """Return the distinct positions of PII of the type `kind` in `text`."""
        spans = set(find_spans(kind, text))
        for declared in self.pii:
            if declared.type == kind and declared.at.covers(scope):
                spans |= set(declared.finder(text))
        return sorted(spans)


def run_checks(backend: Backend, call: Call) -> Result:
    """Return the results and the usage of the checks that `call` requests."""
    checks, messages = call.params["checks"], call.params["messages"]
    if not checks:
        raise ServiceError("ValidationException", "At least one check must be specified.")
    declarations = backend.state.shared(CheckDeclarations)
    texts = [text for _, _, text in _texts(messages)]
    units = {"textUnits": math.ceil(sum(map(len, texts)) / _UNIT)}
    results: Result = {}
    for name in ("contentFilter", "promptAttack"):
        if name in checks:
            categories = [entry["category"] for entry in checks[name]["categories"]]
            scores = [(c, declarations.severity(c, texts, backend.scope)) for c in categories]
            results[name] = {"results": [{"category": c, "severityScore": s} for c, s in scores]}
    if "sensitiveInformation" in checks:
        kinds = [entry["type"] for entry in checks["sensitiveInformation"]["entities"]]
        findings = list(_pii_findings(declarations, kinds, messages, backend.scope))
        results["sensitiveInformation"] = {"results": findings, "truncated": False}
    return {"results": results, "usage": dict.fromkeys(results, units)}


def _texts(messages: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, int, str]]:
    for message_index, message in enumerate(messages):
        for content_index, block in enumerate(message["content"]):
            yield message_index, content_index, block["text"]


def _pii_findings(
    declarations: CheckDeclarations,
    kinds: Sequence[str],
    messages: Sequence[Mapping[str, Any]],
    scope: Scope,
) -> Iterator[dict[str, Any]]:
    for message_index, content_index, text in _texts(messages):
        for kind in kinds:
            for span in declarations.find_pii(kind, text, scope):
                yield {
                    "type": kind,
                    "confidenceScore": _CONFIDENCE,
                    "beginOffset": span.start,
                    "endOffset": span.end,
                    "messageIndex": message_index,
                    "contentIndex": content_index,
                }
