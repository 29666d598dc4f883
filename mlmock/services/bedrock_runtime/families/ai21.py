"""The models of AI21 Labs: Jurassic-2 and Jamba."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from mlmock.services.bedrock_runtime.conversation.replies import Reply
from mlmock.services.bedrock_runtime.conversation.requests import Conversation
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.families.base import Body, Event, Family
from mlmock.services.bedrock_runtime.families.chat_completions import (
    MESSAGE,
    RESPONSE_FORMAT,
    STOP,
    TOOL,
    TOOL_CHOICE,
    ChatFamily,
    format_usage,
)
from mlmock.services.bedrock_runtime.families.text_output import reply_text
from mlmock.services.bedrock_runtime.validation import schema

_PENALTY = schema.ObjectOf({"scale": schema.Number(0, 500)}, additional=True)
_JURASSIC = schema.ObjectOf(
    {"prompt": schema.String(1)},
    {
        "maxTokens": schema.integer(0, 8191),
        "minTokens": schema.integer(0),
        "numResults": schema.integer(1, 16),
        "temperature": schema.Number(0, 1),
        "topP": schema.Number(0, 1),
        "topKReturn": schema.integer(0, 64),
        "stopSequences": schema.ListOf(schema.String()),
        "countPenalty": _PENALTY,
        "presencePenalty": _PENALTY,
        "frequencyPenalty": _PENALTY,
    },
)
_TOKEN = re.compile(r"\s*\S+")


class Jurassic(Family):
    """Jurassic-2 Mid and Ultra, with a prompt and without streams."""

    prefixes = ("ai21.j2",)

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model: text without system text, tools or streams."""
        return Traits(
            streaming=False, tools=False, system=False, images=False, documents=False,
            max_tokens=8191,
        )  # fmt: skip

    def parse_request(self, body: Body, model_id: str) -> Conversation:
        """Return the prompt as a user turn."""
        schema.validate(_JURASSIC, body)
        return Conversation(
            model_id=model_id,
            messages=[{"role": "user", "content": [{"text": body["prompt"]}]}],
            max_tokens=body.get("maxTokens") or None,
            temperature=body.get("temperature"),
            top_p=body.get("topP"),
            stop_sequences=tuple(body.get("stopSequences", ())),
            extra={"count": body.get("numResults", 1)},
        )

    def format_reply(self, conversation: Conversation, reply: Reply) -> dict[str, Any]:
        """Return the requested number of completions.

        Assumption: all completions have the same text.
        """
        completion = {
            "data": _text_with_tokens(reply_text(reply)),
            "finishReason": _finish_reason(reply),
        }
        return {
            "id": 1234,
            "prompt": _text_with_tokens(conversation.last_user),
            "completions": [completion] * conversation.extra.get("count", 1),
        }


def _finish_reason(reply: Reply) -> dict[str, Any]:
    if reply.stop_reason == "max_tokens":
        return {"reason": "length", "length": reply.usage.output_tokens}
    if reply.stop_sequence is not None:
        return {"reason": "stop", "sequence": reply.stop_sequence}
    return {"reason": "endoftext"}


def _text_with_tokens(text: str) -> dict[str, Any]:
    """Return a text with its tokens.

    Assumption: every word is a token with the log probability 0.
    """
    return {"text": text, "tokens": [_format_token(match) for match in _TOKEN.finditer(text)]}


def _format_token(match: re.Match[str]) -> dict[str, Any]:
    token = match.group().replace(" ", "▁")
    return {
        "generatedToken": {"token": token, "logprob": 0.0, "raw_logprob": 0.0},
        "topTokens": None,
        "textRange": {"start": match.start(), "end": match.end()},
    }


class Jamba(ChatFamily):
    """Jamba, with messages and a response without ``object`` and ``created``."""

    prefixes = ("ai21.",)
    body: ClassVar[schema.ObjectOf] = schema.ObjectOf(
        {"messages": schema.ListOf(MESSAGE, min_items=1)},
        {
            "max_tokens": schema.integer(1, 4096),
            "temperature": schema.Number(0, 2),
            "top_p": schema.Number(0, 1),
            "stop": STOP,
            "n": schema.integer(1, 16),
            "frequency_penalty": schema.Number(),
            "presence_penalty": schema.Number(),
            "tools": schema.ListOf(TOOL),
            "tool_choice": TOOL_CHOICE,
            "documents": schema.ListOf(),
            "response_format": RESPONSE_FORMAT,
        },
    )

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model; tools are supported since version 1.5."""
        tools = "instruct" not in model_id
        return Traits(
            tools=tools,
            tool_choices=frozenset({"auto"}),
            images=False,
            documents=tools,
            max_tokens=4096,
        )

    def head(self, conversation: Conversation, reply: Reply, kind: str) -> dict[str, Any]:
        """Return the id, which is the only member before the choices."""
        return {"id": f"chatcmpl-{reply.characters(32)}"}

    def format_reply(self, conversation: Conversation, reply: Reply) -> dict[str, Any]:
        """Return the completion, with the name of the model as its last member."""
        choice = self.choice("message", self.message(reply), self.finish_reason(reply))
        head: Mapping[str, Any] = self.head(conversation, reply, "")
        name = re.sub(r"-v\d+(?::\d+)?$", "", conversation.model_id.removeprefix("ai21."))
        return dict(head) | {"choices": [choice], "usage": format_usage(reply), "model": name}

    def chunks(
        self, conversation: Conversation, reply: Reply, events: Iterator[Event]
    ) -> Iterator[dict[str, Any]]:
        """Yield chunks with one delta each; the last has the stop reason and the usage."""
        for chunk in super().chunks(conversation, reply, events):
            last = chunk["choices"][0]["finish_reason"] is not None
            yield chunk | {"usage": format_usage(reply)} if last else chunk
