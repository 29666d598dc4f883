"""The Claude models: the Messages API, and the text completions of the oldest models.

The top level of a body is validated with the schema of Bedrock. Errors below the top level have the
texts of Anthropic.

Source: recorded responses, for the members and their order.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from mlmock.services.bedrock_runtime.conversation.replies import Reply
from mlmock.services.bedrock_runtime.conversation.requests import Conversation
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.errors import invalid, malformed_body_error
from mlmock.services.bedrock_runtime.families.anthropic import request, response, top_level
from mlmock.services.bedrock_runtime.families.base import Body, Event, Family
from mlmock.services.bedrock_runtime.families.prompt_formats import HUMAN_ASSISTANT, parse_prompt
from mlmock.services.bedrock_runtime.families.text_output import iter_text, reply_text
from mlmock.services.bedrock_runtime.validation import schema

_COMPLETION_BODY = schema.ObjectOf(
    {"prompt": schema.String(), "max_tokens_to_sample": schema.Number(is_integer=True)},
    {
        "stop_sequences": schema.ListOf(schema.String()),
        "temperature": schema.Number(0, 1),
        "top_p": schema.Number(0, 1),
        "top_k": schema.integer(0, 500),
        "anthropic_version": schema.String(enum=("bedrock-2023-05-31", "2026-10-21")),
        "metadata": schema.ObjectOf(additional=True),
    },
)
_CONVERSE_FIELDS = top_level.MEMBERS | {"reasoning_config"}
"""The additional fields of Converse, including ``reasoning_config``, its name of ``thinking``."""
_LEGACY_NAMES = {
    "anthropic.claude-v2": "claude-2.0",
    "anthropic.claude-v2:1": "claude-2.1",
    "anthropic.claude-instant-v1": "claude-instant-1.2",
}
_FIRST_GENERATION = re.compile(r"claude-(?:v\d|instant)")
_VERSION_THEN_NAME = re.compile(r"claude-(\d+)(?:-(\d{1,2}))?-[a-z]")
_NAME_THEN_VERSION = re.compile(r"claude-[a-z]+-(\d+)(?:-(\d{1,2})(?!\d))?")


class Anthropic(Family):
    """All Claude models."""

    prefixes = ("anthropic.",)

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model.

        Tools and images are supported since 3, caching and token counting since 3.5.
        """
        version = version_of(model_id)
        modern = version >= (3,)
        return Traits(
            tools=modern,
            streaming_tools=modern,
            images=modern,
            leading_assistant=True,
            prefill=version < (4, 6),
            max_tokens=_max_tokens(version, model_id),
            counts_tokens=version >= (3, 5),
            caches=version >= (3, 5),
            typed_tool_use=version >= (4, 5),
            splits_tool_input=True,
            accepts_blank_text=version >= (4,),
            cache_minimum=_min_cache_tokens(version, model_id),
            sparse_usage=version >= (4, 6),
            relays_errors=True,
        )

    def parse_request(self, body: Body, model_id: str) -> Conversation:
        """Return the conversation in a body of the Messages API or of a text completion."""
        if "messages" not in body and "prompt" in body:
            return _parse_completion(body, model_id)
        version = version_of(model_id)
        top_level.validate(body, native=version >= (4,))
        _check_limits(body, version, _max_tokens(version, model_id), model_id)
        return request.parse_body(body, model_id, prefill=version < (4, 6))

    def validate_converse(self, conversation: Conversation) -> None:
        """Validate the names of the additional fields and the combination of the settings."""
        version, fields = version_of(conversation.model_id), conversation.extra
        extra = [name for name in fields if name not in _CONVERSE_FIELDS]
        if extra and version >= (4,):
            raise invalid(top_level.extra_member_text(extra[0]))
        if extra:
            raise malformed_body_error(
                *(f"#: extraneous key [{name}] is not permitted" for name in extra)
            )
        _check_sampling(
            fields.get("temperature", conversation.temperature),
            fields.get("top_p", conversation.top_p),
            version,
        )
        thinking = fields.get("thinking", fields.get("reasoning_config"))
        if isinstance(thinking, dict):
            _check_thinking(_thinking_body(conversation, thinking))

    def format_reply(self, conversation: Conversation, reply: Reply) -> dict[str, Any]:
        """Return a message, or a completion if the request is a text completion."""
        if conversation.extra.get("completion"):
            return _completion(reply_text(reply), reply)
        return response.format_message(provider_name(conversation.model_id), reply)

    def chunks(
        self, conversation: Conversation, reply: Reply, events: Iterator[Event]
    ) -> Iterator[dict[str, Any]]:
        """Yield the events of a message, or the pieces of a completion."""
        if conversation.extra.get("completion"):
            return _completion_chunks(reply, events)
        return response.format_chunks(provider_name(conversation.model_id), reply, events)


