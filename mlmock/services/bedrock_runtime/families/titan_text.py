"""Amazon Titan's text models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from mlmock.services.bedrock_runtime.conversation.replies import Reply
from mlmock.services.bedrock_runtime.conversation.requests import Conversation
from mlmock.services.bedrock_runtime.conversation.tokens import text_tokens
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.families.base import Body, Event, Family
from mlmock.services.bedrock_runtime.families.prompt_formats import JOINED, turns_of
from mlmock.services.bedrock_runtime.families.text_output import iter_text, words_of
from mlmock.services.bedrock_runtime.validation import schema

_REASONS = {
    "max_tokens": "LENGTH",
    "stop_sequence": "STOP_CRITERIA_MET",
    "content_filtered": "CONTENT_FILTERED",
}
_MOST = {
    "amazon.titan-text-lite": 4096,
    "amazon.titan-text-premier": 3072,
}


class TitanText(Family):
    """Titan Text Lite, Express and Premier."""

    prefixes = ("amazon.titan-text", "amazon.titan-tg1")

    def traits(self, model_id: str) -> Traits:
        """Return what the models can do: texts, without system texts or tools."""
        return Traits(tools=False, system=False, images=False, max_tokens=_most(model_id))

    def parse_request(self, body: Body, model_id: str) -> Conversation:
        """Return the turns in ``inputText``, which may be marked ``User:`` and ``Bot:``."""
        schema.validate(_body(_most(model_id)), body)
        said: Mapping[str, Any] = body.get("textGenerationConfig", {})
        system, messages = turns_of(body["inputText"], JOINED)
        return Conversation(
            model_id=model_id,
            messages=messages,
            system=system,
            max_tokens=said.get("maxTokenCount") or None,
            temperature=said.get("temperature"),
            top_p=said.get("topP"),
            stop_sequences=tuple(said.get("stopSequences", ())),
        )

    def format_reply(self, conversation: Conversation, reply: Reply) -> dict[str, Any]:
        """Return the only result, with its tokens."""
        result = {
            "tokenCount": reply.usage.output_tokens,
            "outputText": words_of(reply),
            "completionReason": _REASONS.get(reply.stop_reason, "FINISH"),
        }
        return {"inputTextTokenCount": reply.usage.input_tokens, "results": [result]}

    def chunks(
        self, conversation: Conversation, reply: Reply, events: Iterator[Event]
    ) -> Iterator[dict[str, Any]]:
        """Yield pieces; the count of all tokens and the reason are null until the last."""
        for text in iter_text(events):
            if text is not None:
                yield _chunk(text, reply, None, None)
            else:
                reason = _REASONS.get(reply.stop_reason, "FINISH")
                yield _chunk("", reply, reply.usage.output_tokens, reason)

    def blocked(self, conversation: Conversation, message: str) -> dict[str, Any]:
        """Return the chunk of a recorded stream: no reason, and floats for numbers."""
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


def _most(model_id: str) -> int:
    return next((most for name, most in _MOST.items() if model_id.startswith(name)), 8192)


@lru_cache(maxsize=8)
def _body(most: int) -> schema.ObjectOf:
    config: dict[str, schema.Schema] = {
        "maxTokenCount": schema.integer(0, most),
        "temperature": schema.Number(0, 1),
        "topP": schema.Number(0, 1),
        "stopSequences": schema.ListOf(schema.String()),
    }
    return schema.ObjectOf(
        {"inputText": schema.String(1)}, {"textGenerationConfig": schema.ObjectOf(optional=config)}
    )
