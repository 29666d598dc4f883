"""Answers that a test scripts for a model.

A content block is a ``str``, `tool_use`, `reasoning`, `json_output` or a Converse content block.
`message` combines several blocks, `stream` also defines how they are streamed, and `raw` is the
exact body of InvokeModel.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mlmock.errors import InvalidRule
from mlmock.rules.matchers import abbreviate_repr
from mlmock.services.bedrock_runtime.scripting.answer_checks import (
    check_block,
    check_message_options,
    check_usage,
)
from mlmock.services.bedrock_runtime.scripting.scripted_message import (
    Raw,
    ScriptedMessage,
    Stream,
    to_part,
)

STOP_REASONS = (
    "end_turn",
    "tool_use",
    "max_tokens",
    "stop_sequence",
    "guardrail_intervened",
    "content_filtered",
    "malformed_model_output",
    "malformed_tool_use",
    "model_context_window_exceeded",
)
_COUNTS = {
    *("inputTokens", "outputTokens", "totalTokens"),
    *("cacheReadInputTokens", "cacheWriteInputTokens"),
}
_USAGE = {*_COUNTS, "cacheDetails"}


def message(
    *blocks: Any,
    stop_reason: str | None = None,
    usage: Mapping[str, Any] | None = None,
    latency_ms: int | None = None,
    fields: Mapping[str, Any] | None = None,
) -> ScriptedMessage:
    """Return a message of the assistant with several content blocks or explicit metadata.

    Args:
        *blocks: One or more texts, ``tool_use(...)``, ``reasoning(...)``, ``json_output(...)``
            or Converse content blocks.
        stop_reason: Converse's ``stopReason``. Without it the blocks decide: ``"tool_use"`` if
            one of them requests a tool of the caller, otherwise ``"end_turn"``.
        usage: Members of Converse's ``usage``. Missing members are estimated.
        latency_ms: The latency to report, in milliseconds. Without it the latency is estimated.
        fields: The document into which ``additionalModelResponseFieldPaths`` point.

    Raises:
        InvalidRule: If there is no block, or if an argument does not fit the service model.
    """
    if not blocks:
        raise InvalidRule("message() requires at least one block")
    _check_stop_reason_and_usage(stop_reason, usage or {})
    check_message_options(latency_ms, fields)
    parts = tuple(to_part(block) for block in blocks)
    return ScriptedMessage(parts, stop_reason, usage or {}, latency_ms, fields or {})


def stream(
    *blocks: Any,
    size: int | None = None,
    every: float = 0.0,
    stop_reason: str | None = None,
    usage: Mapping[str, Any] | None = None,
    latency_ms: int | None = None,
) -> Stream:
    """Return a message that defines how it is streamed.

    Each text is one piece of the stream. Extend the message with ``.then(...)``,
    ``.pause(seconds)`` and ``.then_error(code, message)``. An operation that does not stream
    returns the same text and takes the same virtual time.

    Args:
        *blocks: Texts and content blocks, as for ``message(...)``.
        size: The maximum length of a piece of text, in characters. Texts are split accordingly.
        every: The virtual time that passes before each piece of text, in seconds.
        stop_reason: Converse's ``stopReason``, as for ``message(...)``.
        usage: Members of Converse's ``usage``, as for ``message(...)``.
        latency_ms: The latency to report, in milliseconds.

    Raises:
        InvalidRule: If an argument is out of range or does not fit the service model.
    """
    if size is not None and (type(size) is not int or size < 1):
        raise InvalidRule(f"stream(size=...) requires 1 or more characters, not {size!r}")
    if not every >= 0:
        raise InvalidRule(f"stream(every=...) requires 0 or more seconds, not {every!r}")
    _check_stop_reason_and_usage(stop_reason, usage or {})
    check_message_options(latency_ms, None)
    empty = Stream((), stop_reason, usage or {}, latency_ms, size=size, every=float(every))
    return empty.then(*blocks)


def tool_use(
    name: str,
    input: Mapping[str, Any] | None = None,  # noqa: A002 - the name of the member in Converse
    *,
    id: str | None = None,  # noqa: A002
) -> dict[str, Any]:
    """Return a content block that requests a tool.

    Args:
        name: The name of the tool.
        input: The input of the tool. Default: an empty object.
        id: The ``toolUseId``. Without it mlmock generates one that depends on the seed.

    Raises:
        InvalidRule: If an argument does not fit the service model.
    """
    if input is not None and not isinstance(input, Mapping):
        raise InvalidRule(
            f"tool_use() requires the tool's input as a dict, not {abbreviate_repr(input)}"
        )
    use: dict[str, Any] = {"input": dict(input or {}), "name": name}
    block = {"toolUse": use if id is None else {**use, "toolUseId": id}}
    check_block(block)
    return block


def reasoning(text: str, *, signature: str | None = None) -> dict[str, Any]:
    """Return a content block with the reasoning of the model.

    Args:
        text: The reasoning.
        signature: The signature of the reasoning. Without it mlmock generates one.

    Raises:
        InvalidRule: If an argument does not fit the service model.
    """
    thought = {"text": text} if signature is None else {"signature": signature, "text": text}
    block = {"reasoningContent": {"reasoningText": thought}}
    check_block(block)
    return block


def json_output(value: Any) -> dict[str, Any]:
    """Return a text block with a JSON document, like the structured output of a model.

    Args:
        value: The value of the document.

    Raises:
        InvalidRule: If `value` cannot be encoded as JSON.
    """
    try:
        return {"text": json.dumps(value, ensure_ascii=False)}
    except (TypeError, ValueError) as error:
        raise InvalidRule(
            f"json_output() requires a JSON value; cannot encode {abbreviate_repr(value)}: {error}"
        ) from None


def raw(body: Any) -> Raw:
    """Return the exact answer of InvokeModel or of its stream.

    Args:
        body: The response body, or a list with the chunks of the stream. A ``str`` and ``bytes``
            are sent unchanged, anything else as JSON.

    Raises:
        InvalidRule: If the body or a chunk cannot be encoded as JSON.
    """
    for each in body if isinstance(body, (list, tuple)) else (body,):
        _check_raw(each)
    if isinstance(body, (list, tuple)):
        return Raw(chunks=tuple(body))
    return Raw(body)


def _check_raw(body: Any) -> None:
    try:
        if not isinstance(body, (str, bytes, bytearray, memoryview)):
            json.dumps(body)
    except (TypeError, ValueError) as error:
        raise InvalidRule(
            f"raw() requires a JSON value, a str or bytes; cannot encode "
            f"{abbreviate_repr(body)}: {error}"
        ) from None


def _check_stop_reason_and_usage(stop_reason: str | None, usage: Mapping[str, Any]) -> None:
    if stop_reason is not None and stop_reason not in STOP_REASONS:
        raise InvalidRule(
            f"stop_reason must be one of {', '.join(STOP_REASONS)}, not {stop_reason!r}"
        )
    for name, value in usage.items():
        if name not in _USAGE:
            raise InvalidRule(f"usage has no member {name!r}; it has {', '.join(sorted(_USAGE))}")
        if name in _COUNTS and not (type(value) is int and value >= 0):
            raise InvalidRule(
                f"usage member {name!r} requires 0 or more tokens, not {abbreviate_repr(value)}"
            )
    if usage:
        check_usage(usage)


# -- conversion ------------------------------------------------------------------------------


def to_scripted(answer: Any) -> ScriptedMessage | Raw:
    """Return `answer` as a message or an exact body; raise InvalidRule if it is neither."""
    if isinstance(answer, ScriptedMessage) and not answer.parts and answer.error is None:
        raise InvalidRule("stream() requires at least one text, block or then_error()")
    if isinstance(answer, (ScriptedMessage, Raw)):
        return answer
    if isinstance(answer, (list, tuple)):
        return message(*answer)
    return ScriptedMessage((to_part(answer),))
