"""Validation of the tools that a request defines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlmock.services.bedrock_runtime.conversation.requests import Conversation
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.errors import invalid, provider_error
from mlmock.services.bedrock_runtime.validation.messages import not_an_object_error


def validate_tools(conversation: Conversation, traits: Traits, *, streams: bool) -> None:
    """Raise a ValidationException for tools or a tool choice that the model does not accept.

    Args:
        conversation: The request.
        traits: The traits of the model.
        streams: Whether the reply is streamed.
    """
    if not traits.tools:
        raise invalid("This model doesn't support tool use.")
    if streams and not traits.streaming_tools:
        raise invalid("This model doesn't support tool use in streaming mode.")
    _check_choice(conversation, traits)
    names = set()
    for index, tool in enumerate(conversation.tools):
        spec = tool.get("toolSpec")
        if spec is not None:
            names.add(spec["name"])
            _check_schema(spec["inputSchema"].get("json"), index, traits)
    if traits.relays_errors and len(names) < len(conversation.tools):
        _check_unique(conversation.tool_names)


def _check_schema(schema: Any, index: int, traits: Traits) -> None:
    if not isinstance(schema, dict):
        raise not_an_object_error(f"toolConfig.tools.{index}.toolSpec.inputSchema.json")
    if "type" not in schema:
        if traits.relays_errors:
            raise provider_error(f"tools.{index}.custom.input_schema.type: Field required")
    elif schema["type"] != "object":
        raise invalid(
            f"The value at toolConfig.tools.{index}.toolSpec.inputSchema.json.type must be one of "
            "the following: object."
        )


def _check_unique(names: Sequence[str]) -> None:
    if len(set(names)) < len(names):
        raise provider_error("tools: Tool names must be unique.")


def _check_choice(conversation: Conversation, traits: Traits) -> None:
    for kind, value in (conversation.tool_choice or {}).items():
        if kind not in traits.tool_choices:
            field = f"toolConfig.toolChoice.{kind}"
            raise invalid(
                f"This model doesn't support the {field} field. Remove {field} and try again."
            )
        if kind == "tool" and value["name"] not in conversation.tool_names:
            raise invalid(
                f"The tool {value['name']} at toolConfig.toolChoice.tool isn't in "
                "toolConfig.tools. Add it and try again."
            )
