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
class PromptFormat:
    """How a prompt marks who speaks: `lead` is what every mark begins with, then come patterns.

    A scan for a common beginning is many times faster than one for each of several patterns.
    """

    prefix: str
    user: str
    assistant: str
    system: str = "(?!)"
    tool: str = "(?!)"
    ignored: str = "(?!)"

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The pattern of every mark; the group that matched names the role."""
        roles = ("system", "user", "assistant", "tool", "nobody")
        groups = "|".join(f"(?P<{role}>{getattr(self, role)})" for role in roles)
        return re.compile(f"{self.prefix}(?:{groups})")


def _header_pattern(role: str) -> str:
    return rf"(?:start_header_id|header_start)\|>(?:{role})<\|(?:end_header_id|header_end)\|>"


HUMAN_ASSISTANT = PromptFormat(r"\n\n", "Human:", "Assistant:")
INST_TAGS = PromptFormat(
    r"[<\[]",
    r"INST\]|</SYS>>|/SYSTEM_PROMPT\]",
    r"/INST\]",
    system=r"<SYS>>|SYSTEM_PROMPT\]",
    ignored=r"/?s>",
)
LLAMA_HEADERS = PromptFormat(
    r"<\|",
    _header_pattern("user"),
    _header_pattern("assistant"),
    system=_header_pattern("system"),
    tool=_header_pattern("ipython|tool"),
    ignored=r"(?:begin_of_text|eot_id|eot|eom_id|eom)\|>",
)
DEEPSEEK_TAGS = PromptFormat(
    "<[｜|]",
    "User[｜|]>",
    r"Assistant[｜|]>(?:<think>\n?)?",
    system="System[｜|]>",
    ignored="(?:begin|end)[▁_]of[▁_](?:sentence|thinking)[｜|]>",
)
USER_BOT = PromptFormat(r"\n", "User:", "Bot:")


def parse_prompt(prompt: str, prompt_format: PromptFormat) -> tuple[str, list[dict[str, Any]]]:
    """Return the system text and the messages (Converse's) that `prompt` holds by its `marks`.

    What a tool says is a result in a turn of the user; what stands before the first turn is system
    text.
    """
    text_to_scan = f"\n{prompt}"
    if prompt_format.pattern.search(text_to_scan) is None:
        return "", [_message("user", prompt)]
    system, messages = "", []
    for role, text in _split_by_role(text_to_scan, prompt_format):
        if role == "system":
            system = f"{system}\n{text}" if system else text
        else:
            messages.append(_message(role, text))
    return (system, messages) if messages else ("", [_message("user", prompt)])


def _split_by_role(prompt: str, prompt_format: PromptFormat) -> Iterable[tuple[str, str]]:
    """Return who said what, in order, without what is blank."""
    role, start, parts = "system", 0, []
    for match in prompt_format.pattern.finditer(prompt):
        parts.append((role, prompt[start : match.start()].strip()))
        role = role if match.lastgroup in (None, "nobody") else str(match.lastgroup)
        start = match.end()
    parts.append((role, prompt[start:].strip()))
    return [(role, text) for role, text in parts if text]


def _message(role: str, text: str) -> dict[str, Any]:
    if role == "tool":
        result = {"toolUseId": "tool", "content": [{"text": text}]}
        return {"role": "user", "content": [{"toolResult": result}]}
    return {"role": role, "content": [{"text": text}]}
