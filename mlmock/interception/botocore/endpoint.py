"""Patches of botocore's Endpoint and RequestSigner.

`create_request` attaches a call to a request for a mocked service, and gives the request fake
credentials. `_send` answers requests with an attached call, and rejects other requests that would
be sent to AWS. The retry loop, the event hooks, signing and parsing stay botocore's.
"""

from __future__ import annotations

from typing import Any

from botocore.auth import BearerAuth

from mlmock.call import Call
from mlmock.engine import active
from mlmock.interception.botocore import sleep
from mlmock.interception.botocore.credentials import account_of, credentials_for, is_fake
from mlmock.interception.botocore.leak_guard import is_allowed_through
from mlmock.interception.botocore.stamping import (
    CALL_ATTRIBUTE,
    CREDENTIALS_KEY,
    FAKE_TOKEN,
    classify_request,
)
from mlmock.interception.patching import Patch


def create_request(patch: Patch) -> Any:
    """Return a replacement for `Endpoint.create_request` that attaches calls."""

    def create_request(self: Any, params: Any, operation_model: Any = None) -> Any:
        if operation_model is None:
            return patch.original(self, params, operation_model)
        attached = classify_request(self, params, operation_model)
        request = patch.original(self, params, operation_model)
        request.mlmock_call = attached
        return request

    return create_request


def send(patch: Patch) -> Any:
    """Return a replacement for `Endpoint._send` that answers requests with an attached call."""

    def send(self: Any, request: Any) -> Any:
        attached = getattr(request, CALL_ATTRIBUTE, None)
        if type(attached) is Call:
            return attached.responder(request, attached)
        if not is_allowed_through(request, attached):
            return patch.original(self, request)
        with sleep.passing_through():
            return patch.original(self, request)

    return send


def auth_for_request(signer: Any, kwargs: dict[str, Any]) -> Any:
    """Return the signer of a request with fake credentials, or None for botocore's own.

    A URL of a mocked service that is to be presigned gets fake credentials, whether its client has
    credentials or not.

    Args:
        signer: The client's RequestSigner.
        kwargs: The arguments of its `get_auth_instance`, which may be changed. `expires` is among
            them if a URL is presigned.
    """
    credentials: Any = kwargs.get(CREDENTIALS_KEY)
    if is_fake(credentials):
        if kwargs.get("signature_version") == "bearer":
            return BearerAuth(FAKE_TOKEN)
        return credentials.auth(kwargs)
    if "expires" in kwargs:
        context = active.current()
        name = signer._service_id.hyphenize()
        if (
            context is None
            or name not in context.state.mocked_services
            or name in context.options.passthrough
        ):
            return None
        kwargs[CREDENTIALS_KEY] = credentials_for(account_of(signer, context.options.account_id))
    return None


def get_auth_instance(patch: Patch) -> Any:
    """Return a replacement for `RequestSigner.get_auth_instance` that uses fake credentials."""

    def get_auth_instance(self: Any, *args: Any, **kwargs: Any) -> Any:
        return auth_for_request(self, kwargs) or patch.original(self, *args, **kwargs)

    return get_auth_instance
