"""What a model says that nobody scripted: it names itself as a mock's answer, and always the same.

Where the caller leaves no choice it is kept to: a tool that must be used is used, a schema that
must be followed is followed, with the smallest values that fit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mlmock.services.bedrock_runtime.conversation.ids import letters_from
from mlmock.services.bedrock_runtime.conversation.replies import ReplyPart
from mlmock.services.bedrock_runtime.conversation.requests import Conversation
from mlmock.services.bedrock_runtime.scripting.answers import ScriptedMessage

_DEEPEST, _LONGEST, _MOST = 8, 256, 2000
_QUOTED = 60


def default_message(conversation: Conversation, model: str, seed: int) -> ScriptedMessage:
    """Return what `model` answers by itself to `conversation` under the mock's `seed`."""
    forced = _forced_tool(conversation)
    if forced is not None:
        schema = forced["toolSpec"].get("inputSchema", {}).get("json", {})
        use = {"input": _object(example(schema)), "name": forced["toolSpec"]["name"]}
        return ScriptedMessage((ReplyPart({"toolUse": use}),))
    if conversation.schema is not None:
        return ScriptedMessage((ReplyPart({"text": json.dumps(example(conversation.schema))}),))
    return ScriptedMessage((ReplyPart({"text": _text(conversation, model, seed)}),))


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


def example(schema: Any) -> Any:
    """Return a small value that fits a JSON schema, as far as its plain keywords say.

    Never fails: what makes no sense in a schema is passed over, and endless ones end.
    """
    return _ExampleBuilder(schema).value(schema, 0)


class _ExampleBuilder:
    """Makes one example, of so many values at the most."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._left = _MOST

    def value(self, schema: Any, depth: int) -> Any:
        self._left -= 1
        if not isinstance(schema, Mapping) or depth > _DEEPEST or self._left < 0:
            return None
        if isinstance(schema.get("$ref"), str):
            return self.value(_referred(self._root, schema["$ref"]), depth + 1)
        for name in ("const", "default"):
            if name in schema:
                return schema[name]
        if _items(schema.get("enum")):
            return schema["enum"][0]
        for name in ("anyOf", "oneOf", "allOf"):
            if _items(schema.get(name)):
                return self.value(schema[name][0], depth + 1)
        return self._typed(schema, depth)

    def _typed(self, schema: Mapping[str, Any], depth: int) -> Any:
        kind = schema.get("type")
        kind = next(iter(_items(kind)), kind)
        if kind == "object" or (kind is None and "properties" in schema):
            known = schema.get("properties")
            known = known if isinstance(known, Mapping) else {}
            wanted = schema.get("required", list(known))
            names = [name for name in _items(wanted) if isinstance(name, str)]
            return {name: self.value(known.get(name, {}), depth + 1) for name in names}
        if kind == "array":
            count = min(int(_number(schema.get("minItems"))), _LONGEST)
            return [self.value(schema.get("items", {}), depth + 1) for _ in range(count)]
        return _scalar(schema, kind)


def _items(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _number(value: Any) -> Any:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else 0


def _referred(root: Any, pointer: str) -> Any:
    found: Any = root
    for name in pointer.lstrip("#/").split("/"):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _scalar(schema: Mapping[str, Any], kind: Any) -> Any:
    if kind in ("integer", "number"):
        above = _number(schema.get("exclusiveMinimum"))
        return max(0, _number(schema.get("minimum")), above + 1 if above else 0)
    if kind == "boolean":
        return False
    if kind == "null":
        return None
    return "mock".ljust(min(int(_number(schema.get("minLength"))), _LONGEST), "k")
