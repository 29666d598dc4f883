r"""Prompt formats of text models, and the parser that splits a prompt into turns.

A model that takes a single text separates the roles by markers in it, such as ``[INST]`` or
``\n\nHuman:``. A text without markers is one user turn.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class PromptFormat:
    """The markers that separate the roles of a prompt, as regular expressions.

    Every marker starts with `prefix`; the other attributes match what follows it. Text after an
    `ignored` marker keeps the current role. The scan for a common prefix is many times faster than
    one scan for each role.
    """

    prefix: str
    user: str
    assistant: str
    system: str = "(?!)"
    tool: str = "(?!)"
    ignored: str = "(?!)"

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The pattern of all markers; the name of the group that matched is the role."""
        roles = ("system", "user", "assistant", "tool", "ignored")
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
    """Return the system text and the Converse messages in `prompt`.

    The text of a tool becomes a tool result in a user turn. The text before the first turn is
    system text.

    Args:
        prompt: The prompt of the request.
        prompt_format: The markers that separate its turns.
    """
    text = f"\n{prompt}"
    if prompt_format.pattern.search(text) is None:
        return "", [_message("user", prompt)]
    system, messages = "", []
    for role, part in _split_by_role(text, prompt_format):
        if role == "system":
            system = f"{system}\n{part}" if system else part
        else:
            messages.append(_message(role, part))
    return (system, messages) if messages else ("", [_message("user", prompt)])


def _split_by_role(prompt: str, prompt_format: PromptFormat) -> Iterable[tuple[str, str]]:
    """Return the roles and their texts in order, without blank texts."""
    role, start, parts = "system", 0, []
    for match in prompt_format.pattern.finditer(prompt):
        parts.append((role, prompt[start : match.start()].strip()))
        role = role if match.lastgroup in (None, "ignored") else str(match.lastgroup)
        start = match.end()
    parts.append((role, prompt[start:].strip()))
    return [(role, text) for role, text in parts if text]


def _message(role: str, text: str) -> dict[str, Any]:
    if role == "tool":
        result = {"toolUseId": "tool", "content": [{"text": text}]}
        return {"role": "user", "content": [{"toolResult": result}]}
    return {"role": role, "content": [{"text": text}]}
