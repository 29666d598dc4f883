"""The refusals of a conversation's shape: who speaks when, and about which tools.

One walk over the messages. Wordings and order are the service's as users have met them; messages
of one role in a row are one turn, as the service joins them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlmock.services.bedrock_runtime.families.base import Traits
from mlmock.services.bedrock_runtime.refusals import invalid

Message = Mapping[str, Any]
Medium = tuple[str, str, Message]
MEDIA = {"image": "images", "document": "documents", "video": "videos"}
"""The kinds of media, and the trait of a model that takes them."""


def check_turns(messages: Sequence[Message], traits: Traits, *, has_tools: bool) -> list[Medium]:
    """Raise ValidationException unless `messages` are a conversation that the model takes.

    Returns the media that they carry: role, kind and value of each, those in tool results too.
    """
    if not messages:
        raise invalid("The input is missing a user message.")
    _check_ends(messages, traits)
    turns, media = _Turns(traits, has_tools=has_tools), list[Medium]()
    for place, message in enumerate(messages):
        turns.take(place, message, media)
    turns.close()
    return media


def _check_ends(messages: Sequence[Message], traits: Traits) -> None:
    if messages[0]["role"] == "assistant" and not traits.leading_assistant:
        raise invalid(
            "A conversation must start with a user message. Try again with a conversation that "
            "starts with a user message."
        )
    if messages[-1]["role"] == "assistant" and not traits.prefill:
        raise invalid(
            "The model that you are using requires the last turn in the conversation to be a user "
            "message. Add a user message to the conversation and try again."
        )


class _Turns:
    """What has been said so far: the tool uses that wait for results, those of this turn."""

    def __init__(self, traits: Traits, *, has_tools: bool) -> None:
        self._traits = traits
        self._has_tools = has_tools
        self._role = ""
        self._start = 0
        self._waiting: list[str] = []
        self._uses: list[str] = []
        self._results: list[str] = []

    def take(self, place: int, message: Message, media: list[Medium]) -> None:
        """Check one message; put what it carries besides texts and tools into `media`."""
        role, content = message["role"], message["content"]
        if role != self._role:
            self._turn(place, role)
        elif self._traits.alternating:
            raise invalid(
                "A conversation must alternate between user and assistant roles. Make sure the "
                "conversation alternates between user and assistant roles and try again."
            )
        if not content:
            raise invalid(
                f"The content field in the Message object at messages.{place} is empty. Add a "
                "ContentBlock object to the content field and try again."
            )
        speaks_of_tools = False
        for at, block in enumerate(content):
            text = block.get("text")
            if text is None:
                if "toolUse" in block or "toolResult" in block:
                    speaks_of_tools = True
                else:
                    media += _media_in((block,), role)
            elif not text or (text.isspace() and not self._traits.takes_whitespace):
                raise _blank(place, at)
        if speaks_of_tools:
            self._tool_blocks(place, content, media)

    def _turn(self, place: int, role: str) -> None:
        if role == "system":
            raise _system_role(place)
        self.close()
        self._role, self._start = role, place

    def _tool_blocks(self, place: int, content: Sequence[Message], media: list[Medium]) -> None:
        if not self._has_tools:
            raise invalid(
                "The toolConfig field must be defined when using toolUse and toolResult content "
                "blocks."
            )
        if not self._traits.mixes_results:
            _check_unmixed(place, content)
        for at, block in enumerate(content):
            if "toolUse" in block:
                _add(self._uses, block["toolUse"], "toolUse", place)
            elif "toolResult" in block:
                result = block["toolResult"]
                _add(self._results, result, "toolResult", place)
                _check_failed_result(result, place, at)
                media += _media_in(result["content"], self._role)

    def close(self) -> None:
        """Check the turn that ends: what was asked of tools has to be there, and no more."""
        if self._role == "user" and (self._waiting or self._results):
            self._check_results()
        if self._role:
            self._waiting, self._uses, self._results = self._uses, [], []

    def _check_results(self) -> None:
        if self._results == self._waiting:
            return
        where = f"messages.{self._start}.content"
        if len(self._results) > len(self._waiting):
            raise invalid(
                f"The number of toolResult blocks at {where} exceeds the number of toolUse blocks "
                "of previous turn."
            )
        missing = [each for each in self._waiting if each not in self._results]
        if missing:
            ids = ", ".join(missing)
            raise invalid(f"Expected toolResult blocks at {where} for the following Ids: {ids}")


def _media_in(content: Sequence[Message], role: str) -> list[Medium]:
    return [
        (role, kind, value) for block in content for kind, value in block.items() if kind in MEDIA
    ]


def _blank(place: int, at: int) -> Exception:
    return invalid(
        f"The text field in the ContentBlock object at messages.{place}.content.{at} is blank. Add "
        "text to the text field, and try again."
    )


def _check_unmixed(place: int, content: Sequence[Message]) -> None:
    kinds = {kind for block in content for kind in block if kind != "cachePoint"}
    if len(kinds) > 1:
        what = "result" if "toolResult" in kinds else "use"
        raise invalid(
            f"messages.{place}.content: Conversation blocks and tool {what} blocks cannot be "
            "provided in the same turn."
        )


def _add(ids: list[str], block: Message, kind: str, place: int) -> None:
    ident = block["toolUseId"]
    if block.get("type") in _OF_THE_SERVER:
        return
    if ident in ids:
        raise invalid(
            f"The {kind} blocks at messages.{place}.content contain duplicate Ids: {ident}"
        )
    ids.append(ident)


_OF_THE_SERVER = ("server_tool_use", "nova_code_interpreter_result")


def _check_failed_result(result: Message, place: int, at: int) -> None:
    if result.get("status") == "error" and not result["content"]:
        raise invalid(
            f"The content field at messages.{place}.content.{at}.toolResult cannot be empty when "
            "status value is error."
        )


def _system_role(place: int) -> Exception:
    return invalid(
        f"1 validation error detected: Value 'system' at 'messages.{place + 1}.member.role' "
        "failed to satisfy constraint: Member must satisfy enum value set: [user, assistant]"
    )
