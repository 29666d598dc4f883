"""What a provider's family is: its bodies, read and written. Adding one is adding one file.

A family knows the JSON of one provider and nothing else. The frame around it parses the body,
resolves the model, asks the test's script, applies limits and guardrails, and adds what Bedrock
adds: token headers, ``amazon-bedrock-invocationMetrics`` in a stream's last chunk, guardrail
members. Pauses and errors of a stream happen while a family iterates over the events it is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from mlmock.errors import ServiceError
from mlmock.services.bedrock_runtime.conversation.requests import (
    Asked,
    Conversation,
    Embedding,
    Painting,
    Ranking,
    Reply,
)

Body = Mapping[str, Any]
Event = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Traits:
    """What a model can do. The defaults are those of a chat model that can do everything.

    `kind`: text, embedding, image, video, rerank or speech; only text models take Converse.
    `leading_assistant`: the first turn may be the assistant's; `prefill`: the last one too.
    `max_tokens`: the most that may be asked for. `keeps_stop_text`: text stopped by a sequence
    still ends with it, and the reason stays end_turn. `mixes_results`: tool results may stand
    beside other blocks. `async_invoke`: StartAsyncInvoke takes it. `typed_tool_use`: tool uses say
    their type; `splits_tool_input`: they are streamed in fragments. `alternating`: turns of one
    role in a row are refused, not joined. `takes_whitespace`: a text may be white space alone.
    `caches`: it takes cache points, `cache_minimum` the fewest tokens that it keeps;
    `sparse_usage`: a usage is silent on what the cache didn't do. `s3_media`: media may lie in S3.
    `result_status`: tool results may say how it went. `relays`: what the provider refuses of a
    conversation's end and of media in S3 comes in its own words.
    """

    kind: str = "text"
    converse: bool = True
    streaming: bool = True
    tools: bool = True
    streaming_tools: bool = True
    tool_choices: frozenset[str] = frozenset({"auto", "any", "tool"})
    system: bool = True
    images: bool = True
    documents: bool = True
    videos: bool = False
    leading_assistant: bool = False
    prefill: bool = False
    mixes_results: bool = True
    max_tokens: int | None = None
    keeps_stop_text: bool = False
    counts_tokens: bool = False
    caches: bool = False
    async_invoke: bool = False
    typed_tool_use: bool = False
    splits_tool_input: bool = False
    alternating: bool = False
    takes_whitespace: bool = False
    audios: bool = False
    cache_minimum: int = 1024
    sparse_usage: bool = False
    s3_media: bool = False
    result_status: bool = True
    relays: bool = False


class Family:
    """The models of one provider that speak the same JSON."""

    prefixes: ClassVar[tuple[str, ...]] = ()
    """How the foundation model ids begin that are of this family; the longest prefix decides."""

    def traits(self, model_id: str) -> Traits:
        """Return what the model can do."""
        return Traits()

    def read(self, body: Body, model_id: str) -> Asked:
        """Return what the body of InvokeModel asks; ServiceError, in the provider's words."""
        raise NotImplementedError

    def check(self, conversation: Conversation) -> None:
        """Refuse what the provider does in a Converse: ServiceError, in its words.

        Asked where a call has ``additionalModelRequestFields``, or ``topP``.
        """

    def answer(self, conversation: Conversation, reply: Reply) -> dict[str, Any]:
        """Return the body that says `reply`, keys in the provider's order."""
        raise NotImplementedError

    def chunks(
        self, conversation: Conversation, reply: Reply, events: Iterator[Event]
    ) -> Iterator[dict[str, Any]]:
        """Yield the chunks of a stream, as `events` (ConverseStream's, in order) come.

        Don't read ahead: an event is due when it is asked for. The last chunk, to which Bedrock
        adds its metrics, is yielded after ``messageStop`` has come.
        """
        raise NotImplementedError

    def blocked(self, conversation: Conversation, message: str) -> dict[str, Any] | None:
        """Return the one chunk that streams a guardrail's `message` on a blocked prompt.

        None: it is streamed as any other text (judged: one family's stream is recorded).
        """
        return None

    def embedded(
        self, asked: Embedding, vectors: Sequence[Sequence[float]], tokens: int
    ) -> dict[str, Any]:
        """Return the body that gives `vectors`, one for each input; `tokens` came in."""
        raise NotImplementedError

    def painted(self, asked: Painting, pictures: Sequence[bytes]) -> dict[str, Any]:
        """Return the body that gives `pictures` (PNG files)."""
        raise NotImplementedError

    def ranked(self, asked: Ranking, scores: Sequence[float]) -> dict[str, Any]:
        """Return the body that gives the `scores` (0 to 1) of all documents, in their order."""
        raise NotImplementedError


def malformed(*violations: str) -> ServiceError:
    """Return the refusal of a body: `violations` like ``#: required key [x] not found``."""
    count = f"{len(violations)} schema violations found" if len(violations) > 2 else ""
    text = "".join((count, *violations))
    return ServiceError(
        "ValidationException",
        f"Malformed input request: {text}, please reformat your input and try again.",
    )


def invalid(message: str) -> ServiceError:
    """Return a ValidationException in a provider's own words."""
    return ServiceError("ValidationException", message)
