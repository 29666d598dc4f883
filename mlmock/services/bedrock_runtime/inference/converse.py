"""Converse and ConverseStream: conversations from parameters, responses from replies."""

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
    check_cache_points,
    check_token_limits,
    generate_reply,
)
from mlmock.services.bedrock_runtime.inference.encoded_events import encode_events
from mlmock.services.bedrock_runtime.inference.exchange import Exchange, start_exchange
from mlmock.services.bedrock_runtime.inference.guardrail_enforcement import GuardrailSession
from mlmock.services.bedrock_runtime.models.declarations import (
    ResolvedModel,
    check_converse,
    check_streaming,
)
from mlmock.services.bedrock_runtime.scripting.scripted_message import Raw
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

_EMPTY: dict[str, Any] = {}


def converse(backend: RuntimeBackend, call: Call) -> Result:
    """Answer Converse."""
    return _answer(start_exchange(backend, call, streams=False), response_members)


def converse_stream(backend: RuntimeBackend, call: Call) -> Result:
    """Answer ConverseStream."""
    return _answer(start_exchange(backend, call, streams=True), _stream_members)


def _answer(exchange: Exchange, write: Any) -> Result:
    params, model = exchange.call.params, exchange.model
    conversation = parse_conversation(model, params, streams=exchange.streams)
    check_cache_points(exchange, conversation)
    session = guardrail_enforcement.apply_input_guardrail(
        exchange, conversation, params.get("guardrailConfig")
    )
    if session is None:
        result: Any = generate_reply(
            exchange, conversation, lambda reply: write(exchange, reply, None)
        )
    elif session.blocked is not None:
        result = write(exchange, session.blocked, session)
    else:
        result = generate_reply(
            exchange, session.conversation, lambda reply: write(exchange, reply, session)
        )
    return cast("Result", result)


# -- request ---------------------------------------------------------------------------------


def parse_conversation(
    model: ResolvedModel, params: Mapping[str, Any], *, streams: bool = False
) -> Conversation:
    """Return the conversation in the parameters of Converse.

    Args:
        model: The model of the call.
        params: The parameters of Converse.
        streams: Whether the operation is ConverseStream.

    Raises:
        ServiceError: If the service rejects the conversation.
    """
    check_converse(model)
    if streams:
        check_streaming(model)
    traits, messages = model.traits, params.get("messages", ())
    if model.identifier.form == "prompt":
        _check_prompt(params)
    conversation = to_conversation(model, params)
    if conversation.tools:
        validate_tools(conversation, traits, streams=streams)
    if conversation.system and not traits.system:
        raise errors.invalid(
            "This model doesn't support system messages. Try again without a system message or "
            "use a model that supports system messages."
        )
    if messages or model.identifier.form != "prompt":
        turns = validate_messages(messages, traits, has_tools="toolConfig" in params)
        conversation.set_content_tokens(turns.tokens)
        if turns.media:
            validate_attachments(turns.media, messages, traits)
    if "additionalModelResponseFieldPaths" in params:
        json_pointers.check(params["additionalModelResponseFieldPaths"])
    check_token_limits(model, conversation)
    if conversation.top_p is not None or conversation.extra:
        _validate_for_provider(model, conversation)
    return conversation


def _validate_for_provider(model: ResolvedModel, conversation: Conversation) -> None:
    """Raise the error with which the model's provider rejects `conversation`."""
    if not isinstance(conversation.extra, dict):
        raise not_an_object_error("additionalModelRequestFields")
    if model.identifier.family is not None:
        try:
            model.identifier.family.validate_converse(conversation)
        except ServiceError as error:
            raise errors.provider_error(error.message or "") from None


def to_conversation(model: ResolvedModel, params: Mapping[str, Any]) -> Conversation:
    """Return the conversation in the parameters of Converse, without validation."""
    config, tools = params.get("inferenceConfig", _EMPTY), params.get("toolConfig", _EMPTY)
    system = params.get("system", ())
    return Conversation(
        model.identifier.base or model.identifier.model_id,
        params.get("messages", ()),
        joined_text(system) if system else "",
        tools.get("tools", ()),
        tools.get("toolChoice"),
        config.get("maxTokens"),
        config.get("temperature"),
        config.get("topP"),
        config.get("stopSequences", ()),
        _schema(params["outputConfig"]) if "outputConfig" in params else None,
        params.get("additionalModelRequestFields", _EMPTY),
        system,
    )


