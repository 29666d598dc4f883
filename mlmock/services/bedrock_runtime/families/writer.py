"""The Palmyra models of Writer, with messages or a prompt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlmock.services.bedrock_runtime.conversation.replies import Reply
from mlmock.services.bedrock_runtime.conversation.requests import Conversation
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.families.base import Body, Event
from mlmock.services.bedrock_runtime.families.chat_completions import STOP, ChatFamily, format_usage
from mlmock.services.bedrock_runtime.families.prompt_formats import INST_TAGS, parse_prompt
from mlmock.services.bedrock_runtime.families.text_output import iter_text, reply_text
from mlmock.services.bedrock_runtime.validation import schema

_PROMPT = schema.ObjectOf(
    {"prompt": schema.String(1)},
    {
        "max_tokens": schema.integer(1),
        "temperature": schema.Number(0, 2),
        "top_p": schema.Number(0, 1),
        "stop": STOP,
    },
    additional=True,
)


class Writer(ChatFamily):
    """Palmyra, with the chat completions format or text completions for a prompt.

    Assumption: a prompt is accepted, because a client sends one. The developer guide does not
    mention it.
    """

    prefixes = ("writer.",)

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model.

        Source: Amazon Bedrock user guide, for the limit of 8192 tokens.
        """
        images = "vision" in model_id
        return Traits(
            streaming_tools=False,
            images=images,
            mixes_results=False,
            result_status=False,
            max_tokens=8192,
        )

    def parse_request(self, body: Body, model_id: str) -> Conversation:
        """Return the messages of the body, or the turns of its prompt."""
        if "messages" in body or "prompt" not in body:
            return super().parse_request(body, model_id)
        schema.validate(_PROMPT, body)
        stop = body.get("stop") or ()
        system, messages = parse_prompt(body["prompt"], INST_TAGS)
        return Conversation(
            model_id=model_id,
            messages=messages,
            system=system,
            max_tokens=body.get("max_tokens"),
            temperature=body.get("temperature"),
            top_p=body.get("top_p"),
            stop_sequences=(stop,) if isinstance(stop, str) else tuple(stop),
            extra={"prompt": True},
        )

    def format_reply(self, conversation: Conversation, reply: Reply) -> dict[str, Any]:
        """Return a chat completion, or a text completion if the request has a prompt."""
        if not conversation.extra.get("prompt"):
            return super().format_reply(conversation, reply)
        choice = _text_choice(reply_text(reply), self.finish_reason(reply))
        head = self.head(conversation, reply, "text_completion")
        return head | {"choices": [choice], "usage": format_usage(reply)}

    def chunks(
        self, conversation: Conversation, reply: Reply, events: Iterator[Event]
    ) -> Iterator[dict[str, Any]]:
        """Yield chunks with one delta each, or pieces of text if the request has a prompt."""
        if conversation.extra.get("prompt"):
            return self._text_chunks(conversation, reply, events)
        return super().chunks(conversation, reply, events)

    def _text_chunks(
        self, conversation: Conversation, reply: Reply, events: Iterator[Event]
    ) -> Iterator[dict[str, Any]]:
        head = self.head(conversation, reply, "text_completion")
        for text in iter_text(events):
            reason = self.finish_reason(reply) if text is None else None
            yield head | {"choices": [_text_choice(text or "", reason)]}


def _text_choice(text: str, reason: str | None) -> dict[str, Any]:
    return {"index": 0, "text": text, "finish_reason": reason}
