"""Guardrails in an exchange: assessment of the input of a model and of its output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlmock.services.bedrock_runtime.conversation.replies import Pause, Reply, ReplyPart, Usage
from mlmock.services.bedrock_runtime.conversation.requests import Block, Conversation
from mlmock.services.bedrock_runtime.errors import INVALID_GUARDRAIL_INPUT, invalid
from mlmock.services.bedrock_runtime.guardrails.stream_buffer import StreamBuffer
from mlmock.services.bedrock_runtime.scripting.reply_builder import text_pieces

if TYPE_CHECKING:
    from mlmock.services.bedrock_runtime.guardrails.operations import Content, Guardrail, Verdict
    from mlmock.services.bedrock_runtime.inference.exchange import Exchange
    from mlmock.services.common.backend import Backend

INTERVENED, _END_TURN = "guardrail_intervened", "end_turn"
_JSON = "application/json"
_MODES = {"SYNCHRONOUS": "sync", "ASYNCHRONOUS": "async"}
_GROUNDING_QUALIFIERS = {"grounding_source", "query"}


@dataclass
class GuardrailSession:
    """A guardrail in one exchange, with its verdicts.

    Attributes:
        guardrail: The guardrail.
        conversation: The request that the model receives, masked if necessary.
        verdict: The verdict on the input.
        is_traced: Whether the caller requested a trace.
        full: Whether the trace contains what was not detected.
        sync: Whether a stream waits for the verdict on the output.
        native: Whether the response is in the provider's format, whose stop reasons do not tell
            that a guardrail intervened.
        context: The contents on which the output is grounded.
        blocked: The reply that replaces the model's, if the input is blocked.
        outputs: The verdicts on the output.
        originals: The texts of the output before the guardrail changed them.
    """

    guardrail: Guardrail
    conversation: Conversation
    verdict: Verdict
    is_traced: bool
    full: bool
    sync: bool
    native: bool = False
    context: Sequence[Content] = ()
    blocked: Reply | None = None
    outputs: list[Verdict] = field(default_factory=list)
    originals: list[str] = field(default_factory=list)

    def apply_to_output(self, reply: Reply) -> Reply:
        """Return what the caller receives of the model's `reply`."""
        texts = [p.block["text"] for p in reply.parts if "text" in p.block]
        if self.blocked is not None or not texts:
            return reply
        if not self.sync:
            return self._apply_to_stream(reply, texts)
        verdict = self._assess(texts)
        self.outputs.append(verdict)
        if not verdict.intervened:
            return reply
        self.originals = texts
        if verdict.message is not None:
            parts: tuple[ReplyPart, ...] = (
                ReplyPart({"text": verdict.message}, (verdict.message,)),
            )
        else:
            masked = iter(verdict.texts)
            parts = tuple(_replace_text(part, masked) for part in reply.parts)
        return self._replace_parts(reply, parts, verdict)

    def _replace_parts(self, reply: Reply, parts: tuple[ReplyPart, ...], verdict: Verdict) -> Reply:
        """Return `reply` with other parts.

        A message of the guardrail ends the turn without the rest of the reply. Masks do not.
        """
        reason = reply.stop_reason if self.native else INTERVENED
        if verdict.message is None:
            return reply._replace(parts=parts, stop_reason=reason)
        reason = _END_TURN if self.native else INTERVENED
        return reply._replace(parts=parts, stop_reason=reason, stop_sequence=None, error=None)

    def _assess(self, texts: Sequence[str]) -> Verdict:
        from mlmock.services.bedrock_runtime.guardrails.operations import Content

        contents = [*map(Content, texts), *self.context]
        return self.guardrail.assess("OUTPUT", contents, full=self.full, masks=self.sync)

    def _apply_to_stream(self, reply: Reply, texts: list[str]) -> Reply:
        """Return a reply that is sent while it is assessed, and ends where it is blocked."""
        buffer = StreamBuffer(lambda text: self._assess([text]))
        parts = [_feed(buffer, part) for part in reply.parts if not buffer.is_blocked]
        rest, verdict = buffer.close()
        self.outputs.append(verdict)
        if verdict.message is None:
            return reply
        self.originals = texts
        parts[-1] = _append_texts(parts[-1], rest)
        return self._replace_parts(reply, tuple(parts), verdict)

    @property
    def intervened(self) -> bool:
        """Whether the guardrail blocked or masked something."""
        return self.verdict.intervened or any(verdict.intervened for verdict in self.outputs)

    def reason(self) -> str:
        """Return the actionReason of the input and of the output."""
        return "\n".join(v.reason for v in (self.verdict, *self.outputs))

    def trace(self) -> dict[str, Any]:
        """Return Converse's trace of the guardrail, members in alphabetical order."""
        guardrail_id = self.guardrail.id
        trace: dict[str, Any] = {
            "actionReason": self.reason(),
            "inputAssessment": {guardrail_id: self.verdict.assessment},
        }
        if self.originals:
            trace["modelOutput"] = self.originals
        if self.outputs:
            trace["outputAssessments"] = {guardrail_id: [v.assessment for v in self.outputs]}
        return trace

    def invoke_model_trace(self) -> dict[str, Any]:
        """Return InvokeModel's trace of the guardrail."""
        guardrail_id = self.guardrail.id
        trace: dict[str, Any] = {"modelOutput": self.originals} if self.originals else {}
        trace["input"] = {guardrail_id: self.verdict.assessment}
        if self.outputs:
            trace["outputs"] = [{guardrail_id: v.assessment} for v in self.outputs]
        return {**trace, "actionReason": self.reason()}


