"""Guardrails: what they find in texts, and what they let through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlmock.call import Call
from mlmock.errors import ServiceError
from mlmock.services.bedrock_runtime.guardrails import assessment as assessing
from mlmock.services.bedrock_runtime.guardrails.assessment import Content, Total
from mlmock.services.bedrock_runtime.guardrails.definitions import (
    Definition,
    Guardrails,
    Name,
    named,
)
from mlmock.services.bedrock_runtime.guardrails.policies import BLOCKED, MASKED, Grounding
from mlmock.services.common.backend import Result

if TYPE_CHECKING:
    from mlmock.services.common.backend import Backend

__all__ = ["Content", "Guardrail", "Verdict", "apply", "check", "find"]
_LATENCY = 120  # milliseconds that an assessment says it took (judged)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a guardrail says of contents.

    `message` replaces everything where it blocks (else None); `texts` are the texts as they may
    pass, one for each content, masked where need be ("" for a picture); `assessment` and `reason`
    (``Guardrail blocked.``, ``Guardrail masked.``, ``No action.``) go into traces.
    """

    message: str | None
    masked: bool
    texts: tuple[str, ...]
    reason: str
    assessment: Mapping[str, Any] = field(default_factory=dict)

    @property
    def intervened(self) -> bool:
        """True when something was blocked or masked."""
        return self.masked or self.message is not None


class Guardrail:
    """A guardrail that exists, in one version, as a call of `caller` (an account) meets it."""

    def __init__(self, name: Name, definition: Definition, caller: str) -> None:
        self._name = name
        self._definition = definition
        self._caller = caller

    @property
    def id(self) -> str:
        """Its id, under which traces have its assessments."""
        return self._name.id

    @property
    def version(self) -> str:
        """Its version, ``DRAFT`` or a number."""
        return self._name.version

    @property
    def grounds(self) -> bool:
        """True when it has a contextual grounding policy."""
        return any(isinstance(policy, Grounding) for policy in self._definition.policies)

    def assess(
        self,
        source: str,
        contents: Sequence[Content],
        *,
        total: Total | None = None,
        full: bool = False,
        masks: bool = True,
    ) -> Verdict:
        """Return the verdict on `contents` as INPUT or OUTPUT.

        `total`: all there is, where more is there than assessed; `full`: list in the assessment
        what was looked for and not found, too; `masks`: False where it is too late to mask, and
        what would have been is only detected. An OUTPUT is grounded on the contents
        that stand beside it with the qualifiers ``grounding_source`` and ``query``.
        """
        definition = self._definition
        policies = definition.policies if masks else assessing.unmasking(definition.policies)
        found = assessing.assess(policies, source, contents)
        message = definition.input_message if source == "INPUT" else definition.output_message
        return Verdict(
            message=message if found.has(BLOCKED) else None,
            masked=found.has(MASKED),
            texts=tuple(found.texts),
            reason=assessing.reason(found),
            assessment=self._document(found, source, contents, total, full),
        )

    def _document(
        self,
        found: assessing.Assessment,
        source: str,
        contents: Sequence[Content],
        total: Total | None,
        full: bool,
    ) -> dict[str, Any]:
        active = assessing.applying(self._definition.policies, source)
        metrics = {
            "guardrailProcessingLatency": _LATENCY,
            "usage": assessing.usage(active, contents),
            "guardrailCoverage": assessing.coverage(contents, total),
        }
        return {
            **assessing.sections(found.findings, active, full=full),
            "invocationMetrics": metrics,
            "appliedGuardrailDetails": self._details(),
        }

    def _details(self) -> dict[str, Any]:
        own = self._name.scope.account_id == self._caller
        return {
            "guardrailId": self.id,
            "guardrailVersion": self.version,
            "guardrailArn": self._name.arn,
            "guardrailOrigin": ["REQUEST"],
            "guardrailOwnership": "SELF" if own else "CROSS_ACCOUNT",
        }


def find(backend: Backend, identifier: str, version: str) -> Guardrail:
    """Return the guardrail that a call names by id or ARN; ValidationException if there is none.

    A call has to name its version, too. Where the mock isn't strict, a guardrail that nobody
    declared lets everything through.
    """
    scope = backend.scope
    name = named(identifier, version, scope) if version else None
    found = None if name is None else backend.state.shared(Guardrails).find(name)
    if found is None and version and not backend.state.context.options.strict:
        found, name = Definition(), name or Name(identifier, version, scope)
    if found is None or name is None:
        raise ServiceError(
            "ValidationException",
            "The guardrail identifier or version provided in the request does not exist.",
        )
    return Guardrail(name, found, scope.account_id)


def apply(backend: Backend, call: Call) -> Result:
    """Answer ApplyGuardrail."""
    params = call.params
    source = params["source"]
    guardrail = find(backend, params["guardrailIdentifier"], params["guardrailVersion"])
    contents = [_content(block) for block in params["content"]]
    if guardrail.grounds and source == "OUTPUT" and not assessing.is_groundable(contents):
        raise ServiceError("ValidationException", _UNGROUNDED)
    full = params.get("outputScope") == "FULL"
    verdict = guardrail.assess(source, contents, full=full)
    metrics = verdict.assessment["invocationMetrics"]
    return {
        "usage": metrics["usage"],
        "action": "GUARDRAIL_INTERVENED" if verdict.intervened else "NONE",
        "actionReason": verdict.reason,
        "outputs": [{"text": text} for text in _outputs(verdict, contents)],
        "assessments": [verdict.assessment],
        "guardrailCoverage": metrics["guardrailCoverage"],
    }


_UNGROUNDED = (
    "The provided request does not contain the grounding source. Grounding source, query and "
    "content to guard are required for Guardrails contextual grounding policy evaluation."
)


def _content(block: Mapping[str, Any]) -> Content:
    if "image" in block:
        return Content(image=block["image"]["source"]["bytes"])
    return Content(block["text"]["text"], tuple(block["text"].get("qualifiers", ())))


def _outputs(verdict: Verdict, contents: Sequence[Content]) -> list[str]:
    """Return what the caller is to use instead: the message, or the guarded texts, masked."""
    if verdict.message is not None:
        return [verdict.message]
    if not verdict.masked:
        return []
    pairs = zip(contents, verdict.texts, strict=True)
    return [text for content, text in pairs if content.is_guarded and content.image is None]


def check(backend: Backend, call: Call) -> Result:
    """Answer InvokeGuardrailChecks."""
    from mlmock.services.bedrock_runtime.guardrails.checks import checked

    return checked(backend, call)
