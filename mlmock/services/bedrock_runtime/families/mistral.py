"""The models of Mistral AI, with a prompt or with messages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from mlmock.services.bedrock_runtime.conversation.replies import Reply
from mlmock.services.bedrock_runtime.conversation.requests import Conversation
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.families.base import Body, Event, Family
from mlmock.services.bedrock_runtime.families.chat_completions import ChatFamily
from mlmock.services.bedrock_runtime.families.prompt_formats import INST_TAGS, parse_prompt
from mlmock.services.bedrock_runtime.families.text_output import iter_text, reply_text
from mlmock.services.bedrock_runtime.validation import schema


@lru_cache(maxsize=2)
def _prompt_schema(max_tokens: int) -> schema.ObjectOf:
    limits: dict[str, schema.Schema] = {
        "max_tokens": schema.integer(1, max_tokens),
        "temperature": schema.Number(0, 1),
        "top_p": schema.Number(0, 1),
        "top_k": schema.integer(0, 200),
        "stop": schema.ListOf(schema.String(), max_items=10),
    }
    return schema.ObjectOf({"prompt": schema.String(1)}, limits)


_TOOL_CHOICES = frozenset({"auto", "any"})


class MistralText(Family):
    """Mistral 7B, Mixtral 8x7B and the first Large and Small, with a prompt in ``[INST]`` tags."""

    prefixes = (
        "mistral.mistral-7b",
        "mistral.mistral-large-2402",
        "mistral.mistral-small",
        "mistral.mixtral",
    )

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model; 7B and 8x7B support no system text and no tools."""
        open_weight = "-7b" in model_id or "mixtral" in model_id
        return Traits(
            tools=not open_weight,
            system=not open_weight,
            tool_choices=_TOOL_CHOICES,
            images=False,
            mixes_results=False,
            max_tokens=4096 if "mixtral" in model_id else 8192,
        )

    def parse_request(self, body: Body, model_id: str) -> Conversation:
        """Return the turns of the prompt."""
        schema.validate(_prompt_schema(4096 if "mixtral" in model_id else 8192), body)
        system, messages = parse_prompt(body["prompt"], INST_TAGS)
        return Conversation(
            model_id=model_id,
            messages=messages,
            system=system,
            max_tokens=body.get("max_tokens"),
            temperature=body.get("temperature"),
            top_p=body.get("top_p"),
            stop_sequences=tuple(body.get("stop", ())),
            extra={"prompt": True},
        )

    def format_reply(self, conversation: Conversation, reply: Reply) -> dict[str, Any]:
        """Return the only output."""
        return _outputs(reply_text(reply), _stop_reason(reply))

    def chunks(
        self, conversation: Conversation, reply: Reply, events: Iterator[Event]
    ) -> Iterator[dict[str, Any]]:
        """Yield pieces of text; the stop reason is null except in the last chunk."""
        for text in iter_text(events):
            yield _outputs("", _stop_reason(reply)) if text is None else _outputs(text, None)


def _outputs(text: str, reason: str | None) -> dict[str, Any]:
    return {"outputs": [{"text": text, "stop_reason": reason}]}


def _stop_reason(reply: Reply) -> str:
    return "length" if reply.stop_reason == "max_tokens" else "stop"


_TEXT_FAMILY = MistralText()


class MistralChat(ChatFamily):
    """Large 2 and Pixtral, with messages and ``stop_reason`` in a choice.

    Assumption: a prompt is accepted and answered as by the older models, because clients send one.
    """

    prefixes = ("mistral.mistral-large-2407", "mistral.pixtral")
    reason_key = "stop_reason"

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model."""
        return Traits(
            images="pixtral" in model_id,
            tool_choices=_TOOL_CHOICES,
            mixes_results=False,
            max_tokens=8192,
        )

    def model_name(self, model_id: str) -> str:
        """Return the provider's name of the model."""
        return re.sub(r"-v\d+(?::\d+)?$", "", model_id.removeprefix("mistral."))

    def parse_request(self, body: Body, model_id: str) -> Conversation:
        """Return the messages of the body, or the turns of its prompt."""
        if "messages" in body or "prompt" not in body:
            return super().parse_request(body, model_id)
        return _TEXT_FAMILY.parse_request(body, model_id)

    def format_reply(self, conversation: Conversation, reply: Reply) -> dict[str, Any]:
        """Return a chat completion, or an output if the request has a prompt."""
        if conversation.extra.get("prompt"):
            return _TEXT_FAMILY.format_reply(conversation, reply)
        return super().format_reply(conversation, reply)

    def chunks(
        self, conversation: Conversation, reply: Reply, events: Iterator[Event]
    ) -> Iterator[dict[str, Any]]:
        """Yield chunks with one delta each, or outputs if the request has a prompt."""
        if conversation.extra.get("prompt"):
            return _TEXT_FAMILY.chunks(conversation, reply, events)
        return super().chunks(conversation, reply, events)


class MistralCurrent(ChatFamily):
    """Large 3, Ministral, Magistral, Devstral and Voxtral, with plain chat completions."""

    prefixes = ("mistral.",)

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model."""
        text_or_audio = "voxtral" in model_id or "devstral" in model_id
        audio = "voxtral" in model_id
        return Traits(images=not text_or_audio, audios=audio, leading_assistant=True, prefill=True)