@lru_cache(maxsize=128)
def version_of(model_id: str) -> tuple[int, ...]:
    """Return the version of a Claude model, such as (3, 5); (2,) for all versions before 3.

    An id without a version, such as the ARN of an imported model, has the version (4,).
    """
    if _FIRST_GENERATION.search(model_id):
        return (2,)
    match = _VERSION_THEN_NAME.search(model_id) or _NAME_THEN_VERSION.search(model_id)
    if match is None:
        return (4,)
    return tuple(int(part) for part in match.groups() if part is not None)


def provider_name(model_id: str) -> str:
    """Return Anthropic's name of a model: the id without the provider and the version."""
    if model_id in _LEGACY_NAMES:
        return _LEGACY_NAMES[model_id]
    return re.sub(r"-v\d+(?::\d+)?(?::\w+)?$", "", model_id.removeprefix("anthropic."))


def _max_tokens(version: tuple[int, ...], model_id: str) -> int | None:
    if version < (3, 5):
        return 4096
    if version < (4,):
        return 131072 if version >= (3, 7) else 8192
    if version >= (4, 6):
        return 128000
    return 32000 if "opus" in model_id and version < (4, 5) else 64000


def _min_cache_tokens(version: tuple[int, ...], model_id: str) -> int:
    """Return the minimum number of tokens that the prompt cache stores.

    Source: Amazon Bedrock user guide, prompt caching.
    """
    if version < (4, 5):
        return 2048 if "haiku" in model_id else 1024
    return 4096 if "haiku" in model_id or "opus" in model_id else 1024


def _check_limits(
    body: Body, version: tuple[int, ...], max_tokens: int | None, model_id: str
) -> None:
    requested, temperature, top_p = body["max_tokens"], body.get("temperature"), body.get("top_p")
    if requested < 1:
        raise invalid("max_tokens: Input should be greater than or equal to 1")
    if max_tokens is not None and requested > max_tokens:
        raise invalid(
            f"max_tokens: {requested} > {max_tokens}, which is the maximum allowed number of "
            f"output tokens for {provider_name(model_id)}"
        )
    _check_sampling(temperature, top_p, version)
    _check_thinking(body)


def _check_sampling(temperature: Any, top_p: Any, version: tuple[int, ...]) -> None:
    for key, value in (("temperature", temperature), ("top_p", top_p)):
        if isinstance(value, (int, float, Decimal)) and not 0 <= value <= 1:
            bound = "less than or equal to 1" if value > 1 else "greater than or equal to 0"
            raise invalid(f"{key}: Input should be {bound}")
    if version >= (4, 1) and temperature is not None and top_p is not None:
        raise invalid(
            "`temperature` and `top_p` cannot both be specified for this model. "
            "Please use only one."
        )


