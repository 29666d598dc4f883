"""What callers say to a model and what it says back, whichever operation carries it.

Everything is in Converse's words: the families translate a provider's body into them and back.
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
    """What a caller says to a model that speaks.

    `messages` are Converse messages (a prompt is one user message), `system` the joined system
    text, `tools` Converse tools (``{"toolSpec": {...}}``), `tool_choice` Converse's or None.
    `extra` is whatever else the body held that the answer may depend on, `system_blocks` the blocks
    of the system text with their cache points, where there are any. A tuple, because one is
    made for every call, and a tuple is made in half the time of a frozen dataclass.
    """

    @cached_property
    def last_user(self) -> str:
        """The text of the last user turn that has any."""
        for message in reversed(self.messages):
            if message["role"] == "user":
                text = joined_text(message.get("content", ()))
                if text:
                    return text
        return ""

    @property
    def turn(self) -> int:
        """How many user turns there are."""
        return sum(message["role"] == "user" for message in self.messages)

    @property
    def has_tool_result(self) -> bool:
        """True when the last turn carries the result of a tool."""
        return bool(self.tool_results)

    @cached_property
    def tool_results(self) -> list[Any]:
        """The results in the last turn, each as a text or as its JSON value."""
        last = self.messages[-1] if self.messages else EMPTY
        blocks = last.get("content", ())
        return [tool_result_value(b["toolResult"]) for b in blocks if "toolResult" in b]

    @property
    def tool_names(self) -> list[str]:
        """The names of the tools on offer."""
        return [tool["toolSpec"]["name"] for tool in self.tools if "toolSpec" in tool]

    @cached_property
    def input_tokens(self) -> int:
        """The estimate of the tokens that came in."""
        return conversation_tokens(self.messages, self.system, self.tools)

    def set_content_tokens(self, content_tokens: int) -> None:
        """Note the tokens of all messages' content, where somebody has counted them already."""
        vars(self)["input_tokens"] = content_tokens + overhead_tokens(
            self.messages, self.system, self.tools
        )

    @property
    def user_texts(self) -> list[str]:
        """Every text that the caller said in user turns, oldest first."""
        users = (m for m in self.messages if m["role"] == "user")
        return [b["text"] for m in users for b in m.get("content", ()) if "text" in b]


@dataclass(frozen=True, slots=True)
class EmbeddingRequest:
    """A request for vectors: one for each of `inputs` (texts, or the bytes of pictures)."""

    model_id: str
    inputs: Sequence[str | bytes]
    dimensions: int
    normalize: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """A request for `count` pictures of `width` by `height` pixels."""

    model_id: str
    prompt: str
    count: int = 1
    width: int = 1024
    height: int = 1024
    seed: int = 0
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RerankRequest:
    """A request to rank `documents` by what they say on `query`; the first `top` are asked for."""

    model_id: str
    query: str
    documents: Sequence[str]
    top_n: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


ModelRequest = Conversation | EmbeddingRequest | ImageRequest | RerankRequest


def joined_text(blocks: Sequence[Block]) -> str:
    """Return the text in content blocks, a line each; guarded text counts."""
    texts = []
    for block in blocks:
        if "text" in block:
            texts.append(block["text"])
        elif "guardContent" in block and "text" in block["guardContent"]:
            texts.append(block["guardContent"]["text"]["text"])
    return "\n".join(texts)


def tool_result_value(result: Mapping[str, Any]) -> Any:
    """Return what a toolResult says: its JSON if that is all there is, else its text."""
    content = result.get("content", ())
    if len(content) == 1 and "json" in content[0]:
        return content[0]["json"]
    return joined_text(content)
