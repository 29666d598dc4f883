r"""Prompts of text models, read back into turns: what of it the user said, and what the model.

A model that takes one text is told who speaks by marks in it (``[INST]``, ``\n\nHuman:``). A text
without marks is one turn of the user.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

HUMAN = {"user": r"\n\nHuman:", "assistant": r"\n\nAssistant:"}
INSTRUCT = {
    "system": r"<<SYS>>|\[SYSTEM_PROMPT\]",
    "user": r"\[INST\]|<</SYS>>|\[/SYSTEM_PROMPT\]",
    "assistant": r"\[/INST\]",
    "nobody": r"</?s>",
}
HEADERS = {
    "system": r"<\|(?:start_header_id|header_start)\|>system<\|(?:end_header_id|header_end)\|>",
    "user": r"<\|(?:start_header_id|header_start)\|>user<\|(?:end_header_id|header_end)\|>",
    "assistant": r"<\|(?:start_header_id|header_start)\|>assistant"
    r"<\|(?:end_header_id|header_end)\|>",
    "tool": r"<\|(?:start_header_id|header_start)\|>(?:ipython|tool)"
    r"<\|(?:end_header_id|header_end)\|>",
    "nobody": r"<\|(?:begin_of_text|eot_id|eot|eom_id|eom)\|>",
}
BARS = {
    "user": r"<｜User｜>",
    "assistant": r"<｜Assistant｜>(?:<think>\n?)?",
    "nobody": r"<｜(?:begin|end)▁of▁(?:sentence|thinking)｜>",
}
JOINED = {"user": r"(?:^|\n)User:", "assistant": r"(?:^|\n)Bot:"}


def turns_of(prompt: str, marks: Mapping[str, str]) -> tuple[str, list[dict[str, Any]]]:
    """Return the system text and the messages (Converse's) that `prompt` holds by its `marks`.

    `marks` are patterns by role: system, user, assistant, tool (a result, shown as a user's turn)
    and nobody (a mark that says nothing). What stands before the first turn is system text.
    """
    system, messages = "", []
    for role, text in _spoken(prompt, tuple(marks.items())):
        if role == "system":
            system = f"{system}\n{text}" if system else text
        else:
            messages.append(_message(role, text))
    return (system, messages) if messages else ("", [_message("user", prompt)])


def _spoken(prompt: str, marks: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    """Return who said what, in order, without what is blank."""
    role, at, found = "system", 0, []
    for mark in _pattern(marks).finditer(prompt):
        found.append((role, prompt[at : mark.start()].strip()))
        role = role if mark.lastgroup in (None, "nobody") else str(mark.lastgroup)
        at = mark.end()
    found.append((role, prompt[at:].strip()))
    return [(role, text) for role, text in found if text]


@lru_cache(maxsize=16)
def _pattern(marks: tuple[tuple[str, str], ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<{role}>{pattern})" for role, pattern in marks))


def _message(role: str, text: str) -> dict[str, Any]:
    if role == "tool":
        result = {"toolUseId": "tool", "content": [{"text": text}]}
        return {"role": "user", "content": [{"toolResult": result}]}
    return {"role": role, "content": [{"text": text}]}
