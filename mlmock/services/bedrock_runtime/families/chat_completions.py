"""The chat completions format of OpenAI, which most newer providers on Bedrock use.

A provider with this format is a subclass that defines its prefixes and overrides what differs.

Source: recorded responses of the open-weight models, for the keys and their order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from mlmock.services.bedrock_runtime.conversation.replies import Reply
from mlmock.services.bedrock_runtime.conversation.requests import Conversation
from mlmock.services.bedrock_runtime.families.base import Body, Event, Family
from mlmock.services.bedrock_runtime.families.chat_messages import (
    parse_messages,
    parse_tool_choice,
    parse_tools,
)
from mlmock.services.bedrock_runtime.validation import schema

_ANY_OBJECT = schema.ObjectOf(additional=True)
_URL = schema.OneOf((schema.String(1), schema.ObjectOf({"url": schema.String(1)}, additional=True)))
_CONTENT_PART = schema.TaggedUnion(
    "type",
    {
        "text": schema.ObjectOf({"text": schema.String()}, additional=True),
        "image_url": schema.ObjectOf({"image_url": _URL}, additional=True),
    },
)
_CONTENT_PARTS = schema.ListOf(schema.OneOf((schema.String(), _CONTENT_PART)))
_CALLED_FUNCTION = schema.ObjectOf(
    {"name": schema.String(1)},
    {"arguments": schema.OneOf((schema.String(), _ANY_OBJECT))},
    additional=True,
)
_TOOL_CALLS = schema.ListOf(
    schema.ObjectOf(
        {"function": _CALLED_FUNCTION},
        {"id": schema.String(), "type": schema.String()},
        additional=True,
    )
)
# Clients of Palmyra send parts without a type.
_UNTYPED_PART = schema.ObjectOf({"text": schema.String()}, additional=True)
_CONTENT = schema.OneOf((schema.String(), _CONTENT_PARTS, _CONTENT_PART, _UNTYPED_PART))
_ASSISTANT: dict[str, schema.Schema] = {
    "content": schema.OneOf((*_CONTENT.options, schema.Null())),
    "tool_calls": schema.OneOf((_TOOL_CALLS, schema.Null())),
}
MESSAGE = schema.TaggedUnion(
    "role",
    {
        **dict.fromkeys(
            ("system", "developer", "user"), schema.ObjectOf({"content": _CONTENT}, additional=True)
        ),
        "assistant": schema.ObjectOf(optional=_ASSISTANT, additional=True),
        "tool": schema.ObjectOf(
            {"content": _CONTENT}, {"tool_call_id": schema.String()}, additional=True
        ),
    },
    strict=True,
)
STOP = schema.OneOf((schema.String(), schema.ListOf(schema.String(), max_items=16), schema.Null()))
TOOL_CHOICE = schema.OneOf(
    (
        schema.String(enum=("none", "auto", "any", "required")),
        schema.ObjectOf(
            {"type": schema.String(1)},
            {"function": schema.ObjectOf({"name": schema.String(1)})},
            additional=True,
        ),
        schema.Null(),
    )
)
_FUNCTION = schema.ObjectOf(
    {"name": schema.String(1)},
    {
        "description": schema.OneOf((schema.String(), schema.Null())),
        "parameters": schema.OneOf((_ANY_OBJECT, schema.Null())),
    },
    additional=True,
)
TOOL = schema.TaggedUnion(
    "type", {"function": schema.ObjectOf({"function": _FUNCTION}, additional=True)}
)
_JSON_SCHEMA = schema.ObjectOf(
    optional={"name": schema.String(), "schema": schema.OneOf((_ANY_OBJECT, schema.Null()))},
    additional=True,
)
RESPONSE_FORMAT = schema.OneOf(
    (
        schema.TaggedUnion(
            "type", {"json_schema": schema.ObjectOf({"json_schema": _JSON_SCHEMA}, additional=True)}
        ),
        schema.Null(),
    )
)
FINISH_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "tool_use": "tool_calls",
    "content_filtered": "content_filter",
}


class ChatFamily(Family):
    """A provider with the chat completions format."""

    reason_key: ClassVar[str] = "finish_reason"
    """The name of the stop reason in a choice."""

    body: ClassVar[schema.ObjectOf] = schema.ObjectOf(
        {"messages": schema.ListOf(MESSAGE, min_items=1)},
        {
            "max_tokens": schema.integer(1),
            "max_completion_tokens": schema.integer(1),
            "temperature": schema.Number(0, 2),
            "top_p": schema.Number(0, 1),
            "stop": STOP,
            "n": schema.integer(1),
            "stream": schema.Boolean(),
            "tools": schema.ListOf(TOOL),
            "tool_choice": TOOL_CHOICE,
            "response_format": RESPONSE_FORMAT,
        },
        additional=True,
    )

    def parse_request(self, body: Body, model_id: str) -> Conversation:
        """Return the conversation in a chat completion request."""
        schema.validate(self.body, body)
        system, messages = parse_messages(body["messages"])
        max_tokens = body.get("max_completion_tokens", body.get("max_tokens"))
        stop = body.get("stop") or ()
        return Conversation(
            model_id=model_id,
            messages=messages,
            system=system,
            tools=parse_tools(body.get("tools", ())),
            tool_choice=parse_tool_choice(body.get("tool_choice")),
            max_tokens=max_tokens,
            temperature=body.get("temperature"),
            top_p=body.get("top_p"),
            stop_sequences=(stop,) if isinstance(stop, str) else tuple(stop),
            schema=_response_schema(body),
        )

    def format_reply(self, conversation: Conversation, reply: Reply) -> dict[str, Any]:
        """Return a chat completion with one choice."""
        message = self.message(reply)
        return self.head(conversation, reply, "chat.completion") | {
            "choices": [self.choice("message", message, self.finish_reason(reply))],
            "usage": format_usage(reply),
        }

    def chunks(
        self, conversation: Conversation, reply: Reply, events: Iterator[Event]
    ) -> Iterator[dict[str, Any]]:
        """Yield chunks with one delta each; the last has an empty delta and the stop reason."""
        head = self.head(conversation, reply, "chat.completion.chunk")
        call_index = -1
        for kind, event in events:
            call_index += "toolUse" in event.get("start", ())
            reason = self.finish_reason(reply) if kind == "messageStop" else None
            delta = self.delta(kind, event, call_index)
            if delta is not None:
                yield head | {"choices": [self.choice("delta", delta, reason)]}

    # -- methods that providers override ------------------------------------------------------

    def head(self, conversation: Conversation, reply: Reply, kind: str) -> dict[str, Any]:
        """Return the members of a response before the choices.

        Args:
            conversation: The request.
            reply: The reply of the model.
            kind: The value of ``object``.
        """
        return {
            "id": f"chatcmpl-{reply.characters(29)}",
            "object": kind,
            "created": reply.created,
            "model": self.model_name(conversation.model_id),
        }

    def model_name(self, model_id: str) -> str:
        """Return the provider's name of the model, by default the model id of Bedrock."""
        return model_id

    def finish_reason(self, reply: Reply) -> str:
        """Return the provider's name of the stop reason."""
        return FINISH_REASONS.get(reply.stop_reason, "stop")

    def choice(self, name: str, value: Mapping[str, Any], reason: str | None) -> dict[str, Any]:
        """Return the only choice of a response or a chunk.

        Args:
            name: ``message`` or ``delta``.
            value: The message or the delta.
            reason: The stop reason, or None before the last chunk.
        """
        return {"index": 0, name: value, self.reason_key: reason}

    def text(self, reply: Reply) -> str:
        """Return the text of a reply, by default without reasoning."""
        return reply.text

    def message(self, reply: Reply) -> dict[str, Any]:
        """Return the message of a reply; its content is null if there are only tool calls."""
        message: dict[str, Any] = {"role": "assistant", "content": self.text(reply) or None}
        if reply.tool_uses:
            message["tool_calls"] = [format_tool_call(use) for use in reply.tool_uses]
        elif message["content"] is None:
            message["content"] = ""
        return message

    def delta(self, kind: str, event: Mapping[str, Any], call_index: int) -> dict[str, Any] | None:
        """Return the delta for an event, or None if the event has no delta.

        Args:
            kind: The type of the event of ConverseStream.
            event: The event.
            call_index: The index of the latest tool call.
        """
        if kind == "messageStart":
            return {"role": "assistant", "content": ""}
        if kind == "contentBlockStart" and "toolUse" in event["start"]:
            use = event["start"]["toolUse"]
            call = format_tool_call(use | {"input": None})
            return {"tool_calls": [{"index": call_index, **call}]}
        if kind == "messageStop":
            return {}
        if kind != "contentBlockDelta":
            return None
        return self.content_delta(event["delta"], call_index)

    def content_delta(self, delta: Mapping[str, Any], call_index: int) -> dict[str, Any] | None:
        """Return the delta for a piece of a content block, or None for other content.

        Args:
            delta: The delta of ConverseStream.
            call_index: The index of the latest tool call.
        """
        if "text" in delta:
            return {"content": delta["text"]}
        if "toolUse" not in delta:
            return None
        part = {"index": call_index, "function": {"arguments": delta["toolUse"]["input"]}}
        return {"tool_calls": [part]}


def format_tool_call(use: Mapping[str, Any]) -> dict[str, Any]:
    """Return a tool use as a tool call; without arguments if its input is None."""
    tool_input = use["input"]
    arguments = "" if tool_input is None else json.dumps(tool_input, ensure_ascii=False)
    function = {"name": use["name"], "arguments": arguments}
    return {"id": format_call_id(use["toolUseId"]), "type": "function", "function": function}


def format_call_id(converse_id: str) -> str:
    """Return a generated tool use id in the form of OpenAI, and any other id unchanged."""
    if not converse_id.startswith("tooluse_"):
        return converse_id
    return "call_" + converse_id.removeprefix("tooluse_")


def format_usage(reply: Reply) -> dict[str, int]:
    """Return the token usage of a reply."""
    prompt_tokens, completion_tokens = reply.usage.input_tokens, reply.usage.output_tokens
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }


def _response_schema(body: Body) -> Mapping[str, Any] | None:
    response_format = body.get("response_format")
    json_schema = response_format.get("json_schema") if isinstance(response_format, dict) else None
    response_schema = json_schema.get("schema") if isinstance(json_schema, dict) else None
    return response_schema if isinstance(response_schema, dict) else None
