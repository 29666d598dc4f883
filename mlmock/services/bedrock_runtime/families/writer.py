"""Writer's Palmyra."""

from __future__ import annotations

from mlmock.services.bedrock_runtime.families.base import Traits
from mlmock.services.bedrock_runtime.families.openai_chat import ChatFamily


class Writer(ChatFamily):
    """Palmyra, in the shape of chat completions."""

    prefixes = ("writer.",)

    def traits(self, model_id: str) -> Traits:
        """Return what the models can do; 8192 tokens is the developer guide's limit."""
        sees = "vision" in model_id
        return Traits(images=sees, documents=not sees, mixes_results=False, max_tokens=8192)
