"""Models that InvokeModel does not serve: films (Nova Reel, Ray) and speech (Nova Sonic)."""

from __future__ import annotations

from mlmock.services.bedrock_runtime.conversation.requests import ModelRequest
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.errors import invalid
from mlmock.services.bedrock_runtime.families.base import Body, Family

_INVALID_REQUEST = "The provided request is not valid"


class NovaReel(Family):
    """Nova Reel, for StartAsyncInvoke."""

    prefixes = ("amazon.nova-reel",)

    def traits(self, model_id: str) -> Traits:
        """Return what the models can do."""
        return Traits(kind="video", converse=False, streaming=False, tools=False, async_invoke=True)

    def parse_request(self, body: Body, model_id: str) -> ModelRequest:
        """Refuse: films are made by StartAsyncInvoke (judged)."""
        raise invalid(_INVALID_REQUEST)


class NovaSonic(Family):
    """Nova Sonic, for InvokeModelWithBidirectionalStream, which botocore doesn't have."""

    prefixes = ("amazon.nova-sonic", "amazon.nova-2-sonic")

    def traits(self, model_id: str) -> Traits:
        """Return what the models can do."""
        return Traits(kind="speech", converse=False, streaming=False)

    def parse_request(self, body: Body, model_id: str) -> ModelRequest:
        """Refuse: speech goes both ways at once (judged)."""
        raise invalid(_INVALID_REQUEST)


class LumaRay(Family):
    """Luma's Ray, for StartAsyncInvoke."""

    prefixes = ("luma.",)

    def traits(self, model_id: str) -> Traits:
        """Return what the models can do."""
        return Traits(kind="video", converse=False, streaming=False, tools=False, async_invoke=True)

    def parse_request(self, body: Body, model_id: str) -> ModelRequest:
        """Refuse: films are made by StartAsyncInvoke (judged)."""
        raise invalid(_INVALID_REQUEST)
