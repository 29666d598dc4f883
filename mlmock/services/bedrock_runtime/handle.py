"""`ml.bedrock`: models and what they say, async invokes, guardrails."""

from __future__ import annotations

from mlmock.services.base import ServiceHandle


class Bedrock(ServiceHandle):
    """Models, answers, async invokes, guardrails."""

    service = "bedrock-runtime"

    def __repr__(self) -> str:
        return "<bedrock>"
