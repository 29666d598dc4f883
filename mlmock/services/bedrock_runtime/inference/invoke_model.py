"""InvokeModel and its stream: the body of a provider, around the same exchange.

The frame reads the JSON, asks who answers, and adds what Bedrock adds: token headers, metrics in a
stream's last chunk, the guardrail's members.
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
    check_length,
    check_points,
    generate_reply,
)
from mlmock.services.bedrock_runtime.inference.exchange import Exchange, start_exchange
from mlmock.services.bedrock_runtime.inference.guardrail_enforcement import GuardrailSession
from mlmock.services.bedrock_runtime.inference.non_text_answers import answer_non_text
from mlmock.services.bedrock_runtime.inference.stream_events import events_of, padded_chunks
from mlmock.services.bedrock_runtime.media.encoding import json_bytes
from mlmock.services.bedrock_runtime.models.declarations import check_streaming
from mlmock.services.bedrock_runtime.scripting.answers import Raw
from mlmock.services.bedrock_runtime.scripting.model_rules import BODY, CHUNKS, MESSAGE
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
    family, asked, guard = _read(exchange)
    if not isinstance(asked, Conversation):
        guardrail_enforcement.check(backend, guard)
        return cast("Result", answer_non_text(exchange, family, asked, _whole))
    return _conversed(exchange, asked, _Whole(exchange, family).write, guard)


def invoke_model_with_response_stream(backend: RuntimeBackend, call: Call) -> Result:
    """Answer InvokeModelWithResponseStream."""
    exchange = start_exchange(backend, call, streams=True)
    check_streaming(exchange.known)
    family, asked, guard = _read(exchange)
    if not isinstance(asked, Conversation):
        raise errors.invalid("The model is unsupported for streaming.")
    return _conversed(exchange, asked, _Streamed(exchange, family).write, guard)


Write = Callable[["Reply | Raw", Conversation, "GuardrailSession | None"], Result]


def _conversed(
    exchange: Exchange, said: Conversation, write: Write, guard: dict[str, Any] | None
) -> Result:
    check_length(exchange.known, said)
    check_points(exchange, said)
    wanted = frozenset({MESSAGE, CHUNKS if exchange.streams else BODY})
    guarded = guardrail_enforcement.apply_input_guardrail(exchange, said, guard, native=True)
    if guarded is not None and guarded.blocked is not None:
        return write(guarded.blocked, said, guarded)
    heard = said if guarded is None else guarded.conversation
    found = generate_reply(
        exchange, heard, lambda reply: write(reply, heard, guarded), wanted=wanted
    )
    return cast("Result", found)


# -- what comes in ---------------------------------------------------------------------------


def _read(exchange: Exchange) -> tuple[Family, Any, dict[str, Any] | None]:
    """Return the family that answers, what the body asks, and which guardrail stands around it."""
    params, model = exchange.call.params, exchange.known.model
    _check_accept(params)
    body = parsed_body(params.get("body", b""))
    guard = guardrail_enforcement.config_of(
        params, body.pop("amazon-bedrock-guardrailConfig", None)
    )
    family = model.family or family_by_body(body)
    asked = family.parse_request(body, model.base or model.written)
    return family, asked, guard


def parsed_body(body: bytes) -> dict[str, Any]:
    """Return the JSON object that `body` is; ValidationException for anything else."""
    try:
        found = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise errors.invalid("Malformed input request, please reformat your input and try again.")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} isn't JSON")


def family_by_body(body: Mapping[str, Any]) -> Family:
    """Return the family whose shape a body has, for models whose identifier doesn't tell it."""
    from mlmock.services.bedrock_runtime.families import family_of

    for key, model_id in _BY_KEY:
        if key in body:
            return cast("Family", family_of(model_id))
    return cast("Family", family_of("openai.gpt-oss-20b-1:0"))


_BY_KEY = (
    ("anthropic_version", "anthropic.claude-3-haiku-20240307-v1:0"),
    ("schemaVersion", "amazon.nova-lite-v1:0"),
    ("inferenceConfig", "amazon.nova-lite-v1:0"),
    ("inputText", "amazon.titan-text-express-v1"),
    ("messages", "openai.gpt-oss-20b-1:0"),
    ("max_gen_len", "meta.llama3-8b-instruct-v1:0"),
    ("prompt", "meta.llama3-8b-instruct-v1:0"),
)


def _check_accept(params: Mapping[str, Any]) -> None:
    """Refuse to answer in anything but JSON (wording judged)."""
    accept = params.get("accept") or _JSON
    kinds = {kind.split(";")[0].strip() for kind in accept.split(",")}
    if not kinds & {_JSON, "*/*", "application/*", "*", ""}:
        raise errors.invalid(f"The accept type {accept} isn't supported. Use {_JSON}.")


# -- what goes out, in one piece -------------------------------------------------------------


class _Whole:
    """The answer of InvokeModel."""

    def __init__(self, exchange: Exchange, family: Family) -> None:
        self._exchange = exchange
        self._family = family

    def write(
        self, reply: Reply | Raw, said: Conversation, guarded: GuardrailSession | None
    ) -> Result:
        """Return the members of the answer."""
        if isinstance(reply, Raw):
            return _whole(self._exchange, _raw_bytes(reply), _no_usage(said))
        if guarded is not None:
            reply = guarded.passed(reply)
        body = self._family.format_reply(said, reply)
        if guarded is not None:
            body |= guardrail_members(guarded)
        return _whole(self._exchange, json_bytes(body), reply.usage, reply.latency)


