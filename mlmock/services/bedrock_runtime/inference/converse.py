"""Converse and ConverseStream: a conversation in Bedrock's own words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from mlmock.call import Call
from mlmock.errors import ServiceError
from mlmock.services.bedrock_runtime import errors
from mlmock.services.bedrock_runtime.conversation.replies import Reply, ReplyPart, Usage
from mlmock.services.bedrock_runtime.conversation.requests import Conversation, joined_text
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.inference import guardrail_enforcement
from mlmock.services.bedrock_runtime.inference.answering import (
    check_length,
    check_points,
    generate_reply,
)
from mlmock.services.bedrock_runtime.inference.encoded_events import frames_of
from mlmock.services.bedrock_runtime.inference.exchange import Exchange, start_exchange
from mlmock.services.bedrock_runtime.inference.guardrail_enforcement import GuardrailSession
from mlmock.services.bedrock_runtime.models.declarations import (
    ResolvedModel,
    check_converse,
    check_streaming,
)
from mlmock.services.bedrock_runtime.scripting.answers import Raw
from mlmock.services.bedrock_runtime.validation import json_pointers
from mlmock.services.bedrock_runtime.validation.attachments import validate_attachments
from mlmock.services.bedrock_runtime.validation.messages import (
    not_an_object_error,
    validate_messages,
)
from mlmock.services.bedrock_runtime.validation.tools import validate_tools
from mlmock.services.common.backend import Result

if TYPE_CHECKING:
    from mlmock.services.bedrock_runtime.inference.exchange import RuntimeBackend

_NOTHING: dict[str, Any] = {}


def converse(backend: RuntimeBackend, call: Call) -> Result:
    """Answer Converse."""
    return _answered(start_exchange(backend, call, streams=False), members_of)


def converse_stream(backend: RuntimeBackend, call: Call) -> Result:
    """Answer ConverseStream."""
    return _answered(start_exchange(backend, call, streams=True), _stream_of)


def _answered(exchange: Exchange, write: Any) -> Result:
    params, known = exchange.call.params, exchange.known
    conversation = checked_conversation(known, params, streams=exchange.streams)
    check_points(exchange, conversation)
    guarded = guardrail_enforcement.apply_input_guardrail(
        exchange, conversation, params.get("guardrailConfig")
    )
    if guarded is None:
        found: Any = generate_reply(
            exchange, conversation, lambda reply: write(exchange, reply, None)
        )
    elif guarded.blocked is not None:
        found = write(exchange, guarded.blocked, guarded)
    else:
        said = guarded.conversation
        found = generate_reply(exchange, said, lambda reply: write(exchange, reply, guarded))
    return cast("Result", found)


# -- what comes in ---------------------------------------------------------------------------


def checked_conversation(
    known: ResolvedModel, params: Mapping[str, Any], *, streams: bool = False
) -> Conversation:
    """Return the conversation in the parameters of a Converse, or raise what refuses it."""
    check_converse(known)
    if streams:
        check_streaming(known)
    traits, messages = known.traits, params.get("messages", ())
    if known.model.form == "prompt":
        _check_prompt(params)
    conversation = conversation_of(known, params)
    if conversation.tools:
        validate_tools(conversation, traits, streams=streams)
    if conversation.system and not traits.system:
        raise errors.invalid(
            "This model doesn't support system messages. Try again without a system message or "
            "use a model that supports system messages."
        )
    if messages or known.model.form != "prompt":
        talk = validate_messages(messages, traits, has_tools="toolConfig" in params)
        conversation.set_content_tokens(talk.tokens)
        if talk.media:
            validate_attachments(talk.media, messages, traits)
    if "additionalModelResponseFieldPaths" in params:
        json_pointers.check(params["additionalModelResponseFieldPaths"])
    check_length(known, conversation)
    if conversation.top_p is not None or conversation.extra:
        _check_by_family(known, conversation)
    return conversation


def _check_by_family(known: ResolvedModel, conversation: Conversation) -> None:
    """Refuse what the model's provider does, in its words behind those of Converse."""
    if not isinstance(conversation.extra, dict):
        raise not_an_object_error("additionalModelRequestFields")
    if known.model.family is not None:
        try:
            known.model.family.check(conversation)
        except ServiceError as fault:
            raise errors.provider_error(fault.message or "") from None


def conversation_of(known: ResolvedModel, params: Mapping[str, Any]) -> Conversation:
    """Return what the parameters of a Converse say."""
    config, tools = params.get("inferenceConfig", _NOTHING), params.get("toolConfig", _NOTHING)
    system = params.get("system", ())
    return Conversation(
        known.model.base or known.model.written,
        params.get("messages", ()),
        joined_text(system) if system else "",
        tools.get("tools", ()),
        tools.get("toolChoice"),
        config.get("maxTokens"),
        config.get("temperature"),
        config.get("topP"),
        config.get("stopSequences", ()),
        _schema(params["outputConfig"]) if "outputConfig" in params else None,
        params.get("additionalModelRequestFields", _NOTHING),
        system,
    )


