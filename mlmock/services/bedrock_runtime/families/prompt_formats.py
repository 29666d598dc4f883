r"""Prompts of text models, read back into turns: what of it the user said, and what the model.

A model that takes one text is told who speaks by marks in it (``[INST]``, ``\n\nHuman:``). A text
without marks is one turn of the user.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class Marks:
    """How a prompt marks who speaks: `lead` is what every mark begins with, then come patterns.

    A scan for a common beginning is many times faster than one for each of several patterns.
    """

    lead: str
    user: str
    assistant: str
    system: str = "(?!)"
    tool: str = "(?!)"
    nobody: str = "(?!)"

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The pattern of every mark; the group that matched names the role."""
        roles = ("system", "user", "assistant", "tool", "nobody")
        groups = "|".join(f"(?P<{role}>{getattr(self, role)})" for role in roles)
        return re.compile(f"{self.lead}(?:{groups})")


def _header(role: str) -> str:
    return rf"(?:start_header_id|header_start)\|>(?:{role})<\|(?:end_header_id|header_end)\|>"


HUMAN = Marks(r"\n\n", "Human:", "Assistant:")
INSTRUCT = Marks(
    r"[<\[]",
    r"INST\]|</SYS>>|/SYSTEM_PROMPT\]",
    r"/INST\]",
    system=r"<SYS>>|SYSTEM_PROMPT\]",
    nobody=r"/?s>",
)
HEADERS = Marks(
    r"<\|",
    _header("user"),
    _header("assistant"),
    system=_header("system"),
    tool=_header("ipython|tool"),
    nobody=r"(?:begin_of_text|eot_id|eot|eom_id|eom)\|>",
)
BARS = Marks(
    "<[｜|]",
    "User[｜|]>",
    r"Assistant[｜|]>(?:<think>\n?)?",
    system="System[｜|]>",
    nobody="(?:begin|end)[▁_]of[▁_](?:sentence|thinking)[｜|]>",
)
JOINED = Marks(r"\n", "User:", "Bot:")


def turns_of(prompt: str, marks: Marks) -> tuple[str, list[dict[str, Any]]]:
    """Return the system text and the messages (Converse's) that `prompt` holds by its `marks`.

    What a tool says is a result in a turn of the user; what stands before the first turn is system
    text.
    """
    marked = f"\n{prompt}"
    if marks.pattern.search(marked) is None:
        return "", [_message("user", prompt)]
    system, messages = "", []
    for role, text in _spoken(marked, marks):
        if role == "system":
            system = f"{system}\n{text}" if system else text
        else:
            messages.append(_message(role, text))
    return (system, messages) if messages else ("", [_message("user", prompt)])


def _spoken(prompt: str, marks: Marks) -> Iterable[tuple[str, str]]:
    """Return who said what, in order, without what is blank."""
    role, at, found = "system", 0, []
    for mark in marks.pattern.finditer(prompt):
        found.append((role, prompt[at : mark.start()].strip()))
        role = role if mark.lastgroup in (None, "nobody") else str(mark.lastgroup)
        at = mark.end()
    found.append((role, prompt[at:].strip()))
    return [(role, text) for role, text in found if text]


def _message(role: str, text: str) -> dict[str, Any]:
    if role == "tool":
        result = {"toolUseId": "tool", "content": [{"text": text}]}
        return {"role": "user", "content": [{"toolResult": result}]}
    return {"role": role, "content": [{"text": text}]}
