"""What a model says that nobody scripted: it names itself as a mock's answer, and always the same.

Where the caller leaves no choice it is kept to: a tool that must be used is used, a schema that
must be followed is followed, with the smallest values that fit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mlmock.services.bedrock_runtime.script import Said, tool_use
from mlmock.services.bedrock_runtime.speech import Conversation, Part, letters_from

_DEEPEST = 8
_QUOTED = 60


def default_words(conversation: Conversation, model: str, seed: int) -> Said:
    """Return what `model` answers by itself to `conversation` under the mock's `seed`."""
    forced = _forced_tool(conversation)
    if forced is not None:
        schema = forced["toolSpec"].get("inputSchema", {}).get("json", {})
        block = tool_use(forced["toolSpec"]["name"], _object(example(schema)))
        return Said((Part(block),))
    if conversation.schema is not None:
        return Said((Part({"text": json.dumps(example(conversation.schema))}),))
    return Said((Part({"text": _text(conversation, model, seed)}),))


def _forced_tool(conversation: Conversation) -> Mapping[str, Any] | None:
    choice = conversation.tool_choice or {}
    tools = [tool for tool in conversation.tools if "toolSpec" in tool]
    if "tool" in choice:
        name = choice["tool"]["name"]
        return next((tool for tool in tools if tool["toolSpec"]["name"] == name), None)
    return tools[0] if "any" in choice and tools else None


def _text(conversation: Conversation, model: str, seed: int) -> str:
    asked = " ".join(conversation.last_user.split())
    quoted = asked if len(asked) <= _QUOTED else f"{asked[: _QUOTED - 3]}..."
    mark = letters_from(seed * 1_000_003 + sum(map(ord, asked)), 6)
    about = f' to "{quoted}"' if quoted else ""
    return f"This is a mock answer of {model}{about} (mlmock {mark})."


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def example(schema: Any, depth: int = 0, root: Any = None) -> Any:
    """Return a small value that fits a JSON schema (as far as its plain keywords say)."""
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return None
    root = schema if root is None else root
    if "$ref" in schema:
        return example(_referred(root, schema["$ref"]), depth + 1, root)
    for name in ("const", "default"):
        if name in schema:
            return schema[name]
    if schema.get("enum"):
        return schema["enum"][0]
    for name in ("anyOf", "oneOf", "allOf"):
        if schema.get(name):
            return example(schema[name][0], depth + 1, root)
    return _typed(schema, depth, root)


def _referred(root: Mapping[str, Any], pointer: str) -> Any:
    found: Any = root
    for name in pointer.lstrip("#/").split("/"):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _typed(schema: Mapping[str, Any], depth: int, root: Any) -> Any:
    kind = schema.get("type")
    if isinstance(kind, Sequence) and not isinstance(kind, str):
        kind = next(iter(kind), None)
    if kind == "object" or (kind is None and "properties" in schema):
        known = schema.get("properties", {})
        wanted = schema.get("required", list(known))
        return {name: example(known.get(name, {}), depth + 1, root) for name in wanted}
    if kind == "array":
        count = schema.get("minItems", 0)
        return [example(schema.get("items", {}), depth + 1, root) for _ in range(count)]
    return _scalar(schema, kind)


def _scalar(schema: Mapping[str, Any], kind: Any) -> Any:
    if kind in ("integer", "number"):
        least = schema.get("minimum", schema.get("exclusiveMinimum", 0))
        step = 1 if "exclusiveMinimum" in schema else 0
        return least + step if least > 0 or step else 0
    if kind == "boolean":
        return False
    return None if kind == "null" else "mock".ljust(schema.get("minLength", 0), "k")
