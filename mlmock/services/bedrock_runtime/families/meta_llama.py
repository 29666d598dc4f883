"""The Llama models of Meta."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from mlmock.services.bedrock_runtime.conversation.replies import Reply
from mlmock.services.bedrock_runtime.conversation.requests import Conversation
from mlmock.services.bedrock_runtime.conversation.tokens import CHARACTERS_PER_TOKEN
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.families.base import Body, Event, Family
from mlmock.services.bedrock_runtime.families.prompt_formats import (
    INST_TAGS,
    LLAMA_HEADERS,
    parse_prompt,
)
from mlmock.services.bedrock_runtime.families.text_output import iter_text, reply_text
from mlmock.services.bedrock_runtime.validation import schema

_LEGACY = ("meta.llama2", "meta.llama3-8b", "meta.llama3-70b")
_SMALL = ("meta.llama3-2-1b", "meta.llama3-2-3b")
_IMAGE_INPUT = ("meta.llama3-2-11b", "meta.llama3-2-90b", "meta.llama4")


class Llama(Family):
    """Llama 2, 3 and 4."""

    prefixes = ("meta.",)

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model; tools since 3.1, tools in streams since 4."""
        legacy = model_id.startswith(_LEGACY)
        return Traits(
            tools=not model_id.startswith((*_LEGACY, *_SMALL)),
            streaming_tools=model_id.startswith("meta.llama4"),
            tool_choices=frozenset({"auto"}),
            images=model_id.startswith(_IMAGE_INPUT),
            mixes_results=False,
            max_tokens=2048 if legacy else 8192,
        )

    def parse_request(self, body: Body, model_id: str) -> Conversation:
        """Return the turns of the prompt, in the format of Llama 2 or of later versions."""
        schema.validate(_body_schema(2048 if model_id.startswith(_LEGACY) else 8192), body)
        prompt = body["prompt"]
        system, messages = parse_prompt(prompt, INST_TAGS if "[INST]" in prompt else LLAMA_HEADERS)
        return Conversation(
            model_id=model_id,
            messages=messages,
            system=system,
            max_tokens=body.get("max_gen_len"),
            temperature=body.get("temperature"),
            top_p=body.get("top_p"),
        )

    def format_reply(self, conversation: Conversation, reply: Reply) -> dict[str, Any]:
        """Return the generation."""
        return {
            "generation": reply_text(reply),
            "prompt_token_count": reply.usage.input_tokens,
            "generation_token_count": reply.usage.output_tokens,
            "stop_reason": _stop_reason(reply),
        }

    def chunks(
        self, conversation: Conversation, reply: Reply, events: Iterator[Event]
    ) -> Iterator[dict[str, Any]]:
        """Yield pieces of text.

        Only the first chunk has the token count of the prompt, only the last a stop reason.
        """
        prompt_tokens: int | None = reply.usage.input_tokens
        characters = 0
        for piece in iter_text(events):
            if piece is not None:
                characters += len(piece)
                yield _chunk(piece, prompt_tokens, -(-characters // CHARACTERS_PER_TOKEN), None)
                prompt_tokens = None
            else:
                yield _chunk("", prompt_tokens, reply.usage.output_tokens, _stop_reason(reply))


@lru_cache(maxsize=2)
def _body_schema(max_tokens: int) -> schema.ObjectOf:
    limits: dict[str, schema.Schema] = {
        "max_gen_len": schema.integer(1, max_tokens),
        "temperature": schema.Number(0, 1),
        "top_p": schema.Number(0, 1),
        "images": schema.ListOf(schema.String(1)),
    }
    return schema.ObjectOf({"prompt": schema.String(1)}, limits)


def _stop_reason(reply: Reply) -> str:
    return "length" if reply.stop_reason == "max_tokens" else "stop"


def _chunk(text: str, prompt_tokens: int | None, count: int, reason: str | None) -> dict[str, Any]:
    return {
        "generation": text,
        "prompt_token_count": prompt_tokens,
        "generation_token_count": count,
        "stop_reason": reason,
    }
