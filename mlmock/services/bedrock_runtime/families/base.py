"""What a provider's family is: its bodies, read and written. Adding one is adding one file.

A family knows the JSON of one provider and nothing else. The frame around it parses the body,
resolves the model, asks the test's script, applies limits and guardrails, and adds what Bedrock
adds: token headers, ``amazon-bedrock-invocationMetrics`` in a stream's last chunk, guardrail
members. Pauses and errors of a stream happen while a family iterates over the events it is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from mlmock.services.bedrock_runtime.conversation.replies import Reply
from mlmock.services.bedrock_runtime.conversation.requests import (
    Conversation,
    EmbeddingRequest,
    ImageRequest,
    ModelRequest,
    RerankRequest,
)
from mlmock.services.bedrock_runtime.conversation.traits import Traits

Body = Mapping[str, Any]
Event = tuple[str, Mapping[str, Any]]


class Family:
    """The models of one provider that speak the same JSON."""

    prefixes: ClassVar[tuple[str, ...]] = ()
    """How the foundation model ids begin that are of this family; the longest prefix decides."""

    def traits(self, model_id: str) -> Traits:
        """Return what the model can do."""
        return Traits()

    def parse_request(self, body: Body, model_id: str) -> ModelRequest:
        """Return what the body of InvokeModel asks; ServiceError, in the provider's words."""
        raise NotImplementedError

    def validate_converse(self, conversation: Conversation) -> None:
        """Refuse what the provider does in a Converse: ServiceError, in its words.

        Asked where a call has ``additionalModelRequestFields``, or ``topP``.
        """

    def format_reply(self, conversation: Conversation, reply: Reply) -> dict[str, Any]:
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

    def blocked_chunk(self, conversation: Conversation, message: str) -> dict[str, Any] | None:
        """Return the one chunk that streams a guardrail's `message` on a blocked prompt.

        None: it is streamed as any other text (judged: one family's stream is recorded).
        """
        return None

    def format_embeddings(
        self, request: EmbeddingRequest, vectors: Sequence[Sequence[float]], tokens: int
    ) -> dict[str, Any]:
        """Return the body that gives `vectors`, one for each input; `tokens` came in."""
        raise NotImplementedError

    def format_images(self, request: ImageRequest, images: Sequence[bytes]) -> dict[str, Any]:
        """Return the body that gives `pictures` (PNG files)."""
        raise NotImplementedError

    def format_ranking(self, request: RerankRequest, scores: Sequence[float]) -> dict[str, Any]:
        """Return the body that gives the `scores` (0 to 1) of all documents, in their order."""
        raise NotImplementedError
