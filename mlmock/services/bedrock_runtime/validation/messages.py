"""Validation of the messages of a conversation: roles, content blocks and tool results.

All checks run in one pass over the messages. Consecutive messages of one role are one turn, because
the service joins them.

Source: error texts and their order as users of the service report them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlmock.services.bedrock_runtime.conversation.tokens import (
    CHARACTERS_PER_TOKEN,
    ROUND_UP,
    block_tokens,
)
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.errors import invalid, provider_error

Message = Mapping[str, Any]
MediaItem = tuple[str, str, Message]
"""The role of a message, the kind of an attachment in it, and its value."""
MEDIA_TRAITS = {"image": "images", "document": "documents", "video": "videos", "audio": "audios"}
"""The trait that tells whether a model accepts a kind of media, for each kind."""


def validate_messages(messages: Sequence[Message], traits: Traits, *, has_tools: bool) -> TurnState:
    """Validate the messages of a conversation and return their media and tokens.

    Args:
        messages: Messages of Converse.
        traits: The traits of the model.
        has_tools: Whether the request defines tools.

    Raises:
        ServiceError: A ValidationException if the model does not accept the messages.
    """
    if not messages:
        raise invalid("The input is missing a user message.")
    _check_ends(messages, traits)
    state = TurnState(traits, has_tools=has_tools)
    role = ""
    for index, message in enumerate(messages):
        if message["role"] != role:
            role = message["role"]
            state.start_turn(index, role)
        elif traits.alternating:
            raise invalid(_MUST_ALTERNATE)
        elif role == "user":
            state.continue_turn(index)
        state.add_message(index, message["content"])
    state.start_turn(len(messages), "")
    state.finish(len(messages) - 1)
    return state


_MUST_ALTERNATE = (
    "A conversation must alternate between user and assistant roles. Make sure the conversation "
    "alternates between user and assistant roles and try again."
)


def _check_ends(messages: Sequence[Message], traits: Traits) -> None:
    if messages[0]["role"] == "assistant" and not traits.leading_assistant:
        raise invalid(
            "A conversation must start with a user message. Try again with a conversation that "
            "starts with a user message."
        )
    if messages[-1]["role"] == "assistant" and not traits.prefill:
        if traits.relays_errors:
            raise provider_error(
                "This model does not support assistant message prefill. The conversation must end "
                "with a user message."
            )
        raise invalid(
            "The model that you are using requires the last turn in the conversation to be a user "
            "message. Add a user message to the conversation and try again."
        )


class TurnState:
    """The state of the validation after the messages added so far.

    `media` has the role, kind and value of each attachment, including those in tool results.
    `tokens` is the count of tokens of all content.
    """

    def __init__(self, traits: Traits, *, has_tools: bool) -> None:
        self.media: list[MediaItem] = []
        self.tokens = 0
        self._traits = traits
        self._accepts_blank_text = traits.accepts_blank_text
        self._has_tools = has_tools
        self._role = ""
        self._start = 0
        self._current: tuple[int, Sequence[Message]] = (0, ())
        self._pending: list[str] = []
        self._uses: list[str] = []
        self._results: list[str] = []

    def start_turn(self, index: int, role: str) -> None:
        """Validate the tool results of the turn that ends, and start a turn of `role`."""
        if role == "system":
            raise _system_role_error(index)
        uses, results = self._uses, self._results
        if (len(uses) > 1 or len(results) > 1) and (_duplicates(uses) or _duplicates(results)):
            kind, ids = ("toolUse", uses) if _duplicates(uses) else ("toolResult", results)
            raise invalid(
                f"The {kind} blocks at messages.{self._start}.content contain duplicate Ids: "
                + ", ".join(_duplicates(ids))
            )
        if self._role == "user" and results != self._pending:
            self._check_results()
        self._role, self._start = role, index
        self._pending, self._uses, self._results = uses, [], []

    def continue_turn(self, index: int) -> None:
        """Continue a user turn with another message; tool results belong in the first message."""
        if self._results != self._pending:
            self._check_results()
        self._start, self._pending, self._results = index, [], []

    def finish(self, index: int) -> None:
        """Validate the end of the conversation; the last turn must not be a tool use."""
        if self._pending and self._traits.relays_errors:
            ids = ", ".join(self._pending)
            raise provider_error(
                f"messages.{index}: `tool_use` ids were found without `tool_result` blocks "
                f"immediately after: {ids}. Each `tool_use` block must have a corresponding "
                "`tool_result` block in the next message."
            )

    def add_message(self, index: int, content: Sequence[Message]) -> None:
        """Validate the content of one message."""
        if not content:
            raise _empty_content_error(index)
        self._current = index, content
        tools = tokens = 0
        for block in content:
            text = block.get("text")
            if text is not None:
                if not text or (text.isspace() and not self._accepts_blank_text):
                    raise _blank_text_error(index, content.index(block))
                tokens += (len(text) + ROUND_UP) // CHARACTERS_PER_TOKEN
                continue
            use = block.get("toolUse")
            if use is not None and "type" not in use and type(use["input"]) is dict:
                self._uses.append(use["toolUseId"])
                tools += 1
            else:
                tools += self._add_block(block)
            tokens += block_tokens(block)
        self.tokens += tokens
        if tools:
            if not self._has_tools:
                raise invalid(_TOOL_CONFIG_REQUIRED)
            if not self._traits.mixes_results:
                _check_not_mixed(index, content)
            if self._results if self._role == "assistant" else self._uses:
                raise self._misplaced_error(index)

    def _add_block(self, block: Message) -> int:
        """Record a block that is not text; return 1 for a tool use or a tool result, else 0."""
        for kind, value in block.items():
            if kind == "toolUse":
                if type(value["input"]) is not dict:
                    raise self._not_an_object_error(block, "toolUse.input")
                if "type" not in value or value["type"] != _SERVER_TOOL_USE:
                    self._uses.append(value["toolUseId"])
                return 1
            if kind == "toolResult":
                self._add_result(block, value)
                return 1
            if kind in MEDIA_TRAITS:
                self.media.append((self._role, kind, value))
        return 0

    def _add_result(self, block: Message, result: Message) -> None:
        if "type" not in result:  # only results of server tools have a type
            self._results.append(result["toolUseId"])
        if "status" in result:
            self._check_status(block, result)
        for position, inner in enumerate(result["content"]):
            if "json" in inner:
                if type(inner["json"]) is not dict:
                    raise self._not_an_object_error(block, f"toolResult.content.{position}.json")
            elif "text" not in inner:
                self._add_block(inner)

    def _block_path(self, block: Message) -> str:
        """Return the path of a block of the current message."""
        index, content = self._current
        position = next(i for i, candidate in enumerate(content) if candidate is block)
        return f"messages.{index}.content.{position}"

    def _not_an_object_error(self, block: Message, member: str) -> Exception:
        return not_an_object_error(f"{self._block_path(block)}.{member}")

    def _misplaced_error(self, index: int) -> Exception:
        """Return the error for tool uses in a user turn or tool results in an assistant turn."""
        is_user = self._role == "user"
        if self._traits.relays_errors:
            kind, role = ("tool_use", "assistant") if is_user else ("tool_result", "user")
            return provider_error(
                f"messages.{index}: `{kind}` blocks can only be in `{role}` messages"
            )
        kind = "toolUse" if is_user else "toolResult"
        return invalid(
            f"This model doesn't support the {kind} content block that you provided. Update the "
            "content block and try again."
        )

    def _check_status(self, block: Message, result: Message) -> None:
        if not self._traits.result_status:
            raise invalid(
                "This model doesn't support the status field. Remove status and try again."
            )
        if result["status"] == "error" and not result["content"]:
            raise invalid(
                f"The content field at {self._block_path(block)}.toolResult cannot be empty when "
                "status value is error."
            )

    def _check_results(self) -> None:
        path = f"messages.{self._start}.content"
        if len(self._results) > len(self._pending):
            raise invalid(
                f"The number of toolResult blocks at {path} exceeds the number of toolUse blocks "
                "of previous turn."
            )
        missing = [use_id for use_id in self._pending if use_id not in self._results]
        if missing:
            ids = ", ".join(missing)
            raise invalid(f"Expected toolResult blocks at {path} for the following Ids: {ids}")


_TOOL_CONFIG_REQUIRED = (
    "The toolConfig field must be defined when using toolUse and toolResult content blocks."
)
_SERVER_TOOL_USE = "server_tool_use"


def not_an_object_error(path: str) -> Exception:
    """Return the error for a value that is not a JSON object."""
    return invalid(
        f"The format of the value at {path} is invalid. Provide a json object for the field and "
        "try again."
    )


def _duplicates(ids: Sequence[str]) -> list[str]:
    if len(set(ids)) == len(ids):
        return []
    return list(dict.fromkeys(use_id for use_id in ids if ids.count(use_id) > 1))


def _empty_content_error(index: int) -> Exception:
    return invalid(
        f"The content field in the Message object at messages.{index} is empty. Add a ContentBlock "
        "object to the content field and try again."
    )


def _blank_text_error(index: int, position: int) -> Exception:
    return invalid(
        f"The text field in the ContentBlock object at messages.{index}.content.{position} is "
        "blank. Add text to the text field, and try again."
    )


def _check_not_mixed(index: int, content: Sequence[Message]) -> None:
    kinds = {kind for block in content for kind in block if kind != "cachePoint"}
    if len(kinds) > 1:
        kind = "result" if "toolResult" in kinds else "use"
        raise invalid(
            f"messages.{index}.content: Conversation blocks and tool {kind} blocks cannot be "
            "provided in the same turn."
        )


def _system_role_error(index: int) -> Exception:
    return invalid(
        f"1 validation error detected: Value 'system' at 'messages.{index + 1}.member.role' "
        "failed to satisfy constraint: Member must satisfy enum value set: [user, assistant]"
    )
