"""Command R and Command R+ of Cohere, with one message, a chat history and tools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlmock.services.bedrock_runtime.conversation.ids import uuid_from
from mlmock.services.bedrock_runtime.conversation.replies import Reply
from mlmock.services.bedrock_runtime.conversation.requests import Conversation
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.families.base import Body, Event, Family
from mlmock.services.bedrock_runtime.families.cohere_command import finish_reason
from mlmock.services.bedrock_runtime.validation import schema as s

_ANY_OBJECT = s.ObjectOf(additional=True)
_HISTORY_ITEM = s.ObjectOf(
    {"role": s.String(enum=("USER", "CHATBOT", "SYSTEM", "TOOL"))},
    {"message": s.String()},
    additional=True,
)
_CALL = s.ObjectOf(optional={"name": s.String()}, additional=True)
_BODY = s.ObjectOf(
    {"message": s.String()},
    {
        "chat_history": s.ListOf(_HISTORY_ITEM),
        "documents": s.ListOf(_ANY_OBJECT),
        "search_queries_only": s.Boolean(),
        "preamble": s.String(),
        "max_tokens": s.integer(1, 4096),
        "temperature": s.Number(0, 1),
        "p": s.Number(0.01, 0.99),
        "k": s.Number(0, 500),
        "prompt_truncation": s.String(enum=("OFF", "AUTO_PRESERVE_ORDER")),
        "frequency_penalty": s.Number(0, 1),
        "presence_penalty": s.Number(0, 1),
        "seed": s.integer(),
        "return_prompt": s.Boolean(),
        "tools": s.ListOf(s.ObjectOf({"name": s.String(1)}, additional=True)),
        "tool_results": s.ListOf(s.ObjectOf(optional={"call": _CALL}, additional=True)),
        "stop_sequences": s.ListOf(s.String()),
        "raw_prompting": s.Boolean(),
        "force_single_step": s.Boolean(),
        "citation_quality": s.String(),
        "stream": s.Boolean(),
    },
)
_ROLES = {"USER": "user", "CHATBOT": "assistant"}


class CommandR(Family):
    """Command R and Command R+."""

    prefixes = ("cohere.command-r",)

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model: text and tools, no images."""
        return Traits(tool_choices=frozenset({"auto"}), images=False, max_tokens=4096)

    def parse_request(self, body: Body, model_id: str) -> Conversation:
        """Return the history and the message; tool results are in the last turn."""
        s.validate(_BODY, body)
        history: Sequence[Mapping[str, Any]] = body.get("chat_history", ())
        return Conversation(
            model_id=model_id,
            messages=[*_turns(history), {"role": "user", "content": _last_turn(body)}],
            system=body.get("preamble", ""),
            tools=[_tool_spec(tool) for tool in body.get("tools", ())],
            max_tokens=body.get("max_tokens"),
            temperature=body.get("temperature"),
            top_p=body.get("p"),
            stop_sequences=tuple(body.get("stop_sequences", ())),
            extra={"history": history, "message": body["message"]},
        )

    def format_reply(self, conversation: Conversation, reply: Reply) -> dict[str, Any]:
        """Return the reply with the chat history up to it."""
        message = conversation.extra.get("message", conversation.last_user)
        response = {
            "response_id": uuid_from("response" + reply.characters(16)),
            "text": reply.text,
            "generation_id": _generation_id(reply),
            "chat_history": [
                *conversation.extra.get("history", ()),
                {"role": "USER", "message": message},
                {"role": "CHATBOT", "message": reply.text},
            ],
            "finish_reason": finish_reason(reply),
        }
        return response | ({"tool_calls": _tool_calls(reply)} if reply.tool_uses else {})

    def chunks(
        self, conversation: Conversation, reply: Reply, events: Iterator[Event]
    ) -> Iterator[dict[str, Any]]:
        """Yield the events of Cohere; ``stream-end`` repeats the whole response."""
        for kind, event in events:
            if kind == "messageStart":
                yield _event("stream-start", generation_id=_generation_id(reply))
            elif kind == "contentBlockDelta" and "text" in event["delta"]:
                yield _event("text-generation", text=event["delta"]["text"])
            elif kind == "messageStop":
                if reply.tool_uses:
                    yield _event("tool-calls-generation", tool_calls=_tool_calls(reply))
                response = self.format_reply(conversation, reply)
                members = {"response": response, "finish_reason": finish_reason(reply)}
                yield {"is_finished": True, "event_type": "stream-end", **members}


def _event(kind: str, **members: Any) -> dict[str, Any]:
    return {"is_finished": False, "event_type": kind, **members}


def _generation_id(reply: Reply) -> str:
    return uuid_from("generation" + reply.characters(16))


def _tool_calls(reply: Reply) -> list[dict[str, Any]]:
    return [{"name": use["name"], "parameters": use["input"]} for use in reply.tool_uses]


def _turns(history: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"role": _ROLES[item["role"]], "content": [{"text": item.get("message", "")}]}
        for item in history
        if item["role"] in _ROLES
    ]


def _last_turn(body: Body) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = [{"text": body["message"]}] if body["message"] else []
    for result in body.get("tool_results", ()):
        name = str(result.get("call", {}).get("name", ""))
        content = [{"json": result.get("outputs", [])}]
        blocks.append({"toolResult": {"toolUseId": name, "content": content}})
    return blocks


def _tool_spec(tool: Mapping[str, Any]) -> dict[str, Any]:
    """Return a tool as a tool of Converse; Cohere declares parameters with Python types."""
    schema = {"type": "object", "properties": tool.get("parameter_definitions", {})}
    spec = {"name": tool["name"], "inputSchema": {"json": schema}}
    if tool.get("description"):
        spec["description"] = tool["description"]
    return {"toolSpec": spec}
