"""A guardrail around an exchange: what the model gets to read, and what the caller does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlmock.services.bedrock_runtime.conversation.replies import Pause, Reply, ReplyPart, Usage
from mlmock.services.bedrock_runtime.conversation.requests import Block, Conversation
from mlmock.services.bedrock_runtime.errors import INVALID_GUARDRAIL_INPUT, invalid
from mlmock.services.bedrock_runtime.guardrails.stream_buffer import StreamBuffer
from mlmock.services.bedrock_runtime.scripting.reply_builder import pieces_of_text

if TYPE_CHECKING:
    from mlmock.services.bedrock_runtime.guardrails.operations import Content, Guardrail, Verdict
    from mlmock.services.bedrock_runtime.inference.exchange import Exchange
    from mlmock.services.common.backend import Backend

INTERVENED, _OVER = "guardrail_intervened", "end_turn"
_JSON = "application/json"
_MODES = {"SYNCHRONOUS": "sync", "ASYNCHRONOUS": "async"}
_GROUNDS = {"grounding_source", "query"}


@dataclass
class GuardrailSession:
    """The guardrail of one exchange and what it has said.

    `conversation` is what the model gets to read; `blocked` the reply instead of the model's.
    `traced` when the caller asked for a trace, `full` for one of everything; `sync` when a stream
    waits for the verdict; `native` when the answer is in the provider's own words, which don't
    say that a guardrail intervened; `context` is what an answer is grounded on.
    """

    guardrail: Guardrail
    conversation: Conversation
    verdict: Verdict
    traced: bool
    full: bool
    sync: bool
    native: bool = False
    context: Sequence[Content] = ()
    blocked: Reply | None = None
    outputs: list[Verdict] = field(default_factory=list)
    originals: list[str] = field(default_factory=list)

    def passed(self, reply: Reply) -> Reply:
        """Return what the caller gets of the model's `reply`."""
        texts = [p.block["text"] for p in reply.parts if "text" in p.block]
        if self.blocked is not None or not texts:
            return reply
        if not self.sync:
            return self._passing(reply, texts)
        verdict = self._assessed(texts)
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
            parts = tuple(_masked(part, masked) for part in reply.parts)
        return self._changed(reply, parts, verdict)

    def _changed(self, reply: Reply, parts: tuple[ReplyPart, ...], verdict: Verdict) -> Reply:
        """Return `reply` with other parts.

        A message ends the turn, whatever the model had still in store; a mask ends nothing.
        """
        reason = reply.stop_reason if self.native else INTERVENED
        if verdict.message is None:
            return reply._replace(parts=parts, stop_reason=reason)
        reason = _OVER if self.native else INTERVENED
        return reply._replace(parts=parts, stop_reason=reason, stop_sequence=None, error=None)

    def _assessed(self, texts: Sequence[str]) -> Verdict:
        from mlmock.services.bedrock_runtime.guardrails.operations import Content

        contents = [*map(Content, texts), *self.context]
        return self.guardrail.assess("OUTPUT", contents, full=self.full, masks=self.sync)

    def _passing(self, reply: Reply, texts: list[str]) -> Reply:
        """Return a reply that streams while it is assessed, and ends where it is blocked."""
        gate = StreamBuffer(lambda text: self._assessed([text]))
        parts = [_fed(gate, part) for part in reply.parts if not gate.is_shut]
        rest, verdict = gate.close()
        self.outputs.append(verdict)
        if verdict.message is None:
            return reply
        self.originals = texts
        parts[-1] = _longer(parts[-1], rest)
        return self._changed(reply, tuple(parts), verdict)

    @property
    def intervened(self) -> bool:
        """True when something was blocked or masked."""
        return self.verdict.intervened or any(verdict.intervened for verdict in self.outputs)

    def reason(self) -> str:
        """Return the actionReason of both directions."""
        return "\n".join(v.reason for v in (self.verdict, *self.outputs))

    def trace(self) -> dict[str, Any]:
        """Return Converse's trace of the guardrail, keys in alphabetical order."""
        ident = self.guardrail.id
        found: dict[str, Any] = {
            "actionReason": self.reason(),
            "inputAssessment": {ident: self.verdict.assessment},
        }
        if self.originals:
            found["modelOutput"] = self.originals
        if self.outputs:
            found["outputAssessments"] = {ident: [v.assessment for v in self.outputs]}
        return found

    def provider_trace(self) -> dict[str, Any]:
        """Return InvokeModel's trace of the guardrail."""
        ident = self.guardrail.id
        found: dict[str, Any] = {"modelOutput": self.originals} if self.originals else {}
        found["input"] = {ident: self.verdict.assessment}
        if self.outputs:
            found["outputs"] = [{ident: v.assessment} for v in self.outputs]
        return {**found, "actionReason": self.reason()}


