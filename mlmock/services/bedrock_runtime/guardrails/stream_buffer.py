"""A guardrail over a text that is streamed while it is assessed.

Every piece passes at once; the text so far is assessed again every thousand characters (judged)
and at its end. Once it is blocked the guardrail's message follows and nothing more. Masks would
come too late, so nothing is masked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlmock.services.bedrock_runtime.guardrails.operations import Verdict

_WINDOW = 1000


class StreamBuffer:
    """What stands between a model's text and its caller; `assess` gives the verdict on a text."""

    def __init__(self, assess: Callable[[str], Verdict]) -> None:
        self._assess = assess
        self._text = ""
        self._assessed = 0
        self._verdict: Verdict | None = None

    @property
    def is_shut(self) -> bool:
        """True when the text is blocked and nothing more passes."""
        return self._verdict is not None and self._verdict.message is not None

    def feed(self, piece: str) -> list[str]:
        """Take one piece of the model's text; return what passes now."""
        if self.is_shut:
            return []
        self._text += piece
        if len(self._text) - self._assessed < _WINDOW:
            return [piece]
        return [piece, *self._look()]

    def close(self) -> tuple[list[str], Verdict]:
        """End the text; return what passes still, and the verdict on the whole of it."""
        rest = [] if self.is_shut else self._look()
        assert self._verdict is not None
        return rest, self._verdict

    def _look(self) -> list[str]:
        self._assessed = len(self._text)
        self._verdict = self._assess(self._text)
        message = self._verdict.message
        return [] if message is None else [message]
