"""InvokeModel and its stream: request and response bodies of the providers.

This module reads the JSON body, generates the reply, and adds what Bedrock adds to the provider's
response: token headers, metrics in the last chunk of a stream, and members for the guardrail.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from mlmock.aws.protocol.messages import ResultWithHeaders
from mlmock.call import Call
from mlmock.errors import InvalidRule
from mlmock.rules.matchers import abbreviate_repr
from mlmock.services.bedrock_runtime import errors
from mlmock.services.bedrock_runtime.conversation.replies import Reply, Usage
from mlmock.services.bedrock_runtime.conversation.requests import Conversation
from mlmock.services.bedrock_runtime.families.base import Event, Family
from mlmock.services.bedrock_runtime.inference import guardrail_enforcement
from mlmock.services.bedrock_runtime.inference.answering import (
    check_cache_points,
    check_token_limits,
    generate_reply,
)
from mlmock.services.bedrock_runtime.inference.exchange import Exchange, start_exchange
from mlmock.services.bedrock_runtime.inference.guardrail_enforcement import GuardrailSession
from mlmock.services.bedrock_runtime.inference.non_text_answers import answer_non_text
from mlmock.services.bedrock_runtime.inference.stream_events import chunk_events, reply_events
from mlmock.services.bedrock_runtime.media.encoding import json_bytes
from mlmock.services.bedrock_runtime.models.declarations import check_streaming
from mlmock.services.bedrock_runtime.scripting.model_rules import BODY, CHUNKS, MESSAGE
from mlmock.services.bedrock_runtime.scripting.scripted_message import Raw
from mlmock.services.common.backend import Result

if TYPE_CHECKING:
    from mlmock.services.bedrock_runtime.inference.exchange import RuntimeBackend

_JSON = "application/json"
_METRICS = "amazon-bedrock-invocationMetrics"
_ACTION = "amazon-bedrock-guardrailAction"
_TRACE = "amazon-bedrock-trace"


def invoke_model(backend: RuntimeBackend, call: Call) -> Result:
    """Answer InvokeModel."""
    exchange = start_exchange(backend, call, streams=False)
    family, request, config = _parse(exchange)
    if not isinstance(request, Conversation):
        guardrail_enforcement.check_exists(backend, config)
        return cast("Result", answer_non_text(exchange, family, request, _response))
    return _generate(exchange, request, _BodyWriter(exchange, family).write, config)


def invoke_model_with_response_stream(backend: RuntimeBackend, call: Call) -> Result:
    """Answer InvokeModelWithResponseStream."""
    exchange = start_exchange(backend, call, streams=True)
    check_streaming(exchange.model)
    family, request, config = _parse(exchange)
    if not isinstance(request, Conversation):
        raise errors.invalid("The model is unsupported for streaming.")
    return _generate(exchange, request, _StreamWriter(exchange, family).write, config)


Write = Callable[["Reply | Raw", Conversation, "GuardrailSession | None"], Result]


def _generate(
    exchange: Exchange, conversation: Conversation, write: Write, config: dict[str, Any] | None
) -> Result:
    check_token_limits(exchange.model, conversation)
    check_cache_points(exchange, conversation)
    accepted = frozenset({MESSAGE, CHUNKS if exchange.streams else BODY})
    session = guardrail_enforcement.apply_input_guardrail(
        exchange, conversation, config, native=True
    )
    if session is not None and session.blocked is not None:
        return write(session.blocked, conversation, session)
    allowed = conversation if session is None else session.conversation
    result = generate_reply(
        exchange, allowed, lambda reply: write(reply, allowed, session), accepted=accepted
    )
    return cast("Result", result)


# -- request ---------------------------------------------------------------------------------


def _parse(exchange: Exchange) -> tuple[Family, Any, dict[str, Any] | None]:
    """Return the family of the model, the request in the body, and the guardrailConfig."""
    params, model = exchange.call.params, exchange.model.identifier
    _check_accept(params)
    body = parse_body(params.get("body", b""))
    config = guardrail_enforcement.to_guardrail_config(
        params, body.pop("amazon-bedrock-guardrailConfig", None)
    )
    family = model.family or family_of_body(body)
    request = family.parse_request(body, model.base or model.model_id)
    return family, request, config


def parse_body(body: bytes) -> dict[str, Any]:
    """Return `body` as a JSON object.

    Raises:
        ServiceError: ValidationException if `body` is not a JSON object.
    """
    try:
        document = json.loads(body, parse_constant=_reject_constant)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise errors.invalid("Malformed input request, please reformat your input and try again.")
    return document


def _reject_constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


def family_of_body(body: Mapping[str, Any]) -> Family:
    """Return the family whose format `body` has, for a model whose identifier does not tell."""
    from mlmock.services.bedrock_runtime.families import family_of

    for key, model_id in _MODEL_BY_KEY:
        if key in body:
            return cast("Family", family_of(model_id))
    return cast("Family", family_of("openai.gpt-oss-20b-1:0"))


_MODEL_BY_KEY = (
    ("anthropic_version", "anthropic.claude-3-haiku-20240307-v1:0"),
    ("schemaVersion", "amazon.nova-lite-v1:0"),
    ("inferenceConfig", "amazon.nova-lite-v1:0"),
    ("inputText", "amazon.titan-text-express-v1"),
    ("messages", "openai.gpt-oss-20b-1:0"),
    ("max_gen_len", "meta.llama3-8b-instruct-v1:0"),
    ("prompt", "meta.llama3-8b-instruct-v1:0"),
)


def _check_accept(params: Mapping[str, Any]) -> None:
    """Raise ValidationException unless the caller accepts JSON. Assumption: the wording."""
    accept = params.get("accept") or _JSON
    types = {media_type.split(";")[0].strip() for media_type in accept.split(",")}
    if not types & {_JSON, "*/*", "application/*", "*", ""}:
        raise errors.invalid(f"The accept type {accept} isn't supported. Use {_JSON}.")


# -- response --------------------------------------------------------------------------------


class _BodyWriter:
    """A writer of InvokeModel's response."""

    def __init__(self, exchange: Exchange, family: Family) -> None:
        self._exchange = exchange
        self._family = family

    def write(
        self, reply: Reply | Raw, conversation: Conversation, session: GuardrailSession | None
    ) -> Result:
        """Return the members of the response."""
        if isinstance(reply, Raw):
            return _response(self._exchange, _raw_body(reply), _input_usage(conversation))
        if session is not None:
            reply = session.apply_to_output(reply)
        body = self._family.format_reply(conversation, reply)
        if session is not None:
            body |= guardrail_members(session)
        return _response(self._exchange, json_bytes(body), reply.usage, reply.latency)


