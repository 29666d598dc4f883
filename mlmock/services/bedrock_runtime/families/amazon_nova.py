"""The understanding models of Amazon Nova, whose bodies resemble those of Converse.

In a stream, every piece of text has its own block index and stop event.

Source: recorded responses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlmock.services.bedrock_runtime.conversation.ids import uuid_from
from mlmock.services.bedrock_runtime.conversation.replies import Reply
from mlmock.services.bedrock_runtime.conversation.requests import Conversation
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.errors import invalid
from mlmock.services.bedrock_runtime.families.base import Body, Event, Family
from mlmock.services.bedrock_runtime.media.encoding import decode_base64, encode_base64
from mlmock.services.bedrock_runtime.validation import schema

_ANY_OBJECT = schema.ObjectOf(additional=True)
_S3_LOCATION = schema.ObjectOf({"uri": schema.String(1)}, additional=True)
_SOURCE = schema.ObjectOf(
    optional={"bytes": schema.String(1), "s3Location": _S3_LOCATION}, exactly_one=True
)
_ID = schema.String(1, 64)


def _media(*formats: str) -> schema.ObjectOf:
    return schema.ObjectOf(
        {"format": schema.String(enum=formats), "source": _SOURCE}, additional=True
    )


_IMAGE = _media("png", "jpeg", "gif", "webp")
_VIDEO = _media("mkv", "mov", "mp4", "webm", "three_gp", "flv", "mpeg", "mpg", "wmv")
_DOCUMENT_SOURCE = schema.ObjectOf(
    optional={
        "bytes": schema.String(1),
        "s3Location": _S3_LOCATION,
        "text": schema.String(),
        "content": schema.ListOf(schema.ObjectOf({"text": schema.String()})),
    },
    exactly_one=True,
)
_FORMATS = ("pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md")
_DOCUMENT = schema.ObjectOf(
    {"source": _DOCUMENT_SOURCE},
    {"format": schema.String(enum=_FORMATS), "name": schema.String(1)},
    additional=True,
)
_REASONING_TEXT = schema.ObjectOf({"text": schema.String()}, {"signature": schema.String()})
_RESULT = schema.ObjectOf(
    optional={
        "text": schema.String(),
        "json": schema.Anything(),
        "image": _IMAGE,
        "document": _DOCUMENT,
        "video": _VIDEO,
    },
    exactly_one=True,
)
_BLOCK = schema.ObjectOf(
    optional={
        "text": schema.String(1),
        "image": _IMAGE,
        "document": _DOCUMENT,
        "video": _VIDEO,
        "audio": schema.ObjectOf({"format": schema.String(1), "source": _SOURCE}, additional=True),
        "toolUse": schema.ObjectOf(
            {"toolUseId": _ID, "name": _ID, "input": _ANY_OBJECT},
            {"type": schema.String()},
            additional=True,
        ),
        "toolResult": schema.ObjectOf(
            {"toolUseId": _ID, "content": schema.ListOf(_RESULT)},
            {"status": schema.String(enum=("success", "error"))},
            additional=True,
        ),
        "reasoningContent": schema.ObjectOf(
            optional={"reasoningText": _REASONING_TEXT, "redactedContent": schema.String()},
            exactly_one=True,
        ),
        "cachePoint": _ANY_OBJECT,
    },
    exactly_one=True,
)
_ROLE = schema.String(enum=("user", "assistant"))
_TOKENS = schema.integer(1)
_INFERENCE = schema.ObjectOf(
    optional={
        "maxTokens": _TOKENS,
        "max_new_tokens": _TOKENS,
        "temperature": schema.Number(0, 1),
        "topP": schema.Number(0, 1),
        "top_p": schema.Number(0, 1),
        "topK": schema.integer(0, 128),
        "top_k": schema.integer(0, 128),
        "stopSequences": schema.ListOf(schema.String()),
        "reasoningConfig": _ANY_OBJECT,
    }
)
_SPEC = schema.ObjectOf(
    {"name": _ID, "inputSchema": schema.ObjectOf({"json": _ANY_OBJECT})},
    {"description": schema.String()},
    additional=True,
)
_TOOL = schema.ObjectOf(
    optional={"toolSpec": _SPEC, "cachePoint": _ANY_OBJECT, "systemTool": _ANY_OBJECT},
    exactly_one=True,
)
_TOOL_CHOICE = schema.ObjectOf(
    optional={
        "auto": _ANY_OBJECT,
        "any": _ANY_OBJECT,
        "tool": schema.ObjectOf({"name": _ID}, additional=True),
    },
    exactly_one=True,
)
_TOOLS = schema.ObjectOf({"tools": schema.ListOf(_TOOL, min_items=1)}, {"toolChoice": _TOOL_CHOICE})
_MESSAGE = schema.ObjectOf({"role": _ROLE, "content": schema.ListOf(_BLOCK, min_items=1)})
# Notebooks of AWS send an empty system text if they have no instructions.
_SYSTEM = schema.ObjectOf(
    optional={"text": schema.String(), "cachePoint": _ANY_OBJECT}, exactly_one=True
)
_BODY = schema.ObjectOf(
    {"messages": schema.ListOf(_MESSAGE, min_items=1)},
    {
        "schemaVersion": schema.String(enum=("messages-v1",)),
        "system": schema.ListOf(_SYSTEM),
        "inferenceConfig": _INFERENCE,
        "toolConfig": _TOOLS,
        "reasoningConfig": _ANY_OBJECT,
    },
)
_ADDITIONAL_FIELDS = schema.ObjectOf(optional={**_BODY.required, **_BODY.optional})


class Nova(Family):
    """Nova Micro, Lite, Pro and Premier, and their second generation."""

    prefixes = ("amazon.nova-",)

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model; Micro supports only text."""
        is_second, multimodal = model_id.startswith("amazon.nova-2"), "micro" not in model_id
        return Traits(
            images=multimodal,
            documents=multimodal,
            videos=multimodal,
            max_tokens=65535 if is_second else 10000,
            keeps_stop_text=True,
            caches=True,
            typed_tool_use=is_second,
            s3_media=True,
            audios="omni" in model_id,
            cache_minimum=1000,
        )

    def parse_request(self, body: Body, model_id: str) -> Conversation:
        """Return the conversation in a body of the schema ``messages-v1``."""
        schema.validate(_BODY, body)
        config: Mapping[str, Any] = body.get("inferenceConfig", {})
        tools: Mapping[str, Any] = body.get("toolConfig", {})
        return Conversation(
            model_id=model_id,
            messages=[_turn(turn, index) for index, turn in enumerate(body["messages"])],
            system="\n".join(block.get("text", "") for block in body.get("system", ())),
            tools=tools.get("tools", ()),
            tool_choice=tools.get("toolChoice"),
            max_tokens=config.get("max_new_tokens", config.get("maxTokens")),
            temperature=config.get("temperature"),
            top_p=config.get("topP", config.get("top_p")),
            stop_sequences=tuple(config.get("stopSequences", ())),
            system_blocks=body.get("system", ()),
        )

    def validate_converse(self, conversation: Conversation) -> None:
        """Validate additionalModelRequestFields with the schema of a body."""
        schema.validate(_ADDITIONAL_FIELDS, conversation.extra)

    def format_reply(self, conversation: Conversation, reply: Reply) -> dict[str, Any]:
        """Return the message with its stop reason and usage."""
        content = [_format_block(block) for block in reply.content]
        return {
            "output": {"message": {"content": content, "role": "assistant"}},
            "stopReason": reply.stop_reason,
            "usage": _usage(reply),
        }

    def chunks(
        self, conversation: Conversation, reply: Reply, events: Iterator[Event]
    ) -> Iterator[dict[str, Any]]:
        """Yield the events of Converse with Nova's block indexes; ``metadata`` is the last."""
        index = 0
        for kind, event in events:
            if kind == "messageStart":
                yield {"messageStart": {"role": event["role"]}}
            elif kind == "contentBlockStart":
                yield {kind: {"start": _format_start(event["start"]), "contentBlockIndex": index}}
            elif kind == "contentBlockDelta":
                yield {kind: {"delta": _with_base64(event["delta"]), "contentBlockIndex": index}}
                if "text" in event["delta"]:
                    yield {"contentBlockStop": {"contentBlockIndex": index}}
                    index += 1
            elif kind == "contentBlockStop" and not _is_text_block(reply, event):
                yield {kind: {"contentBlockIndex": index}}
                index += 1
            elif kind == "messageStop":
                yield {kind: {"stopReason": reply.stop_reason}}
                yield {"metadata": {"usage": _usage(reply), "metrics": {}, "trace": {}}}


