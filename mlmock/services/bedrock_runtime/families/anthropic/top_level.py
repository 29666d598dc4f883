"""The top level of a Messages body: what Bedrock's schema says of it, or Anthropic itself.

Bedrock holds the bodies of older models against a schema and names every fault. Since Claude 4 they
reach Anthropic as they are, which names the first: what is missing before what is of the wrong type
before what is too much (that order is judged).
"""

from __future__ import annotations

import re
from typing import Any

from mlmock.services.bedrock_runtime.errors import invalid, malformed_body_error
from mlmock.services.bedrock_runtime.validation import schema

_NO_PROMPT = '#: subject must not be valid against schema {"required":["messages"]}'
"""What a text completion's schema says of a Messages body; the service tries both."""
VERSIONS = ("bedrock-2023-05-31", "2026-10-21")
"""The second is what Anthropic's own SDK sends in `AnthropicBedrock` by default."""
_OPEN = schema.ObjectOf(additional=True)
_TEXTS = schema.ListOf(schema.String())
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
        "stop_sequences": _TEXTS,
        "tools": schema.ListOf(),
        "tool_choice": schema.ObjectOf({"type": schema.String()}, additional=True),
        "thinking": schema.ObjectOf({"type": schema.String()}, additional=True),
        "anthropic_beta": _TEXTS,
        "metadata": _OPEN,
        "context_management": _OPEN,
        "output_config": _OPEN,
        "output_format": _OPEN,
        "mcp_servers": schema.ListOf(),
        "container": schema.Anything(),
    },
)
KNOWN = frozenset({**MESSAGES.required, **MESSAGES.optional})
"""The members that a Messages body may have."""


def check(body: Any, *, native: bool) -> None:
    """Raise ServiceError unless the top level of `body` fits; `native`: in Anthropic's words."""
    faults: list[str] = []
    MESSAGES(body, "#", faults)
    if faults and native:
        raise invalid(min(map(_native, faults), key=lambda found: found[0])[1])
    if faults:
        raise malformed_body_error(*([_NO_PROMPT] if "messages" in body else []), *faults)


def _native(fault: str) -> tuple[int, str]:
    """Return the rank of a fault, and Anthropic's words for it."""
    place, _, said = fault.partition(": ")
    path = place.removeprefix("#").strip("/").replace("/", ".")
    named = _KEY.match(said)
    if named is not None:
        where = f"{path}.{named[2]}" if path else named[2]
        missing = named[1] == "required"
        return (0, f"{where}: Field required") if missing else (2, too_much(where))
    if said.startswith("expected type: "):
        wanted = said.removeprefix("expected type: ").partition(",")[0]
        return 1, f"{path}: Input should be a valid {_TYPES[wanted]}"
    wanted = f"'{VERSIONS[0]}'" if path == "anthropic_version" else "a valid string"
    return 1, f"{path}: Input should be {wanted}"


def too_much(name: str) -> str:
    """Return Anthropic's words for a member that no body has."""
    return f"{name}: Extra inputs are not permitted"


_KEY = re.compile(r"(required|extraneous) key \[(.*?)\]", re.DOTALL)
_TYPES = {
    "String": "string",
    "Integer": "integer",
    "Number": "number",
    "JSONArray": "list",
    "JSONObject": "dictionary",
}
