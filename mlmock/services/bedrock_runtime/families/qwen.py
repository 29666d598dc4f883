"""The Qwen models."""

from __future__ import annotations

from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.families.chat_completions import ChatFamily


class Qwen(ChatFamily):
    """Qwen 3, with the chat completions format."""

    prefixes = ("qwen.",)

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model; only the vision models (``-vl-``) accept images."""
        images = "-vl-" in model_id
        return Traits(images=images, leading_assistant=True, prefill=True)
