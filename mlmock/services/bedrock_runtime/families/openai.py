"""OpenAI's open-weight models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlmock.services.bedrock_runtime.conversation.replies import Reply
from mlmock.services.bedrock_runtime.conversation.requests import Conversation
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.families.base import Event
from mlmock.services.bedrock_runtime.families.chat_completions import ChatFamily
from mlmock.services.bedrock_runtime.families.text_output import block_text, inline_reasoning

_TAGS = ("<reasoning>", "</reasoning>")


class OpenWeight(ChatFamily):
    """The gpt-oss models, with reasoning in the text between ``<reasoning>`` tags."""

    prefixes = ("openai.",)

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model: text and tools, no media."""
        return Traits(images=False, leading_assistant=True, prefill=True)

    def text(self, reply: Reply) -> str:
        """Return the texts and the reasoning in order, the reasoning in its tags."""
        blocks = (block for block in reply.content if "toolUse" not in block)
        return "".join(block_text(block, _TAGS) for block in blocks)

    def chunks(
        self, conversation: Conversation, reply: Reply, events: Iterator[Event]
    ) -> Iterator[dict[str, Any]]:
        """Yield chunks in which reasoning is text in its tags."""
        return super().chunks(conversation, reply, inline_reasoning(events, _TAGS))