def _schema(config: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the JSON schema of the answer, or None; raise ValidationException if it is invalid."""
    structure = config.get("textFormat", _EMPTY).get("structure")
    if structure is None:
        return None
    try:
        schema = json.loads(structure["jsonSchema"]["schema"])
    except ValueError:
        schema = None
    if not isinstance(schema, dict):
        raise errors.invalid("The schema field in outputConfig.textFormat isn't a JSON schema.")
    return schema


_SET_BY_PROMPT = ("system", "toolConfig", "inferenceConfig", "additionalModelRequestFields")


def _check_prompt(params: Mapping[str, Any]) -> None:
    """Raise ValidationException for a parameter that a managed prompt sets itself."""
    for name in _SET_BY_PROMPT:
        if params.get(name):
            raise errors.invalid(
                f"The {name} field can't be used with a prompt. Remove {name} and try again."
            )


# -- response --------------------------------------------------------------------------------


def response_members(
    exchange: Exchange, reply: Reply | Raw, session: GuardrailSession | None
) -> Result:
    """Return the members of Converse's response, in the service's alphabetical order."""
    assert isinstance(reply, Reply)
    if session is not None:
        reply = session.apply_to_output(reply)
    params, traits = exchange.call.params, exchange.model.traits
    members: Result = {}
    if "additionalModelResponseFieldPaths" in params:
        paths = params["additionalModelResponseFieldPaths"]
        members["additionalModelResponseFields"] = json_pointers.select(
            paths, _provider_fields(exchange, reply)
        )
    members["metrics"] = {"latencyMs": reply.latency}
    members["output"] = {"message": {"content": _content(reply, traits), "role": "assistant"}}
    _add_echoed(members, params)
    members["stopReason"] = reply.stop_reason
    _add_trace(members, exchange, session)
    members["usage"] = usage_members(reply.usage)
    return members


def _content(reply: Reply, traits: Traits) -> list[Any]:
    content = [part.block for part in reply.parts]
    return [_add_type(block) for block in content] if traits.typed_tool_use else content


def _add_type(block: Mapping[str, Any]) -> Mapping[str, Any]:
    use = block.get("toolUse")
    if use is None or "type" in use:
        return block
    return {"toolUse": {**use, "type": "tool_use"}}


def _add_echoed(members: Result, params: Mapping[str, Any]) -> None:
    for name in ("performanceConfig", "serviceTier"):
        if name in params:
            members[name] = params[name]


def _add_trace(members: Result, exchange: Exchange, session: GuardrailSession | None) -> None:
    trace: dict[str, Any] = {}
    if session is not None and session.is_traced:
        trace["guardrail"] = session.trace()
    identifier = exchange.model.identifier
    if identifier.form.endswith("prompt-router"):
        arn = identifier.arn(exchange.backend.scope.region)
        trace["promptRouter"] = {"invokedModelId": arn}
    if trace:
        members["trace"] = trace


def _provider_fields(exchange: Exchange, reply: Reply) -> dict[str, Any]:
    """Return the members of the provider's response, which JSON pointers of the caller select."""
    fields = {"stop_reason": reply.stop_reason, "stop_sequence": reply.stop_sequence}
    model, family = exchange.model, exchange.model.identifier.family
    if family is None:
        return {**fields, **reply.response_fields}
    conversation = to_conversation(model, exchange.call.params)._replace(extra={})
    return {**fields, **family.format_reply(conversation, reply), **reply.response_fields}


def usage_members(usage: Usage) -> dict[str, Any]:
    """Return the members of Converse's ``usage``.

    The service also sends unmodeled members: a second name for each count of cached tokens, and
    the usage of its own tools.
    """
    members: dict[str, Any] = {}
    if usage.cache_details:
        members["cacheDetails"] = list(usage.cache_details)
    if usage.cache_read is not None:
        members["cacheReadInputTokenCount"] = members["cacheReadInputTokens"] = usage.cache_read
    if usage.cache_write is not None:
        members["cacheWriteInputTokenCount"] = members["cacheWriteInputTokens"] = usage.cache_write
    members["inputTokens"] = usage.input_tokens
    members["outputTokens"] = usage.output_tokens
    members["serverToolUsage"] = {}
    members["totalTokens"] = usage.total
    return members


def _stream_members(
    exchange: Exchange, reply: Reply | Raw, session: GuardrailSession | None
) -> Result:
    assert isinstance(reply, Reply)
    if session is not None:
        reply = session.apply_to_output(reply)
    params, state = exchange.call.params, exchange.backend.state
    stop: dict[str, Any] = {}
    if "additionalModelResponseFieldPaths" in params:
        paths = params["additionalModelResponseFieldPaths"]
        stop["additionalModelResponseFields"] = json_pointers.select(
            paths, _provider_fields(exchange, reply)
        )
    metadata: Result = {"metrics": {"latencyMs": reply.latency}}
    _add_echoed(metadata, params)
    _add_trace(metadata, exchange, session)
    traits, usage = exchange.model.traits, reply.usage
    if traits.sparse_usage and not usage.cache_read:
        usage = usage._replace(cache_read=None)
    metadata["usage"] = usage_members(usage)
    events = encode_events(
        _add_types(reply) if traits.typed_tool_use else reply,
        lambda seconds: state.clock.advance(seconds=seconds),
        split_input=traits.splits_tool_input,
        stop=stop,
        metadata=metadata,
    )
    return {"stream": events}


def _add_types(reply: Reply) -> Reply:
    parts = tuple(ReplyPart(_add_type(part.block), part.pieces) for part in reply.parts)
    return reply._replace(parts=parts)