def _raw_body(raw: Raw) -> bytes:
    if raw.chunks is not None:
        raise InvalidRule(
            "InvokeModel must be answered with raw(body), not with the chunks of a stream: "
            f"{abbreviate_repr(list(raw.chunks))}"
        )
    return _to_bytes(raw.body)


def _to_bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    return json_bytes(value)


def _input_usage(conversation: Conversation) -> Usage:
    return Usage(conversation.input_tokens, 0)


def _response(
    exchange: Exchange, body: bytes, usage: Usage, latency: int = 0, *, counted: str = "both"
) -> Result:
    """Return the members and headers of InvokeModel's response.

    Args:
        exchange: The exchange.
        body: The response body.
        usage: The tokens of the exchange.
        latency: The latency in milliseconds.
        counted: Which token headers to send: ``"both"``, ``"input"`` or ``"none"``.
    """
    headers = {"X-Amzn-Bedrock-Invocation-Latency": str(latency)}
    if counted != "none":
        headers["X-Amzn-Bedrock-Input-Token-Count"] = str(usage.input_tokens)
    if counted == "both":
        headers["X-Amzn-Bedrock-Output-Token-Count"] = str(usage.output_tokens)
        _add_cache_headers(headers, usage)
    members = {"body": body, "contentType": _JSON}
    return ResultWithHeaders(members | _echoed(exchange.call.params), headers)


