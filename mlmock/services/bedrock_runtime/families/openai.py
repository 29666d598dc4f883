"""OpenAI's open-weight models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlmock.services.bedrock_runtime.families.base import Event, Traits
from mlmock.services.bedrock_runtime.families.openai_chat import ChatFamily
from mlmock.services.bedrock_runtime.speech import Conversation, Reply


class OpenWeight(ChatFamily):
    """gpt-oss: reasoning stands in the text, between ``<reasoning>`` and ``</reasoning>``."""

    prefixes = ("openai.",)

    def traits(self, model_id: str) -> Traits:
        """Return what the models can do: texts and tools, no media."""
        return Traits(images=False, documents=False, leading_assistant=True, prefill=True)

    def text(self, reply: Reply) -> str:
        """Return the reasoning between its marks, and the text."""
        shown = f"<reasoning>{reply.reasoning}</reasoning>" if reply.reasoning else ""
        return shown + reply.text

    def chunks(
        self, conversation: Conversation, reply: Reply, events: Iterator[Event]
    ) -> Iterator[dict[str, Any]]:
        """Yield chunks; reasoning comes as text between its marks."""
        return super().chunks(conversation, reply, _marked(events))


def _marked(events: Iterator[Event]) -> Iterator[Event]:
    """Turn the deltas of a block of reasoning into text, with a mark before and after."""
    inside = False
    for kind, event in events:
        reasoning = event["delta"].get("reasoningContent") if kind == "contentBlockDelta" else None
        if reasoning is not None and "text" in reasoning:
            mark = "" if inside else "<reasoning>"
            inside = True
            yield kind, {"delta": {"text": mark + reasoning["text"]}}
        elif kind == "contentBlockStop" and inside:
            inside = False
            yield "contentBlockDelta", {"delta": {"text": "</reasoning>"}}
        else:
            yield kind, event
