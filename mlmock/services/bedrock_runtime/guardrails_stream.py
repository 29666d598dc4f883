"""A guardrail over a stream of text: held back until it is assessed, or assessed as it passes."""

from __future__ import annotations

from collections.abc import Sequence

from mlmock.services.bedrock_runtime.guardrails import Content, Guardrail, Verdict

_WINDOW = 1000  # characters after which a passing text is assessed again (judged)


class Gate:
    """What stands between a model's text and its caller.

    In `mode` sync (the default) nothing passes before the end; then either all pieces do, or one
    with the masked text, or the message of the guardrail. In async every piece passes at once and
    the text is assessed on the way; once it is blocked the message follows and nothing more. There
    masks come too late, so nothing is masked: the user guide's page on streaming with guardrails.
    `context` are contents beside the text, for grounding.
    """

    def __init__(
        self,
        guardrail: Guardrail,
        mode: str = "sync",
        *,
        context: Sequence[Content] = (),
        full: bool = False,
    ) -> None:
        self._guardrail = guardrail
        self._context = tuple(context)
        self._full = full
        self._passes = mode == "async"
        self._pieces: list[str] = []
        self._length = self._assessed = 0
        self._verdict: Verdict | None = None

    @property
    def is_shut(self) -> bool:
        """True when the text is blocked and nothing more passes."""
        return self._verdict is not None and self._verdict.message is not None

    def feed(self, piece: str) -> list[str]:
        """Take one piece of the model's text and return the pieces that may pass now."""
        if self.is_shut:
            return []
        self._pieces.append(piece)
        self._length += len(piece)
        if not self._passes:
            return []
        if self._length - self._assessed < _WINDOW:
            return [piece]
        verdict = self._assess()
        return [piece] if verdict.message is None else [piece, verdict.message]

    def close(self) -> tuple[list[str], Verdict]:
        """End the text: return the pieces that still pass, and the verdict on the whole text."""
        if self.is_shut:
            assert self._verdict is not None
            return [], self._verdict
        verdict = self._assess()
        if verdict.message is not None:
            return [verdict.message], verdict
        if self._passes:
            return [], verdict
        return ([verdict.texts[0]] if verdict.masked else self._pieces), verdict

    def _assess(self) -> Verdict:
        contents = (Content("".join(self._pieces)), *self._context)
        self._assessed = self._length
        self._verdict = self._guardrail.assess("OUTPUT", contents, full=self._full)
        return self._verdict
