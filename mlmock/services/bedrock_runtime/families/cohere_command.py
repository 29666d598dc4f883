"""Command and Command Light, the first text models of Cohere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlmock.services.bedrock_runtime.conversation.ids import uuid_from
from mlmock.services.bedrock_runtime.conversation.replies import Reply
from mlmock.services.bedrock_runtime.conversation.requests import Conversation
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.families.base import Body, Event, Family
from mlmock.services.bedrock_runtime.families.text_output import iter_text, reply_text
from mlmock.services.bedrock_runtime.validation import schema

_BODY = schema.ObjectOf(
    {"prompt": schema.String(1)},
    {
        "max_tokens": schema.integer(1, 4096),
        "temperature": schema.Number(0, 5),
        "p": schema.Number(0, 1),
        "k": schema.integer(0, 500),
        "stop_sequences": schema.ListOf(schema.String()),
        "num_generations": schema.integer(1, 5),
        "return_likelihoods": schema.String(enum=("GENERATION", "ALL", "NONE")),
        "stream": schema.Boolean(),
        "logit_bias": schema.ObjectOf(additional=True),
        "truncate": schema.String(enum=("NONE", "START", "END")),
    },
)


class Command(Family):
    """Command and Command Light."""

    prefixes = ("cohere.command",)

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model: text without system text or tools."""
        return Traits(
            tools=False,
            system=False,
            images=False,
            documents="light" not in model_id,
            max_tokens=4096,
        )

    def parse_request(self, body: Body, model_id: str) -> Conversation:
        """Return the prompt as a user turn."""
        schema.validate(_BODY, body)
        return Conversation(
            model_id=model_id,
            messages=[{"role": "user", "content": [{"text": body["prompt"]}]}],
            max_tokens=body.get("max_tokens"),
            temperature=body.get("temperature"),
            top_p=body.get("p"),
            stop_sequences=tuple(body.get("stop_sequences", ())),
            extra={
                "count": body.get("num_generations", 1),
                "prompt": body["prompt"],
                "stream": body.get("stream", False),
            },
        )

    def format_reply(self, conversation: Conversation, reply: Reply) -> dict[str, Any]:
        """Return the requested number of generations.

        Assumption: all generations have the same text.
        """
        seed = reply.characters(16)
        generations = [
            {
                "finish_reason": finish_reason(reply),
                "id": uuid_from(f"{seed}{index}"),
                "text": reply_text(reply),
            }
            for index in range(conversation.extra.get("count", 1))
        ]
        prompt = conversation.extra.get("prompt", conversation.last_user)
        return {"generations": generations, "id": uuid_from(seed), "prompt": prompt}

    def chunks(
        self, conversation: Conversation, reply: Reply, events: Iterator[Event]
    ) -> Iterator[dict[str, Any]]:
        """Yield pieces of text if the body has ``stream``, otherwise the whole response."""
        streams = conversation.extra.get("stream", False)
        for text in iter_text(events):
            if text is None and not streams:
                yield self.format_reply(conversation, reply)
            elif text is not None and streams:
                yield {"index": 0, "is_finished": False, "text": text}
            elif text is None:
                yield {"finish_reason": finish_reason(reply), "is_finished": True}


def finish_reason(reply: Reply) -> str:
    """Return Cohere's name of the stop reason."""
    if reply.stop_reason == "content_filtered":
        return "ERROR_TOXIC"
    return "MAX_TOKENS" if reply.stop_reason == "max_tokens" else "COMPLETE"
