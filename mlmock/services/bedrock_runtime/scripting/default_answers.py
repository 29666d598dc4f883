"""Default answers of models that no rule scripts.

A default answer says that it comes from a mock, and depends only on the request and the seed. It
obeys the request: it uses a tool that must be used and follows a schema that must be followed,
with the smallest values that fit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mlmock.services.bedrock_runtime.conversation.ids import characters_from
from mlmock.services.bedrock_runtime.conversation.replies import ReplyPart
from mlmock.services.bedrock_runtime.conversation.requests import Conversation
from mlmock.services.bedrock_runtime.scripting.scripted_message import ScriptedMessage

_MAX_DEPTH, _MAX_LENGTH, _MAX_VALUES = 8, 256, 2000
_QUOTE_LENGTH = 60  # characters


def default_message(conversation: Conversation, model: str, seed: int) -> ScriptedMessage:
    """Return the default answer of `model` to `conversation` under the mock's `seed`."""
    tool = _required_tool(conversation)
    if tool is not None:
        schema = tool["toolSpec"].get("inputSchema", {}).get("json", {})
        use = {"input": _dict_or_empty(example(schema)), "name": tool["toolSpec"]["name"]}
        return ScriptedMessage((ReplyPart({"toolUse": use}),))
    if conversation.schema is not None:
        return ScriptedMessage((ReplyPart({"text": json.dumps(example(conversation.schema))}),))
    return ScriptedMessage((ReplyPart({"text": _text(conversation, model, seed)}),))


def _required_tool(conversation: Conversation) -> Mapping[str, Any] | None:
    choice = conversation.tool_choice or {}
    tools = [tool for tool in conversation.tools if "toolSpec" in tool]
    if "tool" in choice:
        name = choice["tool"]["name"]
        return next((tool for tool in tools if tool["toolSpec"]["name"] == name), None)
    return tools[0] if "any" in choice and tools else None


def _text(conversation: Conversation, model: str, seed: int) -> str:
    question = " ".join(conversation.last_user.split())
    too_long = len(question) > _QUOTE_LENGTH
    quote = f"{question[: _QUOTE_LENGTH - 3]}..." if too_long else question
    mark = characters_from(seed * 1_000_003 + sum(map(ord, question)), 6)
    about = f' to "{quote}"' if quote else ""
    return f"This is a mock answer of {model}{about} (mlmock {mark})."


def _dict_or_empty(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def example(schema: Any) -> Any:
    """Return a small value that fits a JSON schema, as far as its plain keywords say.

    Invalid parts of the schema are ignored, and recursive schemas end at a limit.
    """
    return _ExampleBuilder(schema).build(schema, 0)


class _ExampleBuilder:
    """A builder of one example with a bounded number of values."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._remaining = _MAX_VALUES

    def build(self, schema: Any, depth: int) -> Any:
        self._remaining -= 1
        if not isinstance(schema, Mapping) or depth > _MAX_DEPTH or self._remaining < 0:
            return None
        if isinstance(schema.get("$ref"), str):
            return self.build(_resolve_reference(self._root, schema["$ref"]), depth + 1)
        for name in ("const", "default"):
            if name in schema:
                return schema[name]
        if _list_or_empty(schema.get("enum")):
            return schema["enum"][0]
        for name in ("anyOf", "oneOf", "allOf"):
            if _list_or_empty(schema.get(name)):
                return self.build(schema[name][0], depth + 1)
        return self._build_typed(schema, depth)

    def _build_typed(self, schema: Mapping[str, Any], depth: int) -> Any:
        kind = schema.get("type")
        kind = next(iter(_list_or_empty(kind)), kind)
        if kind == "object" or (kind is None and "properties" in schema):
            properties = schema.get("properties")
            properties = properties if isinstance(properties, Mapping) else {}
            required = schema.get("required", list(properties))
            names = [name for name in _list_or_empty(required) if isinstance(name, str)]
            return {name: self.build(properties.get(name, {}), depth + 1) for name in names}
        if kind == "array":
            count = min(int(_number_or_zero(schema.get("minItems"))), _MAX_LENGTH)
            return [self.build(schema.get("items", {}), depth + 1) for _ in range(count)]
        return _scalar(schema, kind)


def _list_or_empty(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _number_or_zero(value: Any) -> Any:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else 0


def _resolve_reference(root: Any, pointer: str) -> Any:
    value: Any = root
    for name in pointer.lstrip("#/").split("/"):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _scalar(schema: Mapping[str, Any], kind: Any) -> Any:
    if kind in ("integer", "number"):
        above = _number_or_zero(schema.get("exclusiveMinimum"))
        return max(0, _number_or_zero(schema.get("minimum")), above + 1 if above else 0)
    if kind == "boolean":
        return False
    if kind == "null":
        return None
    return "mock".ljust(min(int(_number_or_zero(schema.get("minLength"))), _MAX_LENGTH), "k")
