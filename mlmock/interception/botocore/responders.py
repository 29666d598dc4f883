"""What answers a request, by the class of the endpoint that sends it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.endpoint import Endpoint

from mlmock.call import Call

Respond = Callable[[Any, Call], Any]


def _respond_synchronously(endpoint: Any) -> Respond:
    from mlmock.interception.botocore.responder import respond

    return respond


# `interception.aiobotocore` adds its endpoint once that package is patched.
RESPONDERS: dict[type, Callable[[Any], Respond]] = {Endpoint: _respond_synchronously}


def responder_for(endpoint: Any) -> Respond:
    """Return what answers the requests of an endpoint that a mock holds."""
    kinds = (kind for kind in type(endpoint).__mro__ if kind in RESPONDERS)
    return RESPONDERS[next(kinds, Endpoint)](endpoint)
