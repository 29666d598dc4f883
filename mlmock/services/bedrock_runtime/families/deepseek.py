"""The DeepSeek models: R1 with a prompt, later models with messages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlmock.services.bedrock_runtime.conversation.replies import Reply
from mlmock.services.bedrock_runtime.conversation.requests import Conversation
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.families.base import Body, Event, Family
from mlmock.services.bedrock_runtime.families.chat_completions import MESSAGE, STOP, ChatFamily
from mlmock.services.bedrock_runtime.families.chat_messages import parse_messages
from mlmock.services.bedrock_runtime.families.prompt_formats import DEEPSEEK_TAGS, parse_prompt
from mlmock.services.bedrock_runtime.families.text_output import (
    inline_reasoning,
    iter_text,
    reply_text,
)
from mlmock.services.bedrock_runtime.validation import schema

_LIMITS: dict[str, schema.Schema] = {
    "max_tokens": schema.integer(1, 32768),
    "temperature": schema.Number(0, 1),
    "top_p": schema.Number(0, 1),
    "stop": STOP,
}
_TAGS = ("", "\n</think>\n\n")
_PROMPT = schema.ObjectOf({"prompt": schema.String(1)}, _LIMITS)
_MESSAGES = schema.ObjectOf({"messages": schema.ListOf(MESSAGE, min_items=1)}, _LIMITS)


class DeepSeekReasoner(Family):
    """R1, whose text starts with reasoning that ends with ``</think>``."""

    prefixes = ("deepseek.r1",)

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model: no tools, no media."""
        return Traits(tools=False, images=False, max_tokens=32768)

    def parse_request(self, body: Body, model_id: str) -> Conversation:
        """Return the messages of the body, or the turns of its prompt."""
        if "messages" in body:
            schema.validate(_MESSAGES, body)
            system, messages = parse_messages(body["messages"])
        else:
            schema.validate(_PROMPT, body)
            system, messages = parse_prompt(body["prompt"], DEEPSEEK_TAGS)
        stop = body.get("stop") or ()
        return Conversation(
            model_id=model_id,
            messages=messages,
            system=system,
            max_tokens=body.get("max_tokens"),
            temperature=body.get("temperature"),
            top_p=body.get("top_p"),
            stop_sequences=(stop,) if isinstance(stop, str) else tuple(stop),
        )

    def format_reply(self, conversation: Conversation, reply: Reply) -> dict[str, Any]:
        """Return the only choice: the reasoning, its end tag and the text."""
        return _choices(reply_text(reply, _TAGS), _stop_reason(reply))

    def chunks(
        self, conversation: Conversation, reply: Reply, events: Iterator[Event]
    ) -> Iterator[dict[str, Any]]:
        """Yield pieces of text; the stop reason is null except in the last chunk."""
        for text in iter_text(inline_reasoning(events, _TAGS)):
            yield _choices("", _stop_reason(reply)) if text is None else _choices(text, None)


class DeepSeekChat(ChatFamily):
    """V3 and later models, with the chat completions format."""

    prefixes = ("deepseek.",)

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model: text and tools, no media."""
        return Traits(images=False, leading_assistant=True, prefill=True)


def _choices(text: str, reason: str | None) -> dict[str, Any]:
    return {"choices": [{"text": text, "stop_reason": reason}]}


def _stop_reason(reply: Reply) -> str:
    return "length" if reply.stop_reason == "max_tokens" else "stop"
