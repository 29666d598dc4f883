"""Formatters that convert a reply to a message and to the stream events of the Messages API."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mlmock.services.bedrock_runtime.conversation.replies import Reply
from mlmock.services.bedrock_runtime.families.base import Event
from mlmock.services.bedrock_runtime.media.encoding import encode_base64

_REASONS = {"guardrail_intervened": "end_turn", "content_filtered": "refusal"}


def format_message(name: str, reply: Reply) -> dict[str, Any]:
    """Return `reply` as a message.

    Args:
        name: Anthropic's name of the model.
        reply: The reply of the model.
    """
    usage = _usage(reply) | {"output_tokens": reply.usage.output_tokens}
    content = [
        formatted for block in reply.content if (formatted := _format_block(block)) is not None
    ]
    return _frame(name, reply) | {
        "content": content,
        "stop_reason": _reason(reply),
        "stop_sequence": reply.stop_sequence,
        "usage": usage,
    }


def format_chunks(name: str, reply: Reply, events: Iterator[Event]) -> Iterator[dict[str, Any]]:
    """Yield the stream events of a message; ``message_stop`` is the last.

    Args:
        name: Anthropic's name of the model.
        reply: The reply of the model.
        events: Events of ConverseStream.
    """
    stream = _Stream(name, reply)
    for kind, event in events:
        yield from stream.events(kind, event)


def use_id(converse_id: str) -> str:
    """Return a generated tool use id in the form of Anthropic, and any other id unchanged."""
    if not converse_id.startswith("tooluse_"):
        return converse_id
    return "toolu_bdrk_01" + converse_id.removeprefix("tooluse_")


def _frame(name: str, reply: Reply) -> dict[str, Any]:
    return {
        "model": name,
        "id": "msg_bdrk_01" + reply.characters(22),
        "type": "message",
        "role": "assistant",
    }


def _reason(reply: Reply) -> str:
    return _REASONS.get(reply.stop_reason, reply.stop_reason)


def _usage(reply: Reply) -> dict[str, Any]:
    usage: dict[str, Any] = {"input_tokens": reply.usage.input_tokens}
    if reply.usage.cache_read is None and reply.usage.cache_write is None:
        return usage
    by_ttl = {"5m": 0, "1h": 0}
    for detail in reply.usage.cache_details:
        by_ttl[detail["ttl"]] = detail["inputTokens"]
    usage["cache_creation_input_tokens"] = reply.usage.cache_write or 0
    usage["cache_read_input_tokens"] = reply.usage.cache_read or 0
    usage["cache_creation"] = {
        "ephemeral_5m_input_tokens": by_ttl["5m"],
        "ephemeral_1h_input_tokens": by_ttl["1h"],
    }
    return usage


def _format_block(block: Mapping[str, Any]) -> dict[str, Any] | None:
    ((kind, value),) = block.items()
    formatter = _FORMATTERS.get(kind)
    return None if formatter is None else formatter(value)


def _text(value: str) -> dict[str, Any]:
    return {"type": "text", "text": value}


def _tool_use(value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "tool_use",
        "id": use_id(value["toolUseId"]),
        "name": value["name"],
        "input": value["input"],
    }


def _thinking(value: Mapping[str, Any]) -> dict[str, Any]:
    if "redactedContent" in value:
        return {"type": "redacted_thinking", "data": _redacted(value["redactedContent"])}
    text = value["reasoningText"]
    return {
        "type": "thinking",
        "thinking": text["text"],
        "signature": text.get("signature", ""),
    }


def _redacted(data: Any) -> str:
    return data if isinstance(data, str) else encode_base64(bytes(data))


def _citations_content(value: Mapping[str, Any]) -> dict[str, Any]:
    text = "".join(item["text"] for item in value.get("content", ()))
    citations = [_citation(citation) for citation in value.get("citations", ())]
    return {"citations": citations, "type": "text", "text": text}


def _citation(citation: Mapping[str, Any]) -> dict[str, Any]:
    texts = (item.get("text", "") for item in citation.get("sourceContent", ()))
    kind, position = next(iter(citation.get("location", {"documentChar": {}}).items()))
    if kind in _OTHER_LOCATIONS:
        return _other_citation(kind, position, citation, "".join(texts))
    names = _LOCATIONS[kind]
    return {
        "type": names[0],
        "cited_text": "".join(texts),
        "document_index": position.get("documentIndex", 0),
        "document_title": citation.get("title"),
        names[1]: position.get("start", 0),
        names[2]: position.get("end", 0),
    }


def _other_citation(
    kind: str, position: Mapping[str, Any], citation: Mapping[str, Any], text: str
) -> dict[str, Any]:
    """Return a citation of a web page or a search result."""
    formatted = {"type": _OTHER_LOCATIONS[kind], "cited_text": text, "title": citation.get("title")}
    if kind == "web":
        return formatted | {"url": position.get("url", ""), "encrypted_index": ""}
    return formatted | {
        "source": citation.get("source", ""),
        "search_result_index": position.get("searchResultIndex", 0),
        "start_block_index": position.get("start", 0),
        "end_block_index": position.get("end", 0),
    }


_OTHER_LOCATIONS = {
    "web": "web_search_result_location",
    "searchResultLocation": "search_result_location",
}
_LOCATIONS = {
    "documentChar": ("char_location", "start_char_index", "end_char_index"),
    "documentPage": ("page_location", "start_page_number", "end_page_number"),
    "documentChunk": ("content_block_location", "start_block_index", "end_block_index"),
}
_FORMATTERS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "text": _text,
    "toolUse": _tool_use,
    "reasoningContent": _thinking,
    "citationsContent": _citations_content,
}


class _Stream:
    """A converter from events of ConverseStream to those of the Messages API.

    ConverseStream has no start event for text and reasoning. The converter tracks whether a block
    is open and adds the missing events.
    """

    def __init__(self, name: str, reply: Reply) -> None:
        self._name = name
        self._reply = reply
        self._is_block_open = False

    def events(self, kind: str, event: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the events for one event of ConverseStream.

        Args:
            kind: The type of the event.
            event: The event.
        """
        if kind == "messageStart":
            yield {"type": "message_start", "message": self._message_start()}
        elif kind == "contentBlockStart":
            yield self._start(event["contentBlockIndex"], _tool_use_start(event["start"]))
        elif kind == "contentBlockDelta":
            yield from self._delta(event["contentBlockIndex"], event["delta"])
        elif kind == "contentBlockStop":
            yield from self._stop(event["contentBlockIndex"])
        elif kind == "messageStop":
            yield from self._message_end()

    def _message_start(self) -> dict[str, Any]:
        return _frame(self._name, self._reply) | {
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": _usage(self._reply) | {"output_tokens": 1},
        }

    def _start(self, index: int, block: dict[str, Any]) -> dict[str, Any]:
        self._is_block_open = True
        return {"type": "content_block_start", "index": index, "content_block": block}

    def _delta(self, index: int, delta: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        opening, formatted = _delta(delta)
        if not self._is_block_open and opening is not None:
            yield self._start(index, opening)
        if formatted is not None:
            yield {"type": "content_block_delta", "index": index, "delta": formatted}

    def _stop(self, index: int) -> Iterator[dict[str, Any]]:
        if not self._is_block_open:
            yield self._start(index, {"type": "text", "text": ""})
        self._is_block_open = False
        yield {"type": "content_block_stop", "index": index}

    def _message_end(self) -> Iterator[dict[str, Any]]:
        reply = self._reply
        yield {
            "type": "message_delta",
            "delta": {"stop_reason": _reason(reply), "stop_sequence": reply.stop_sequence},
            "usage": {"output_tokens": reply.usage.output_tokens},
        }
        yield {"type": "message_stop"}


def _tool_use_start(start: Mapping[str, Any]) -> dict[str, Any]:
    use = start.get("toolUse", {"toolUseId": "", "name": ""})
    formatted_id = use_id(use["toolUseId"])
    return {"type": "tool_use", "id": formatted_id, "name": use["name"], "input": {}}


def _delta(delta: Mapping[str, Any]) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Return the block that a delta starts if it is the first of its block, and the delta."""
    ((kind, value),) = delta.items()
    if kind == "text":
        return {"type": "text", "text": ""}, {"type": "text_delta", "text": value}
    if kind == "toolUse":
        return None, {"type": "input_json_delta", "partial_json": value["input"]}
    if kind == "citation":
        formatted = {"type": "citations_delta", "citation": _citation(value)}
        return {"citations": [], "type": "text", "text": ""}, formatted
    return _thinking_delta(value) if kind == "reasoningContent" else (None, None)


def _thinking_delta(value: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any] | None]:
    if "redactedContent" in value:
        return {"type": "redacted_thinking", "data": _redacted(value["redactedContent"])}, None
    opening = {"type": "thinking", "thinking": "", "signature": ""}
    if "signature" in value:
        return opening, {"type": "signature_delta", "signature": value["signature"]}
    return opening, {"type": "thinking_delta", "thinking": value["text"]}
