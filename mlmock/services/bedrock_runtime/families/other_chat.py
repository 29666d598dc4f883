"""Providers with the chat completions format and no differences of their own."""

from __future__ import annotations

from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.families.chat_completions import ChatFamily

_IMAGE_INPUT = ("google.gemma-3", "moonshotai.kimi-k2.5", "nvidia.nemotron-nano-12b")


class OtherChat(ChatFamily):
    """Gemma, Kimi, MiniMax, Nemotron, GLM, Grok."""

    prefixes = ("google.", "minimax.", "moonshot.", "moonshotai.", "nvidia.", "xai.", "zai.")

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model."""
        images = model_id.startswith(_IMAGE_INPUT)
        return Traits(images=images, leading_assistant=True, prefill=True)
