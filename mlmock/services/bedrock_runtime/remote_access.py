"""What of `ml.bedrock` can be asked for over HTTP, and how a script is written as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlmock.services.bedrock_runtime.async_invoke.handle import (
    AsyncInvokeHandle,
    AsyncInvokesHandle,
)
from mlmock.services.bedrock_runtime.conversation.replies import Part, Pause
from mlmock.services.bedrock_runtime.guardrails.handle import GuardrailChecksHandle, GuardrailHandle
from mlmock.services.bedrock_runtime.handle import Bedrock, ModelHandle
from mlmock.services.bedrock_runtime.scripting.answers import Raw, Said, Stream, pieces_of
from mlmock.services.bedrock_runtime.scripting.model_rules import ModelRule

_RULES = ("reply", "embed", "fail", "timeout", "drop", "unreachable", "delay", "times", "optional")
REACH: dict[type, tuple[str, ...]] = {
    Bedrock: (
        *("model", "async_invokes", "async_invoke", "guardrail", "guardrail_checks"),
        *("progress", "resources"),
    ),
    ModelHandle: ("pattern", "on", *_RULES),
    ModelRule: ("embed",),
    AsyncInvokesHandle: ("progress", "on", "fail", "complete", "__len__", "__iter__"),
    AsyncInvokeHandle: (
        *("arn", "status", "output_uri", "model_input", "failure_message"),
        *("complete", "fail", "finish"),
    ),
    GuardrailHandle: ("id", "block", "mask", "detect", "content_filter", "ground", "messages"),
    GuardrailChecksHandle: ("score", "find"),
}
# A word, what it is given by position and by name, and the steps that follow it.
Step = tuple[str, tuple[Any, ...], dict[str, Any]]
Word = tuple[str, tuple[Any, ...], dict[str, Any], list[Step]]


def written(value: Any) -> Word | None:
    """Return what an author would write for an answer of a model, or None for anything else."""
    if isinstance(value, Raw):
        return "raw", (value.body if value.chunks is None else list(value.chunks),), {}, []
    if isinstance(value, Stream):
        return "stream", (), _common(value), list(_steps(value))
    if isinstance(value, Said):
        blocks = tuple(_block(part) for part in value.parts)
        return "message", blocks, {**_common(value), "fields": value.fields or None}, []
    return None


def _common(said: Said) -> dict[str, Any]:
    return {
        "stop_reason": said.stop_reason,
        "usage": said.usage or None,
        "latency_ms": said.latency,
    }


def _block(part: Part) -> Any:
    return part.block.get("text", part.block)


def _steps(said: Stream) -> Iterator[Step]:
    if said.lead:
        yield "pause", (said.lead,), {}
    for part in said.parts:
        if "text" not in part.block:
            yield "then", (part.block,), {}
        for piece in pieces_of(part):
            if isinstance(piece, Pause):
                yield "pause", (piece.seconds,), {}
            else:
                yield "then", (piece,), {}
    if said.fault is not None:
        members = {"status": said.fault.status, **said.fault.members}
        yield "then_error", (said.fault.code, said.fault.message), members
