"""Model answers as the invocations that build them, which the control API sends as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlmock.services.bedrock_runtime.conversation.replies import Pause, ReplyPart
from mlmock.services.bedrock_runtime.scripting.scripted_message import (
    Raw,
    ScriptedMessage,
    Stream,
    pieces_of,
)

# The name of a function or method, its positional and its keyword arguments.
Invocation = tuple[str, tuple[Any, ...], dict[str, Any]]


def to_invocations(answer: Any) -> list[Invocation]:
    """Return the function call that builds an answer of a model, and the method calls after it.

    The list is empty if `answer` is not an answer of a model.
    """
    if isinstance(answer, Raw):
        return [("raw", (answer.body if answer.chunks is None else list(answer.chunks),), {})]
    if isinstance(answer, Stream):
        return [("stream", (), _options(answer)), *_method_calls(answer)]
    if isinstance(answer, ScriptedMessage):
        blocks = tuple(_block(part) for part in answer.parts)
        return [("message", blocks, {**_options(answer), "fields": answer.fields or None})]
    return []


def _options(answer: ScriptedMessage) -> dict[str, Any]:
    return {
        "stop_reason": answer.stop_reason,
        "usage": answer.usage or None,
        "latency_ms": answer.latency,
    }


def _block(part: ReplyPart) -> Any:
    return part.block.get("text", part.block)


def _method_calls(answer: Stream) -> Iterator[Invocation]:
    if answer.initial_delay:
        yield "pause", (answer.initial_delay,), {}
    for part in answer.parts:
        if "text" not in part.block:
            yield "then", (part.block,), {}
        for piece in pieces_of(part):
            if isinstance(piece, Pause):
                yield "pause", (piece.seconds,), {}
            else:
                yield "then", (piece,), {}
    if answer.error is not None:
        members = {"status": answer.error.status, **answer.error.members}
        yield "then_error", (answer.error.code, answer.error.message), members
