"""Qwen."""

from __future__ import annotations

from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.families.chat_completions import ChatFamily


class Qwen(ChatFamily):
    """Qwen 3, in the shape of chat completions."""

    prefixes = ("qwen.",)

    def traits(self, model_id: str) -> Traits:
        """Return what the models can do: pictures only those for them (``-vl-``)."""
        images = "-vl-" in model_id
        return Traits(images=images, leading_assistant=True, prefill=True)
