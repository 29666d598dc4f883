"""Requests to models, independent of the operation that carries them.

All values have the form of Converse. The families translate the bodies of providers into this form
and back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from mlmock.services.bedrock_runtime.conversation.tokens import conversation_tokens, overhead_tokens

Block = Mapping[str, Any]
Message = Mapping[str, Any]
EMPTY: dict[str, Any] = {}


class _ConversationFields(NamedTuple):
    model_id: str
    messages: Sequence[Message]
    system: str = ""
    tools: Sequence[Mapping[str, Any]] = ()
    tool_choice: Mapping[str, Any] | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop_sequences: Sequence[str] = ()
    schema: Mapping[str, Any] | None = None
    extra: Mapping[str, Any] = EMPTY
    system_blocks: Sequence[Block] = ()


class Conversation(_ConversationFields):
    """A request to a text model.

    `messages` are Converse messages (a prompt is one user message), `system` is the joined system
    text, `tools` are Converse tools (``{"toolSpec": {...}}``), and `tool_choice` is a tool choice
    of Converse or None. `extra` has the other members of the body that the reply depends on.
    `system_blocks` are the system blocks including their cache points. The class is a tuple because
    every call creates one, and creating a tuple takes half the time of a frozen dataclass.
    """

    @cached_property
    def last_user(self) -> str:
        """The text of the last user turn that contains text, or an empty string."""
        for message in reversed(self.messages):
            if message["role"] == "user":
                text = joined_text(message.get("content", ()))
                if text:
                    return text
        return ""

    @property
    def turn(self) -> int:
        """The count of user turns."""
        return sum(message["role"] == "user" for message in self.messages)

    @property
    def has_tool_result(self) -> bool:
        """Whether the last turn contains a tool result."""
        return bool(self.tool_results)

    @cached_property
    def tool_results(self) -> list[Any]:
        """The tool results in the last turn, each as text or as its JSON value."""
        last = self.messages[-1] if self.messages else EMPTY
        blocks = last.get("content", ())
        return [tool_result_value(b["toolResult"]) for b in blocks if "toolResult" in b]

    @property
    def tool_names(self) -> list[str]:
        """The names of the tools that the caller defines."""
        return [tool["toolSpec"]["name"] for tool in self.tools if "toolSpec" in tool]

    @cached_property
    def input_tokens(self) -> int:
        """The estimated count of input tokens."""
        return conversation_tokens(self.messages, self.system, self.tools)

    def set_content_tokens(self, content_tokens: int) -> None:
        """Set `input_tokens` from the tokens of the messages' content, if already counted."""
        vars(self)["input_tokens"] = content_tokens + overhead_tokens(
            self.messages, self.system, self.tools
        )

    @property
    def user_texts(self) -> list[str]:
        """The texts of all user turns, oldest first."""
        users = (m for m in self.messages if m["role"] == "user")
        return [b["text"] for m in users for b in m.get("content", ()) if "text" in b]


@dataclass(frozen=True, slots=True)
class EmbeddingRequest:
    """A request for embeddings, one for each of `inputs` (texts, or the bytes of images)."""

    model_id: str
    inputs: Sequence[str | bytes]
    dimensions: int
    normalize: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """A request for `count` images of `width` by `height` pixels."""

    model_id: str
    prompt: str
    count: int = 1
    width: int = 1024
    height: int = 1024
    seed: int = 0
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RerankRequest:
    """A request to rank `documents` by relevance to `query` and return the first `top_n`."""

    model_id: str
    query: str
    documents: Sequence[str]
    top_n: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


ModelRequest = Conversation | EmbeddingRequest | ImageRequest | RerankRequest


def joined_text(blocks: Sequence[Block]) -> str:
    """Return the texts of content blocks, including guarded text, joined by line breaks."""
    texts = []
    for block in blocks:
        if "text" in block:
            texts.append(block["text"])
        elif "guardContent" in block and "text" in block["guardContent"]:
            texts.append(block["guardContent"]["text"]["text"])
    return "\n".join(texts)


def tool_result_value(result: Mapping[str, Any]) -> Any:
    """Return the JSON value of a toolResult if it has no other content, otherwise its text."""
    content = result.get("content", ())
    if len(content) == 1 and "json" in content[0]:
        return content[0]["json"]
    return joined_text(content)
