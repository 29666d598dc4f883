"""Guardrails: what they find in texts, and what they let through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlmock.calls import Call
from mlmock.services.base import Result

if TYPE_CHECKING:
    from mlmock.services.bedrock_runtime.backend import BedrockRuntime


@dataclass(frozen=True, slots=True)
class Content:
    """Something to assess: a text with its qualifiers, or the bytes of a picture."""

    text: str = ""
    qualifiers: Sequence[str] = ()
    image: bytes | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a guardrail says of contents.

    `message` replaces everything where it blocks (else None); `texts` are the texts as they may
    pass, masked where need be; `assessment` and `reason` (``Guardrail blocked.``,
    ``Guardrail masked.``, ``No action.``) go into traces.
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
    """A guardrail that exists, in one version."""

    id = ""
    version = ""

    def assess(
        self, source: str, contents: Sequence[Content], *, total: int | None = None
    ) -> Verdict:
        """Return the verdict on `contents` as INPUT or OUTPUT; `total`: all characters there are."""
        raise NotImplementedError


def find(backend: BedrockRuntime, identifier: str, version: str) -> Guardrail:
    """Return the guardrail that a call names by id or ARN; ValidationException if there is none."""
    raise NotImplementedError


def apply(backend: BedrockRuntime, call: Call) -> Result:
    """Answer ApplyGuardrail."""
    raise NotImplementedError


def check(backend: BedrockRuntime, call: Call) -> Result:
    """Answer InvokeGuardrailChecks."""
    raise NotImplementedError
