"""OpenAI's open-weight models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlmock.services.bedrock_runtime.conversation.replies import Reply
from mlmock.services.bedrock_runtime.conversation.requests import Conversation
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.families.base import Event
from mlmock.services.bedrock_runtime.families.chat_completions import ChatFamily
from mlmock.services.bedrock_runtime.families.text_output import inline_reasoning, words

_MARKS = ("<reasoning>", "</reasoning>")


class OpenWeight(ChatFamily):
    """gpt-oss: reasoning stands in the text, between ``<reasoning>`` and ``</reasoning>``."""

    prefixes = ("openai.",)

    def traits(self, model_id: str) -> Traits:
        """Return what the models can do: texts and tools, no media."""
        return Traits(images=False, leading_assistant=True, prefill=True)

    def text(self, reply: Reply) -> str:
        """Return reasoning between its marks, and texts, in their order."""
        shown = (block for block in reply.content if "toolUse" not in block)
        return "".join(words(block, _MARKS) for block in shown)

    def chunks(
        self, conversation: Conversation, reply: Reply, events: Iterator[Event]
    ) -> Iterator[dict[str, Any]]:
        """Yield chunks; reasoning comes as text between its marks."""
        return super().chunks(conversation, reply, inline_reasoning(events, _MARKS))
