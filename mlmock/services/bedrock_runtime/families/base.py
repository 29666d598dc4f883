"""The base class of model families: parsers and formatters for the bodies of one provider.

A family only knows the JSON of its provider, so adding one takes one file. The code that calls it
parses the body, resolves the model, matches the rules of the test, applies limits and guardrails,
and adds what Bedrock adds: token headers, ``amazon-bedrock-invocationMetrics`` in the last chunk of
a stream, and guardrail members. The pauses and errors of a stream occur while a family iterates
over the events.
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
    """The models of one provider that use the same JSON."""

    prefixes: ClassVar[tuple[str, ...]] = ()
    """Prefixes of the foundation model ids of the family; the longest matching prefix wins."""

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model."""
        return Traits()

    def parse_request(self, body: Body, model_id: str) -> ModelRequest:
        """Return the request in a body of InvokeModel.

        Args:
            body: The parsed body.
            model_id: The foundation model id.

        Raises:
            ServiceError: If the provider rejects the body, with the text of the provider.
        """
        raise NotImplementedError

    def validate_converse(self, conversation: Conversation) -> None:
        """Validate a request of Converse with the rules of the provider.

        Called only if the request has ``additionalModelRequestFields`` or ``topP``.

        Raises:
            ServiceError: If the provider rejects the request, with the text of the provider.
        """

    def format_reply(self, conversation: Conversation, reply: Reply) -> dict[str, Any]:
        """Return `reply` as a response body, with the keys in the order of the provider.

        Args:
            conversation: The request.
            reply: The reply of the model.
        """
        raise NotImplementedError

    def chunks(
        self, conversation: Conversation, reply: Reply, events: Iterator[Event]
    ) -> Iterator[dict[str, Any]]:
        """Yield the chunks of a stream.

        Implementations must not read ahead, because pauses happen when an event is requested. The
        last chunk, to which Bedrock adds its metrics, is yielded after the ``messageStop`` event.

        Args:
            conversation: The request.
            reply: The reply of the model.
            events: The events of ConverseStream for the reply, in order.
        """
        raise NotImplementedError

    def blocked_chunk(self, conversation: Conversation, message: str) -> dict[str, Any] | None:
        """Return the only chunk of a stream in which a guardrail blocks the prompt.

        Assumption: a family without a recorded stream returns None, and the message is streamed as
        any other text.

        Args:
            conversation: The request.
            message: The message of the guardrail.
        """
        return None

    def format_embeddings(
        self, request: EmbeddingRequest, vectors: Sequence[Sequence[float]], tokens: int
    ) -> dict[str, Any]:
        """Return embeddings as a response body.

        Args:
            request: The request.
            vectors: One vector for each input.
            tokens: The count of input tokens.
        """
        raise NotImplementedError

    def format_images(self, request: ImageRequest, images: Sequence[bytes]) -> dict[str, Any]:
        """Return images as a response body.

        Args:
            request: The request.
            images: PNG files.
        """
        raise NotImplementedError

    def format_ranking(self, request: RerankRequest, scores: Sequence[float]) -> dict[str, Any]:
        """Return a ranking as a response body.

        Args:
            request: The request.
            scores: The relevance of each document from 0 to 1, in the order of the documents.
        """
        raise NotImplementedError