def _schema(config: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the JSON schema that the answer is to follow; ValidationException if it is none."""
    structure = config.get("textFormat", _NOTHING).get("structure")
    if structure is None:
        return None
    try:
        found = json.loads(structure["jsonSchema"]["schema"])
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise errors.invalid("The schema field in outputConfig.textFormat isn't a JSON schema.")
    return found


_OF_PROMPTS = ("system", "toolConfig", "inferenceConfig", "additionalModelRequestFields")


def _check_prompt(params: Mapping[str, Any]) -> None:
    """Refuse what a prompt of Prompt management brings itself."""
    for name in _OF_PROMPTS:
        if params.get(name):
            raise errors.invalid(
                f"The {name} field can't be used with a prompt. Remove {name} and try again."
            )


# -- what goes out ---------------------------------------------------------------------------


def members_of(exchange: Exchange, reply: Reply | Raw, guarded: GuardrailSession | None) -> Result:
    """Return the answer of Converse, keys in alphabetical order as the service sends them."""
    assert isinstance(reply, Reply)
    if guarded is not None:
        reply = guarded.passed(reply)
    params, traits = exchange.call.params, exchange.known.traits
    found: Result = {}
    if "additionalModelResponseFieldPaths" in params:
        paths = params["additionalModelResponseFieldPaths"]
        found["additionalModelResponseFields"] = json_pointers.select(
            paths, _fields(exchange, reply)
        )
    found["metrics"] = {"latencyMs": reply.latency}
    found["output"] = {"message": {"content": _content(reply, traits), "role": "assistant"}}
    _echo(found, params)
    found["stopReason"] = reply.stop_reason
    _trace(found, exchange, guarded)
    found["usage"] = usage_of(reply.usage)
    return found


def _content(reply: Reply, traits: Traits) -> list[Any]:
    content = [part.block for part in reply.parts]
    return [_typed(block) for block in content] if traits.typed_tool_use else content


def _typed(block: Mapping[str, Any]) -> Mapping[str, Any]:
    use = block.get("toolUse")
    if use is None or "type" in use:
        return block
    return {"toolUse": {**use, "type": "tool_use"}}


def _echo(found: Result, params: Mapping[str, Any]) -> None:
    for name in ("performanceConfig", "serviceTier"):
        if name in params:
            found[name] = params[name]


def _trace(found: Result, exchange: Exchange, guarded: GuardrailSession | None) -> None:
    trace: dict[str, Any] = {}
    if guarded is not None and guarded.traced:
        trace["guardrail"] = guarded.trace()
    model = exchange.known.model
    if model.form.endswith("prompt-router"):
        trace["promptRouter"] = {"invokedModelId": model.arn(exchange.backend.scope.region)}
    if trace:
        found["trace"] = trace


def _fields(exchange: Exchange, reply: Reply) -> dict[str, Any]:
    """Return what the model's own answer would hold, for the pointers of the caller."""
    own = {"stop_reason": reply.stop_reason, "stop_sequence": reply.stop_sequence}
    known, family = exchange.known, exchange.known.model.family
    if family is None:
        return {**own, **reply.response_fields}
    said = conversation_of(known, exchange.call.params)._replace(extra={})
    return {**own, **family.format_reply(said, reply), **reply.response_fields}


def usage_of(usage: Usage) -> dict[str, Any]:
    """Return a usage in the service's words.

    Cached tokens go by two names, one unmodelled; so are the uses of the service's own tools.
    """
    found: dict[str, Any] = {}
    if usage.cache_details:
        found["cacheDetails"] = list(usage.cache_details)
    if usage.cache_read is not None:
        found["cacheReadInputTokenCount"] = found["cacheReadInputTokens"] = usage.cache_read
    if usage.cache_write is not None:
        found["cacheWriteInputTokenCount"] = found["cacheWriteInputTokens"] = usage.cache_write
    found["inputTokens"] = usage.input_tokens
    found["outputTokens"] = usage.output_tokens
    found["serverToolUsage"] = {}
    found["totalTokens"] = usage.total
    return found


def _stream_of(exchange: Exchange, reply: Reply | Raw, guarded: GuardrailSession | None) -> Result:
    assert isinstance(reply, Reply)
    if guarded is not None:
        reply = guarded.passed(reply)
    params, state = exchange.call.params, exchange.backend.state
    stop: dict[str, Any] = {}
    if "additionalModelResponseFieldPaths" in params:
        paths = params["additionalModelResponseFieldPaths"]
        stop["additionalModelResponseFields"] = json_pointers.select(
            paths, _fields(exchange, reply)
        )
    metadata: Result = {"metrics": {"latencyMs": reply.latency}}
    _echo(metadata, params)
    _trace(metadata, exchange, guarded)
    traits, usage = exchange.known.traits, reply.usage
    if traits.sparse_usage and not usage.cache_read:
        usage = usage._replace(cache_read=None)
    metadata["usage"] = usage_of(usage)
    events = frames_of(
        _typed_reply(reply) if traits.typed_tool_use else reply,
        lambda seconds: state.clock.advance(seconds=seconds),
        split_input=traits.splits_tool_input,
        stop=stop,
        metadata=metadata,
    )
    return {"stream": events}


def _typed_reply(reply: Reply) -> Reply:
    parts = tuple(ReplyPart(_typed(part.block), part.pieces) for part in reply.parts)
    return reply._replace(parts=parts)
