"""Guardrails as calls use them, and the operations ApplyGuardrail and InvokeGuardrailChecks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlmock.call import Call
from mlmock.errors import ServiceError
from mlmock.services.bedrock_runtime.guardrails import assessment as assessments
from mlmock.services.bedrock_runtime.guardrails.assessment import Assessment, Content, Total
from mlmock.services.bedrock_runtime.guardrails.definitions import (
    GuardrailDefinition,
    GuardrailName,
    Guardrails,
    parse_guardrail_name,
)
from mlmock.services.bedrock_runtime.guardrails.policies import BLOCKED, MASKED, Grounding
from mlmock.services.common.backend import Result

if TYPE_CHECKING:
    from mlmock.services.common.backend import Backend

__all__ = [
    "Content",
    "Guardrail",
    "Verdict",
    "apply_guardrail",
    "find_guardrail",
    "invoke_guardrail_checks",
]
_LATENCY_MS = 120  # Assumption: the processing latency of every assessment.


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of an assessment of contents.

    Attributes:
        message: The message that replaces blocked contents, or None.
        masked: Whether a text was masked.
        texts: The allowed texts, one for each content, masked if necessary ("" for an image).
        reason: The actionReason for traces.
        assessment: The assessment for traces.
    """

    message: str | None
    masked: bool
    texts: tuple[str, ...]
    reason: str
    assessment: Mapping[str, Any] = field(default_factory=dict)

    @property
    def intervened(self) -> bool:
        """Whether something was blocked or masked."""
        return self.masked or self.message is not None


class Guardrail:
    """A version of a guardrail that exists, used by a call of the account `caller`."""

    def __init__(self, name: GuardrailName, definition: GuardrailDefinition, caller: str) -> None:
        self._name = name
        self._definition = definition
        self._caller = caller

    @property
    def id(self) -> str:
        """The id of the guardrail, which is the key of its assessments in traces."""
        return self._name.id

    @property
    def version(self) -> str:
        """The version of the guardrail, ``DRAFT`` or a number."""
        return self._name.version

    @property
    def has_grounding(self) -> bool:
        """Whether the guardrail has a contextual grounding policy."""
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
        """Return the verdict on `contents`.

        Args:
            source: INPUT or OUTPUT. Output is grounded on the contents that have the qualifiers
                ``grounding_source`` and ``query``.
            contents: The contents.
            total: The amount of content in the request, if there is more than `contents`.
            full: Whether the assessment contains what was not detected.
            masks: Whether texts can be masked. If not, policies that mask only detect.
        """
        definition = self._definition
        policies = definition.policies if masks else assessments.without_masks(definition.policies)
        assessment = assessments.assess(policies, source, contents)
        message = definition.input_message if source == "INPUT" else definition.output_message
        return Verdict(
            message=message if assessment.has(BLOCKED) else None,
            masked=assessment.has(MASKED),
            texts=tuple(assessment.texts),
            reason=assessments.action_reason(assessment),
            assessment=self._document(assessment, source, contents, total, full),
        )

    def _document(
        self,
        assessment: Assessment,
        source: str,
        contents: Sequence[Content],
        total: Total | None,
        full: bool,
    ) -> dict[str, Any]:
        active = assessments.policies_for(self._definition.policies, source)
        metrics = {
            "guardrailProcessingLatency": _LATENCY_MS,
            "usage": assessments.usage(active, contents),
            "guardrailCoverage": assessments.coverage(contents, total),
        }
        return {
            **assessments.sections(assessment.findings, active, full=full),
            "invocationMetrics": metrics,
            "appliedGuardrailDetails": self._details(),
        }

    def _details(self) -> dict[str, Any]:
        is_own = self._name.scope.account_id == self._caller
        return {
            "guardrailId": self.id,
            "guardrailVersion": self.version,
            "guardrailArn": self._name.arn,
            "guardrailOrigin": ["REQUEST"],
            "guardrailOwnership": "SELF" if is_own else "CROSS_ACCOUNT",
        }


def find_guardrail(backend: Backend, identifier: str, version: str) -> Guardrail:
    """Return the guardrail that a call names.

    If the mock is not strict, a guardrail that is not declared exists and has no policies.

    Args:
        backend: The backend that received the call.
        identifier: The id or ARN in the call.
        version: The version in the call, or "" if it names none.

    Raises:
        ServiceError: If the guardrail does not exist, or if the call names no version.
    """
    scope = backend.scope
    name = parse_guardrail_name(identifier, version, scope) if version else None
    definition = None if name is None else backend.state.shared(Guardrails).find(name)
    if definition is None and version and not backend.state.context.options.strict:
        definition, name = GuardrailDefinition(), name or GuardrailName(identifier, version, scope)
    if definition is None or name is None:
        raise ServiceError(
            "ValidationException",
            "The guardrail identifier or version provided in the request does not exist.",
        )
    return Guardrail(name, definition, scope.account_id)


def apply_guardrail(backend: Backend, call: Call) -> Result:
    """Answer ApplyGuardrail."""
    params = call.params
    source = params["source"]
    guardrail = find_guardrail(backend, params["guardrailIdentifier"], params["guardrailVersion"])
    contents = [_to_content(block) for block in params["content"]]
    if guardrail.has_grounding and source == "OUTPUT" and not assessments.is_groundable(contents):
        raise ServiceError("ValidationException", _NOT_GROUNDABLE)
    full = params.get("outputScope") == "FULL"
    verdict = guardrail.assess(source, contents, full=full)
    metrics = verdict.assessment["invocationMetrics"]
    return {
        "usage": metrics["usage"],
        "action": "GUARDRAIL_INTERVENED" if verdict.intervened else "NONE",
        "actionReason": verdict.reason,
        "outputs": [{"text": text} for text in _output_texts(verdict, contents)],
        "assessments": [verdict.assessment],
        "guardrailCoverage": metrics["guardrailCoverage"],
    }


_NOT_GROUNDABLE = (
    "The provided request does not contain the grounding source. Grounding source, query and "
    "content to guard are required for Guardrails contextual grounding policy evaluation."
)


def _to_content(block: Mapping[str, Any]) -> Content:
    if "image" in block:
        return Content(image=block["image"]["source"]["bytes"])
    return Content(block["text"]["text"], tuple(block["text"].get("qualifiers", ())))


def _output_texts(verdict: Verdict, contents: Sequence[Content]) -> list[str]:
    """Return the texts that replace the contents: the message, or the masked texts."""
    if verdict.message is not None:
        return [verdict.message]
    if not verdict.masked:
        return []
    pairs = zip(contents, verdict.texts, strict=True)
    return [text for content, text in pairs if content.is_guarded and content.image is None]


def invoke_guardrail_checks(backend: Backend, call: Call) -> Result:
    """Answer InvokeGuardrailChecks."""
    from mlmock.services.bedrock_runtime.guardrails.checks import run_checks

    return run_checks(backend, call)
