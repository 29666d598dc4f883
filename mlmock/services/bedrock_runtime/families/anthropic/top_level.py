"""Validation of the top level of a Messages body by Bedrock or by Anthropic.

Bedrock validates the bodies of models before Claude 4 with a schema and lists all violations. The
bodies of later models reach Anthropic unchanged, and the error names only the first violation.

Assumption: the order is missing members, wrong types, unknown members.
"""

from __future__ import annotations

import re
from typing import Any

from mlmock.services.bedrock_runtime.errors import invalid, malformed_body_error
from mlmock.services.bedrock_runtime.validation import schema

_NO_PROMPT = '#: subject must not be valid against schema {"required":["messages"]}'
"""The violation of the schema of text completions; the service tries both schemas."""
VERSIONS = ("bedrock-2023-05-31", "2026-10-21")
"""The accepted versions; `AnthropicBedrock` of Anthropic's SDK sends the second by default."""
_ANY_OBJECT = schema.ObjectOf(additional=True)
_STRINGS = schema.ListOf(schema.String())
MESSAGES = schema.ObjectOf(
    {
        "anthropic_version": schema.String(enum=VERSIONS),
        "max_tokens": schema.Number(is_integer=True),
        "messages": schema.ListOf(),
    },
    {
        "system": schema.OneOf((schema.String(), schema.ListOf())),
        "temperature": schema.Number(),
        "top_p": schema.Number(),
        "top_k": schema.Number(is_integer=True),
        "stop_sequences": _STRINGS,
        "tools": schema.ListOf(),
        "tool_choice": schema.ObjectOf({"type": schema.String()}, additional=True),
        "thinking": schema.ObjectOf({"type": schema.String()}, additional=True),
        "anthropic_beta": _STRINGS,
        "metadata": _ANY_OBJECT,
        "context_management": _ANY_OBJECT,
        "output_config": _ANY_OBJECT,
        "output_format": _ANY_OBJECT,
        "mcp_servers": schema.ListOf(),
        "container": schema.Anything(),
    },
)
MEMBERS = frozenset({**MESSAGES.required, **MESSAGES.optional})
"""The names of the members of a Messages body."""


def validate(body: Any, *, native: bool) -> None:
    """Raise a ServiceError unless the top level of `body` is valid.

    Args:
        body: The parsed body.
        native: Whether Anthropic validates the body instead of Bedrock.
    """
    violations: list[str] = []
    MESSAGES(body, "#", violations)
    if violations and native:
        raise invalid(min(map(_to_provider_message, violations), key=lambda ranked: ranked[0])[1])
    if violations:
        raise malformed_body_error(*([_NO_PROMPT] if "messages" in body else []), *violations)


def _to_provider_message(violation: str) -> tuple[int, str]:
    """Return the rank of a violation and its text by Anthropic."""
    pointer, _, text = violation.partition(": ")
    path = pointer.removeprefix("#").strip("/").replace("/", ".")
    match = _KEY.match(text)
    if match is not None:
        member = f"{path}.{match[2]}" if path else match[2]
        missing = match[1] == "required"
        return (0, f"{member}: Field required") if missing else (2, extra_member_text(member))
    if text.startswith("expected type: "):
        expected = text.removeprefix("expected type: ").partition(",")[0]
        return 1, f"{path}: Input should be a valid {_TYPES[expected]}"
    expected = f"'{VERSIONS[0]}'" if path == "anthropic_version" else "a valid string"
    return 1, f"{path}: Input should be {expected}"


def extra_member_text(name: str) -> str:
    """Return Anthropic's error text for a member that no body has."""
    return f"{name}: Extra inputs are not permitted"


_KEY = re.compile(r"(required|extraneous) key \[(.*?)\]", re.DOTALL)
_TYPES = {
    "String": "string",
    "Integer": "integer",
    "Number": "number",
    "JSONArray": "list",
    "JSONObject": "dictionary",
}
