"""The text models of Amazon Titan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from mlmock.services.bedrock_runtime.conversation.replies import Reply
from mlmock.services.bedrock_runtime.conversation.requests import Conversation
from mlmock.services.bedrock_runtime.conversation.tokens import text_tokens
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.families.base import Body, Event, Family
from mlmock.services.bedrock_runtime.families.prompt_formats import USER_BOT, parse_prompt
from mlmock.services.bedrock_runtime.families.text_output import iter_text, reply_text
from mlmock.services.bedrock_runtime.validation import schema

_COMPLETION_REASONS = {
    "max_tokens": "LENGTH",
    "stop_sequence": "STOP_CRITERIA_MET",
    "content_filtered": "CONTENT_FILTERED",
}
_MAX_TOKENS = {
    "amazon.titan-text-lite": 4096,
    "amazon.titan-text-premier": 3072,
}


class TitanText(Family):
    """Titan Text Lite, Express and Premier."""

    prefixes = ("amazon.titan-text", "amazon.titan-tg1")

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model: text without system text or tools."""
        return Traits(tools=False, system=False, images=False, max_tokens=_max_tokens(model_id))

    def parse_request(self, body: Body, model_id: str) -> Conversation:
        """Return the turns in ``inputText``, which ``User:`` and ``Bot:`` may separate."""
        schema.validate(_body_schema(_max_tokens(model_id)), body)
        config: Mapping[str, Any] = body.get("textGenerationConfig", {})
        system, messages = parse_prompt(body["inputText"], USER_BOT)
        return Conversation(
            model_id=model_id,
            messages=messages,
            system=system,
            max_tokens=config.get("maxTokenCount") or None,
            temperature=config.get("temperature"),
            top_p=config.get("topP"),
            stop_sequences=tuple(config.get("stopSequences", ())),
        )

    def format_reply(self, conversation: Conversation, reply: Reply) -> dict[str, Any]:
        """Return the only result with its token count."""
        result = {
            "tokenCount": reply.usage.output_tokens,
            "outputText": reply_text(reply),
            "completionReason": _COMPLETION_REASONS.get(reply.stop_reason, "FINISH"),
        }
        return {"inputTextTokenCount": reply.usage.input_tokens, "results": [result]}

    def chunks(
        self, conversation: Conversation, reply: Reply, events: Iterator[Event]
    ) -> Iterator[dict[str, Any]]:
        """Yield pieces of text; token count and reason are null except in the last chunk."""
        for text in iter_text(events):
            if text is not None:
                yield _chunk(text, reply, None, None)
            else:
                reason = _COMPLETION_REASONS.get(reply.stop_reason, "FINISH")
                yield _chunk("", reply, reply.usage.output_tokens, reason)

    def blocked_chunk(self, conversation: Conversation, message: str) -> dict[str, Any]:
        """Return the only chunk of a blocked prompt: no reason, and floats for numbers.

        Source: recorded response.
        """
        return {
            "outputText": message,
            "index": 0.0,
            "totalOutputTextTokenCount": float(text_tokens(message)),
            "inputTextTokenCount": float(conversation.input_tokens),
        }


def _chunk(text: str, reply: Reply, tokens: int | None, reason: str | None) -> dict[str, Any]:
    return {
        "outputText": text,
        "index": 0,
        "totalOutputTextTokenCount": tokens,
        "completionReason": reason,
        "inputTextTokenCount": reply.usage.input_tokens,
    }


def _max_tokens(model_id: str) -> int:
    return next((limit for name, limit in _MAX_TOKENS.items() if model_id.startswith(name)), 8192)


@lru_cache(maxsize=8)
def _body_schema(max_tokens: int) -> schema.ObjectOf:
    config: dict[str, schema.Schema] = {
        "maxTokenCount": schema.integer(0, max_tokens),
        "temperature": schema.Number(0, 1),
        "topP": schema.Number(0, 1),
        "stopSequences": schema.ListOf(schema.String()),
    }
    return schema.ObjectOf(
        {"inputText": schema.String(1)}, {"textGenerationConfig": schema.ObjectOf(optional=config)}
    )