def _add_cache_headers(headers: dict[str, str], usage: Usage) -> None:
    if usage.cache_read is not None:
        headers["X-Amzn-Bedrock-Cache-Read-Input-Token-Count"] = str(usage.cache_read)
    if usage.cache_write is not None:
        headers["X-Amzn-Bedrock-Cache-Write-Input-Token-Count"] = str(usage.cache_write)


def _echoed(params: Mapping[str, Any]) -> dict[str, Any]:
    names = ("performanceConfigLatency", "serviceTier")
    return {name: params[name] for name in names if name in params}


def guardrail_members(session: GuardrailSession, *, traced: bool = True) -> dict[str, Any]:
    """Return the members that Bedrock adds to a provider's body for a guardrail.

    Args:
        session: The guardrail of the exchange.
        traced: Whether the trace is added, if the caller requested one.
    """
    members: dict[str, Any] = {}
    if traced and session.is_traced:
        members[_TRACE] = {"guardrail": session.invoke_model_trace()}
    members[_ACTION] = "INTERVENED" if session.intervened else "NONE"
    return members


# -- streamed response -----------------------------------------------------------------------


class _StreamWriter:
    """A writer of InvokeModelWithResponseStream's response."""

    def __init__(self, exchange: Exchange, family: Family) -> None:
        self._exchange = exchange
        self._family = family
        self._message_stopped = False

    def write(
        self, reply: Reply | Raw, conversation: Conversation, session: GuardrailSession | None
    ) -> Result:
        """Return the members of the response."""
        if isinstance(reply, Raw):
            raw_chunks = reply.chunks if reply.chunks is not None else (reply.body,)
            chunks: Iterator[bytes] = map(_to_bytes, raw_chunks)
        else:
            chunks = self._chunks(reply, conversation, session)
        members = {"body": chunk_events(chunks, self._exchange.seed()), "contentType": _JSON}
        return members | _echoed(self._exchange.call.params)

    def _chunks(
        self, reply: Reply, conversation: Conversation, session: GuardrailSession | None
    ) -> Iterator[bytes]:
        """Yield each chunk when it is due, and the metrics in the last one.

        A chunk after messageStop may be the last one and waits until the family yields another.
        """
        if session is not None:
            blocked = self._blocked_chunk(conversation, session)
            if blocked is not None:
                yield json_bytes(blocked | guardrail_members(session))
                return
            reply = session.apply_to_output(reply)
        added = guardrail_members(session, traced=False) if session is not None else {}
        pending: dict[str, Any] | None = None
        for chunk in self._family.chunks(conversation, reply, self._events(reply)):
            if pending is not None:
                yield json_bytes(pending | added)
            pending = chunk
            if not self._message_stopped:
                yield json_bytes(chunk | added)
                pending = None
        if pending is not None:
            last = guardrail_members(session) if session is not None else {}
            yield json_bytes(pending | last | {_METRICS: _metrics(reply)})

    def _blocked_chunk(
        self, conversation: Conversation, session: GuardrailSession
    ) -> dict[str, Any] | None:
        message = session.verdict.message
        return None if message is None else self._family.blocked_chunk(conversation, message)

    def _events(self, reply: Reply) -> Iterator[Event]:
        state, traits = self._exchange.backend.state, self._exchange.model.traits
        events = reply_events(
            reply,
            lambda seconds: state.clock.advance(seconds=seconds),
            split_input=traits.splits_tool_input,
            stop={},
            metadata={},
        )
        for event in events:
            self._message_stopped = self._message_stopped or event[0] == "messageStop"
            yield event


def _metrics(reply: Reply) -> dict[str, int]:
    usage = reply.usage
    metrics = {
        "inputTokenCount": usage.input_tokens,
        "outputTokenCount": usage.output_tokens,
        "invocationLatency": reply.latency,
        "firstByteLatency": min(reply.latency, 200),
    }
    if usage.cache_read is not None:
        metrics["cacheReadInputTokenCount"] = usage.cache_read
    if usage.cache_write is not None:
        metrics["cacheWriteInputTokenCount"] = usage.cache_write
    return metrics
