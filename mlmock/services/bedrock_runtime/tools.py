"""The refusals of the tools that a caller offers."""

from __future__ import annotations

from mlmock.services.bedrock_runtime.families.base import Traits
from mlmock.services.bedrock_runtime.refusals import invalid
from mlmock.services.bedrock_runtime.speech import Conversation


def check_tools(conversation: Conversation, traits: Traits, *, streams: bool) -> None:
    """Raise ValidationException for tools that the model doesn't take, or not like this."""
    if not traits.tools:
        raise invalid("This model doesn't support tool use.")
    if streams and not traits.streaming_tools:
        raise invalid("This model doesn't support tool use in streaming mode.")
    _check_choice(conversation, traits)
    for place, tool in enumerate(conversation.tools):
        schema = tool.get("toolSpec", {}).get("inputSchema", {}).get("json")
        if isinstance(schema, dict) and schema.get("type", "object") != "object":
            raise invalid(
                f"The value at toolConfig.tools.{place}.toolSpec.inputSchema.json.type must be "
                "one of the following: object."
            )


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
