"""Assessment of a text while it is streamed.

Assumption: every piece is sent at once, and the text so far is assessed after each thousand
characters and at its end. If it is blocked, the guardrail's message follows and the stream ends.
Nothing is masked, because the text has already been sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlmock.services.bedrock_runtime.guardrails.operations import Verdict

_ASSESSED_CHARACTERS = 1000


class StreamBuffer:
    """A buffer of the text of one stream. `assess` returns the verdict on a text."""

    def __init__(self, assess: Callable[[str], Verdict]) -> None:
        self._assess = assess
        self._text = ""
        self._assessed_length = 0
        self._verdict: Verdict | None = None

    @property
    def is_blocked(self) -> bool:
        """Whether the text is blocked and further pieces are not sent."""
        return self._verdict is not None and self._verdict.message is not None

    def feed(self, piece: str) -> list[str]:
        """Add a piece of the model's text, and return the pieces to send."""
        if self.is_blocked:
            return []
        self._text += piece
        if len(self._text) - self._assessed_length < _ASSESSED_CHARACTERS:
            return [piece]
        return [piece, *self._assess_text()]

    def close(self) -> tuple[list[str], Verdict]:
        """End the text, and return the remaining pieces to send and the final verdict."""
        remaining = [] if self.is_blocked else self._assess_text()
        assert self._verdict is not None
        return remaining, self._verdict

    def _assess_text(self) -> list[str]:
        self._assessed_length = len(self._text)
        self._verdict = self._assess(self._text)
        message = self._verdict.message
        return [] if message is None else [message]