def _replace_text(part: ReplyPart, texts: Iterator[str]) -> ReplyPart:
    if "text" not in part.block:
        return part
    text = next(texts)
    return part if text == part.block["text"] else ReplyPart({"text": text}, (text,))


def _feed(buffer: StreamBuffer, part: ReplyPart) -> ReplyPart:
    if "text" not in part.block:
        return part
    pieces: list[str | Pause] = []
    for piece in text_pieces(part, part.block["text"]):
        pieces += buffer.feed(piece) if isinstance(piece, str) else [piece]
    return _from_pieces(pieces)


def _from_pieces(pieces: Sequence[str | Pause]) -> ReplyPart:
    text = "".join(piece for piece in pieces if isinstance(piece, str))
    return ReplyPart({"text": text}, tuple(pieces))


def _append_texts(part: ReplyPart, texts: Sequence[str]) -> ReplyPart:
    if "text" not in part.block or not texts:
        return part
    return _from_pieces([*text_pieces(part, part.block["text"]), *texts])


def to_guardrail_config(params: Mapping[str, Any], body_config: Any) -> dict[str, Any] | None:
    """Return the guardrail of InvokeModel as Converse's guardrailConfig, or None without one.

    Args:
        params: The parameters of InvokeModel.
        body_config: The value of ``amazon-bedrock-guardrailConfig`` in the request body.

    Raises:
        ServiceError: If `body_config` is invalid, or if no guardrail is named although there is
            one. Source: service model, documentation of `guardrailIdentifier`.
    """
    if not params.get("guardrailIdentifier"):
        if body_config is not None:
            raise invalid("The provided guardrail identifier is invalid.")
        return None
    config = {} if body_config is None else body_config
    mode = config.get("streamProcessingMode", "SYNCHRONOUS") if isinstance(config, dict) else ""
    content_type = params.get("contentType", _JSON).partition(";")[0].strip().lower()
    if content_type != _JSON or not isinstance(mode, str) or mode not in _MODES:
        raise invalid(INVALID_GUARDRAIL_INPUT)
    return {
        "guardrailIdentifier": params["guardrailIdentifier"],
        "guardrailVersion": params.get("guardrailVersion", ""),
        "trace": params.get("trace", "DISABLED").lower(),
        "streamProcessingMode": _MODES[mode],
        "tagSuffix": config.get("tagSuffix"),
    }


def check_exists(backend: Backend, config: Mapping[str, Any] | None) -> None:
    """Raise ValidationException if `config` names a guardrail that does not exist.

    Embeddings, images and rankings are not assessed.
    """
    if config is not None:
        _find(backend, config)


def _find(backend: Backend, config: Mapping[str, Any]) -> Guardrail:
    from mlmock.services.bedrock_runtime.guardrails import operations

    version = config.get("guardrailVersion", "")
    return operations.find_guardrail(backend, config["guardrailIdentifier"], version)


def apply_input_guardrail(
    exchange: Exchange,
    conversation: Conversation,
    config: Mapping[str, Any] | None,
    *,
    native: bool = False,
) -> GuardrailSession | None:
    """Return the guardrail of the exchange with its verdict on the input.

    Args:
        exchange: The exchange.
        conversation: The request.
        config: Converse's guardrailConfig, or None.
        native: Whether the response is in the provider's format.

    Returns:
        The session, or None if the caller names no guardrail.

    Raises:
        ServiceError: If the guardrail does not exist.
    """
    if not config or not config.get("guardrailIdentifier"):
        return None
    from mlmock.services.bedrock_runtime.guardrails.input_selection import (
        replace_texts,
        select_input,
        total_input,
    )

    guardrail = _find(exchange.backend, config)
    system = _system_blocks(exchange)
    selected = select_input(conversation, system, config.get("tagSuffix"))
    contents = [part.content for part in selected]
    full = config.get("trace") == "enabled_full"
    total = total_input(conversation, system)
    verdict = guardrail.assess("INPUT", contents, total=total, full=full)
    session = GuardrailSession(
        guardrail,
        conversation,
        verdict,
        is_traced=config.get("trace", "disabled") != "disabled",
        full=full,
        sync=config.get("streamProcessingMode", "sync") == "sync" or not exchange.streams,
        native=native,
        context=[c for c in contents if _GROUNDING_QUALIFIERS & set(c.qualifiers)],
    )
    if verdict.message is not None:
        reason = _END_TURN if native else INTERVENED
        session.blocked = blocked_reply(exchange, verdict.message, reason)
    elif verdict.masked:
        session.conversation = replace_texts(conversation, selected, verdict.texts, system)
    return session


def _system_blocks(exchange: Exchange) -> Sequence[Block]:
    """Return Converse's system blocks. The body of InvokeModel has none in this form."""
    blocks: Sequence[Block] = exchange.call.params.get("system", ())
    return blocks


def blocked_reply(exchange: Exchange, message: str, reason: str) -> Reply:
    """Return the reply to a blocked request, which consumes no tokens.

    Args:
        exchange: The exchange.
        message: The message of the guardrail.
        reason: The stop reason.
    """
    created = int(exchange.backend.clock.seconds())
    part = ReplyPart({"text": message}, (message,))
    return Reply((part,), reason, Usage(0, 0), latency=0, created=created)