def _thinking_body(conversation: Conversation, thinking: dict[str, Any]) -> dict[str, Any]:
    """Return the members that `_check_thinking` reads; without max_tokens, any budget is valid."""
    max_tokens, temperature = conversation.max_tokens, conversation.temperature
    choice = next(iter(conversation.tool_choice or {}), None)
    body = {
        "thinking": thinking,
        "max_tokens": sys.maxsize if max_tokens is None else max_tokens,
        "temperature": 1 if temperature is None else temperature,
        "tool_choice": {"type": choice},
    }
    return body | {
        k: v for k, v in conversation.extra.items() if k in ("max_tokens", "temperature")
    }


def _check_thinking(body: Body) -> None:
    thinking: Mapping[str, Any] = body.get("thinking", {"type": "disabled"})
    kind = thinking.get("type")
    if kind not in ("adaptive", "disabled", "enabled"):
        raise invalid(
            f"thinking: Input tag '{kind}' found using 'type' does not match any of the expected "
            "tags: 'adaptive', 'disabled', 'enabled'"
        )
    if kind == "disabled":
        return
    budget = thinking.get("budget_tokens")
    if thinking["type"] == "enabled":
        _check_budget(budget, body["max_tokens"])
    if body.get("temperature", 1) != 1:
        raise invalid("`temperature` may only be set to 1 when thinking is enabled.")
    if body.get("tool_choice", {}).get("type") in ("any", "tool"):
        raise invalid("Thinking may not be enabled when tool_choice forces tool use.")


def _check_budget(budget: Any, max_tokens: int) -> None:
    if budget is None:
        raise invalid("thinking.enabled.budget_tokens: Field required")
    if not isinstance(budget, int) or isinstance(budget, bool):
        raise invalid("thinking.enabled.budget_tokens: Input should be a valid integer")
    if budget < 1024:
        raise invalid(
            "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"
        )
    if budget >= max_tokens:
        raise invalid("`max_tokens` must be greater than `thinking.budget_tokens`.")


# -- text completions -------------------------------------------------------------------------


def _parse_completion(body: Body, model_id: str) -> Conversation:
    if version_of(model_id) >= (3,):
        raise invalid(
            f'"{provider_name(model_id)}" is not supported on this API. '
            "Please use the Messages API instead."
        )
    schema.validate(_COMPLETION_BODY, body)
    prompt = _with_blank_lines(body["prompt"])
    _check_prompt(prompt)
    system, turns = parse_prompt(prompt, HUMAN_ASSISTANT)
    return Conversation(
        model_id=model_id,
        messages=turns,
        system=system,
        max_tokens=max(1, body["max_tokens_to_sample"]),
        temperature=body.get("temperature"),
        top_p=body.get("top_p"),
        stop_sequences=tuple(body.get("stop_sequences", ())),
        extra={"completion": True},
    )


def _with_blank_lines(prompt: str) -> str:
    """Return the prompt with blank lines before its first turn, which samples of AWS leave out."""
    start = prompt.lstrip()
    return f"\n\n{start}" if start.startswith("Human:") else prompt


def _check_prompt(prompt: str) -> None:
    if "\n\nHuman:" not in prompt:
        raise invalid(
            'Invalid prompt: prompt must start with "\n\nHuman:" turn after an optional system '
            "prompt"
        )
    if "\n\nAssistant:" not in prompt[prompt.rindex("\n\nHuman:") :]:
        raise invalid('Invalid prompt: prompt must end with "\n\nAssistant:" turn')


def _completion(text: str, reply: Reply) -> dict[str, Any]:
    truncated = reply.stop_reason == "max_tokens"
    stop = None if truncated else reply.stop_sequence or "\n\nHuman:"
    reason = "max_tokens" if truncated else "stop_sequence"
    return {"type": "completion", "completion": text, "stop_reason": reason, "stop": stop}


def _completion_chunks(reply: Reply, events: Iterator[Event]) -> Iterator[dict[str, Any]]:
    for text in iter_text(events):
        if text is None:
            yield _completion("", reply)
        else:
            yield {"type": "completion", "completion": text, "stop_reason": None, "stop": None}