def _is_text_block(reply: Reply, event: Mapping[str, Any]) -> bool:
    index = event["contentBlockIndex"]
    return index < len(reply.content) and "text" in reply.content[index]


def _usage(reply: Reply) -> dict[str, int]:
    usage = reply.usage
    return {
        "inputTokens": usage.input_tokens,
        "outputTokens": usage.output_tokens,
        "totalTokens": usage.total,
        "cacheReadInputTokenCount": usage.cache_read or 0,
        "cacheWriteInputTokenCount": usage.cache_write or 0,
    }


def _turn(turn: Mapping[str, Any], index: int) -> dict[str, Any]:
    blocks = [_with_bytes(block, index, position) for position, block in enumerate(turn["content"])]
    return {"role": turn["role"], "content": blocks}


def _with_bytes(block: Mapping[str, Any], index: int, position: int) -> Mapping[str, Any]:
    """Return a block with its media as bytes instead of base64 text."""
    ((kind, value),) = block.items()
    source = value.get("source") if isinstance(value, dict) else None
    if not isinstance(source, dict) or not isinstance(source.get("bytes"), str):
        return block
    data = decode_base64(source["bytes"])
    if data is None:
        raise invalid(
            f"Malformed input request: #/messages/{index}/content/{position}/{kind}/source/bytes: "
            "invalid base64, please reformat your input and try again."
        )
    return {kind: value | {"source": {"bytes": data}}}


def _format_start(start: Mapping[str, Any]) -> dict[str, Any]:
    if "toolUse" not in start:
        return dict(start)
    use = start["toolUse"]
    return {"toolUse": {"toolUseId": _use_id(use["toolUseId"]), "name": use["name"]}}


def _use_id(converse_id: str) -> str:
    return uuid_from(converse_id) if converse_id.startswith("tooluse_") else converse_id


def _format_block(block: Mapping[str, Any]) -> dict[str, Any]:
    """Return a block in the format of Nova, with UUIDs as tool use ids and bytes as base64."""
    if "toolUse" in block:
        use = block["toolUse"]
        tool_use = {"name": use["name"], "toolUseId": _use_id(use["toolUseId"])}
        return {"toolUse": tool_use | {"input": use["input"]}}
    formatted: dict[str, Any] = _with_base64(block)
    return formatted


def _with_base64(value: Any) -> Any:
    """Return a value in which bytes are base64 text."""
    if isinstance(value, (bytes, bytearray)):
        return encode_base64(bytes(value))
    if isinstance(value, Mapping):
        return {name: _with_base64(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_with_base64(item) for item in value]
    return value
