"""Models that InvokeModel does not support: video (Nova Reel, Ray) and speech (Nova Sonic)."""

from __future__ import annotations

from mlmock.services.bedrock_runtime.conversation.requests import ModelRequest
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.errors import invalid
from mlmock.services.bedrock_runtime.families.base import Body, Family

_INVALID_REQUEST = "The provided request is not valid"


class NovaReel(Family):
    """Nova Reel, which StartAsyncInvoke supports."""

    prefixes = ("amazon.nova-reel",)

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model."""
        return Traits(kind="video", converse=False, streaming=False, tools=False, async_invoke=True)

    def parse_request(self, body: Body, model_id: str) -> ModelRequest:
        """Raise an error, because only StartAsyncInvoke generates videos.

        Assumption: the text of the error.
        """
        raise invalid(_INVALID_REQUEST)


class NovaSonic(Family):
    """Nova Sonic, which needs InvokeModelWithBidirectionalStream; botocore does not support it."""

    prefixes = ("amazon.nova-sonic", "amazon.nova-2-sonic")

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model."""
        return Traits(kind="speech", converse=False, streaming=False)

    def parse_request(self, body: Body, model_id: str) -> ModelRequest:
        """Raise an error, because speech needs a bidirectional stream.

        Assumption: the text of the error.
        """
        raise invalid(_INVALID_REQUEST)


class LumaRay(Family):
    """Ray of Luma AI, which StartAsyncInvoke supports."""

    prefixes = ("luma.",)

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model."""
        return Traits(kind="video", converse=False, streaming=False, tools=False, async_invoke=True)

    def parse_request(self, body: Body, model_id: str) -> ModelRequest:
        """Raise an error, because only StartAsyncInvoke generates videos.

        Assumption: the text of the error.
        """
        raise invalid(_INVALID_REQUEST)