def _masked(part: ReplyPart, texts: Any) -> ReplyPart:
    if "text" not in part.block:
        return part
    text = next(texts)
    return part if text == part.block["text"] else ReplyPart({"text": text}, (text,))


def _fed(gate: StreamBuffer, part: ReplyPart) -> ReplyPart:
    if "text" not in part.block:
        return part
    pieces: list[str | Pause] = []
    for piece in pieces_of_text(part, part.block["text"]):
        pieces += gate.feed(piece) if isinstance(piece, str) else [piece]
    return _of_pieces(pieces)


def _of_pieces(pieces: Sequence[str | Pause]) -> ReplyPart:
    text = "".join(piece for piece in pieces if isinstance(piece, str))
    return ReplyPart({"text": text}, tuple(pieces))


def _longer(part: ReplyPart, rest: Sequence[str]) -> ReplyPart:
    if "text" not in part.block or not rest:
        return part
    return _of_pieces([*pieces_of_text(part, part.block["text"]), *rest])


def config_of(params: Mapping[str, Any], written: Any) -> dict[str, Any] | None:
    """Return the guardrail that InvokeModel's headers name, in Converse's words; None without one.

    `written` is the body's ``amazon-bedrock-guardrailConfig``. ServiceError where it says something
    else, or where no guardrail is named: the service model's words on `guardrailIdentifier`.
    """
    if not params.get("guardrailIdentifier"):
        if written is not None:
            raise invalid("The provided guardrail identifier is invalid.")
        return None
    config = {} if written is None else written
    mode = config.get("streamProcessingMode", "SYNCHRONOUS") if isinstance(config, dict) else ""
    kind = params.get("contentType", _JSON).partition(";")[0].strip().lower()
    if kind != _JSON or not isinstance(mode, str) or mode not in _MODES:
        raise invalid(INVALID_GUARDRAIL_INPUT)
    return {
        "guardrailIdentifier": params["guardrailIdentifier"],
        "guardrailVersion": params.get("guardrailVersion", ""),
        "trace": params.get("trace", "DISABLED").lower(),
        "streamProcessingMode": _MODES[mode],
        "tagSuffix": config.get("tagSuffix"),
    }


def check(backend: Backend, config: Mapping[str, Any] | None) -> None:
    """Refuse a guardrail that doesn't exist around an answer that isn't speech."""
    if config is not None:
        _found(backend, config)


def _found(backend: Backend, config: Mapping[str, Any]) -> Guardrail:
    from mlmock.services.bedrock_runtime.guardrails import operations

    version = config.get("guardrailVersion", "")
    return operations.find(backend, config["guardrailIdentifier"], version)


def apply_input_guardrail(
    exchange: Exchange,
    conversation: Conversation,
    config: Mapping[str, Any] | None,
    *,
    native: bool = False,
) -> GuardrailSession | None:
    """Return the guardrail's word on what comes in, or None where the caller named none.

    `native` where the answer is in the provider's own words. ValidationException if the guardrail
    doesn't exist.
    """
    if not config or not config.get("guardrailIdentifier"):
        return None
    from mlmock.services.bedrock_runtime.guardrails.input_selection import (
        pieces_of,
        rewritten,
        total_of,
    )

    guardrail = _found(exchange.backend, config)
    system = _system(exchange)
    pieces = pieces_of(conversation, system, config.get("tagSuffix"))
    contents = [piece.content for piece in pieces]
    full = config.get("trace") == "enabled_full"
    total = total_of(conversation, system)
    verdict = guardrail.assess("INPUT", contents, total=total, full=full)
    found = GuardrailSession(
        guardrail,
        conversation,
        verdict,
        traced=config.get("trace", "disabled") != "disabled",
        full=full,
        sync=config.get("streamProcessingMode", "sync") == "sync" or not exchange.streams,
        native=native,
        context=[content for content in contents if _GROUNDS & set(content.qualifiers)],
    )
    if verdict.message is not None:
        found.blocked = blocked_reply(exchange, verdict.message, _OVER if native else INTERVENED)
    elif verdict.masked:
        found.conversation = rewritten(conversation, pieces, verdict.texts, system)
    return found


def _system(exchange: Exchange) -> Sequence[Block]:
    """Return Converse's system blocks; a provider's body has its system text elsewhere."""
    found: Sequence[Block] = exchange.call.params.get("system", ())
    return found


def blocked_reply(exchange: Exchange, message: str, reason: str) -> Reply:
    """Return what the caller gets instead of an answer: no token has been spent."""
    created = int(exchange.backend.clock.seconds())
    part = ReplyPart({"text": message}, (message,))
    return Reply((part,), reason, Usage(0, 0), latency=0, created=created)