def _raw_bytes(raw: Raw) -> bytes:
    if raw.chunks is not None:
        raise InvalidRule(
            f"raw([...]) are the chunks of a stream, not a body: {abbreviate_repr(raw.chunks)}"
        )
    return _as_bytes(raw.body)


def _as_bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    return json_bytes(value)


def _no_usage(said: Conversation) -> Usage:
    return Usage(said.input_tokens, 0)


def _whole(
    exchange: Exchange, body: bytes, usage: Usage, latency: int = 0, *, counted: str = "both"
) -> Result:
    """Return an answer in one piece; `counted`: both, input or none of the token headers."""
    headers = {"X-Amzn-Bedrock-Invocation-Latency": str(latency)}
    if counted != "none":
        headers["X-Amzn-Bedrock-Input-Token-Count"] = str(usage.input_tokens)
    if counted == "both":
        headers["X-Amzn-Bedrock-Output-Token-Count"] = str(usage.output_tokens)
        _cache_headers(headers, usage)
    members = {"body": body, "contentType": _JSON}
    return ResultWithHeaders(members | _echo(exchange.call.params), headers)


def _cache_headers(headers: dict[str, str], usage: Usage) -> None:
    if usage.cache_read is not None:
        headers["X-Amzn-Bedrock-Cache-Read-Input-Token-Count"] = str(usage.cache_read)
    if usage.cache_write is not None:
        headers["X-Amzn-Bedrock-Cache-Write-Input-Token-Count"] = str(usage.cache_write)


def _echo(params: Mapping[str, Any]) -> dict[str, Any]:
    names = ("performanceConfigLatency", "serviceTier")
    return {name: params[name] for name in names if name in params}


def guardrail_members(guarded: GuardrailSession, *, traced: bool = True) -> dict[str, Any]:
    """Return what Bedrock adds to a provider's body for a guardrail; the trace where asked for."""
    found: dict[str, Any] = {}
    if traced and guarded.traced:
        found[_TRACE] = {"guardrail": guarded.provider_trace()}
    found[_ACTION] = "INTERVENED" if guarded.intervened else "NONE"
    return found


# -- what goes out, chunk by chunk -----------------------------------------------------------


class _Streamed:
    """The answer of InvokeModelWithResponseStream."""

    def __init__(self, exchange: Exchange, family: Family) -> None:
        self._exchange = exchange
        self._family = family
        self._over = False

    def write(
        self, reply: Reply | Raw, said: Conversation, guarded: GuardrailSession | None
    ) -> Result:
        """Return the members of the answer."""
        if isinstance(reply, Raw):
            chunks = reply.chunks if reply.chunks is not None else (reply.body,)
            events: Iterator[bytes] = map(_as_bytes, chunks)
        else:
            events = self._chunks(reply, said, guarded)
        members = {"body": padded_chunks(events, self._exchange.seed()), "contentType": _JSON}
        return members | _echo(self._exchange.call.params)

    def _chunks(
        self, reply: Reply, said: Conversation, guarded: GuardrailSession | None
    ) -> Iterator[bytes]:
        """Yield the chunks as they are due; what comes after messageStop is held for the last."""
        if guarded is not None:
            told = self._blocked(said, guarded)
            if told is not None:
                yield json_bytes(told | guardrail_members(guarded))
                return
            reply = guarded.passed(reply)
        added = guardrail_members(guarded, traced=False) if guarded is not None else {}
        held: dict[str, Any] | None = None
        for chunk in self._family.chunks(said, reply, self._events(reply)):
            if held is not None:
                yield json_bytes(held | added)
            held = chunk
            if not self._over:
                yield json_bytes(chunk | added)
                held = None
        if held is not None:
            last = guardrail_members(guarded) if guarded is not None else {}
            yield json_bytes(held | last | {_METRICS: _metrics(reply)})

    def _blocked(self, said: Conversation, guarded: GuardrailSession) -> dict[str, Any] | None:
        message = guarded.verdict.message
        return None if message is None else self._family.blocked(said, message)

    def _events(self, reply: Reply) -> Iterator[Event]:
        state, traits = self._exchange.backend.state, self._exchange.known.traits
        events = events_of(
            reply,
            lambda seconds: state.clock.advance(seconds=seconds),
            split_input=traits.splits_tool_input,
            stop={},
            metadata={},
        )
        for event in events:
            self._over = self._over or event[0] == "messageStop"
            yield event


def _metrics(reply: Reply) -> dict[str, int]:
    usage = reply.usage
    found = {
        "inputTokenCount": usage.input_tokens,
        "outputTokenCount": usage.output_tokens,
        "invocationLatency": reply.latency,
        "firstByteLatency": min(reply.latency, 200),
    }
    if usage.cache_read is not None:
        found["cacheReadInputTokenCount"] = usage.cache_read
    if usage.cache_write is not None:
        found["cacheWriteInputTokenCount"] = usage.cache_write
    return found
