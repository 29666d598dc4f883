"""The responders of endpoint classes: functions that answer a request with an attached call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.endpoint import Endpoint

from mlmock.call import Call

# Takes a prepared request and its attached call, and returns the response.
Responder = Callable[[Any, Call], Any]


def _botocore_responder(endpoint: Any) -> Responder:
    from mlmock.interception.botocore.responder import respond

    return respond


# `interception.aiobotocore` adds its endpoint class when aiobotocore is patched.
RESPONDERS: dict[type, Callable[[Any], Responder]] = {Endpoint: _botocore_responder}


def responder_for(endpoint: Any) -> Responder:
    """Return the responder for the requests of an endpoint."""
    classes = (cls for cls in type(endpoint).__mro__ if cls in RESPONDERS)
    return RESPONDERS[next(classes, Endpoint)](endpoint)
