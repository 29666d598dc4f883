"""Meta's Llama."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from mlmock.services.bedrock_runtime.conversation.replies import Reply
from mlmock.services.bedrock_runtime.conversation.requests import Conversation
from mlmock.services.bedrock_runtime.conversation.tokens import CHARACTERS_PER_TOKEN
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.families.base import Body, Event, Family
from mlmock.services.bedrock_runtime.families.prompt_formats import HEADERS, INSTRUCT, turns_of
from mlmock.services.bedrock_runtime.families.text_output import iter_text, words_of
from mlmock.services.bedrock_runtime.validation import schema

_OLD = ("meta.llama2", "meta.llama3-8b", "meta.llama3-70b")
_SMALL = ("meta.llama3-2-1b", "meta.llama3-2-3b")
_SEE = ("meta.llama3-2-11b", "meta.llama3-2-90b", "meta.llama4")


class Llama(Family):
    """Llama 2, 3 and 4."""

    prefixes = ("meta.",)

    def traits(self, model_id: str) -> Traits:
        """Return what the models can do: tools since 3.1, not in streams before 4."""
        old = model_id.startswith(_OLD)
        return Traits(
            tools=not model_id.startswith((*_OLD, *_SMALL)),
            streaming_tools=model_id.startswith("meta.llama4"),
            tool_choices=frozenset({"auto"}),
            images=model_id.startswith(_SEE),
            mixes_results=False,
            max_tokens=2048 if old else 8192,
        )

    def parse_request(self, body: Body, model_id: str) -> Conversation:
        """Return the turns that the prompt marks, in Llama 2's form or in that since 3."""
        schema.validate(_body(2048 if model_id.startswith(_OLD) else 8192), body)
        prompt = body["prompt"]
        system, messages = turns_of(prompt, INSTRUCT if "[INST]" in prompt else HEADERS)
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
            "generation": words_of(reply),
            "prompt_token_count": reply.usage.input_tokens,
            "generation_token_count": reply.usage.output_tokens,
            "stop_reason": _reason(reply),
        }

    def chunks(
        self, conversation: Conversation, reply: Reply, events: Iterator[Event]
    ) -> Iterator[dict[str, Any]]:
        """Yield pieces; only the first has the prompt's count, only the last a reason."""
        prompt: int | None = reply.usage.input_tokens
        said = 0
        for piece in iter_text(events):
            if piece is not None:
                said += len(piece)
                yield _chunk(piece, prompt, -(-said // CHARACTERS_PER_TOKEN), None)
                prompt = None
            else:
                yield _chunk("", prompt, reply.usage.output_tokens, _reason(reply))


@lru_cache(maxsize=2)
def _body(most: int) -> schema.ObjectOf:
    limits: dict[str, schema.Schema] = {
        "max_gen_len": schema.integer(1, most),
        "temperature": schema.Number(0, 1),
        "top_p": schema.Number(0, 1),
        "images": schema.ListOf(schema.String(1)),
    }
    return schema.ObjectOf({"prompt": schema.String(1)}, limits)


def _reason(reply: Reply) -> str:
    return "length" if reply.stop_reason == "max_tokens" else "stop"


def _chunk(text: str, prompt: int | None, count: int, reason: str | None) -> dict[str, Any]:
    return {
        "generation": text,
        "prompt_token_count": prompt,
        "generation_token_count": count,
        "stop_reason": reason,
    }
