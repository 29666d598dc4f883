"""The door for botocore: two methods of its Endpoint, and what keeps real keys away from it.

`create_request` stamps a request of a held service with the call it makes, and gives it credentials
of our own; `_send` answers stamped requests and refuses others that would leave for AWS. The retry
loop, the hooks, the signing and the parsing in between stay botocore's.
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
    _CALL_ATTRIBUTE,
    _KEYS,
    OWN_TOKEN,
    classify_request,
)
from mlmock.interception.patching import Patch


def create_request(patch: Patch) -> Any:
    """Return what stamps the requests of held services."""

    def create_request(self: Any, params: Any, operation_model: Any = None) -> Any:
        if operation_model is None:
            return patch.original(self, params, operation_model)
        attached = classify_request(self, params, operation_model)
        request = patch.original(self, params, operation_model)
        request.mlmock_call = attached
        return request

    return create_request


def send(patch: Patch) -> Any:
    """Return what answers stamped requests, and refuses others that would leave for AWS."""

    def send(self: Any, request: Any) -> Any:
        attached = getattr(request, _CALL_ATTRIBUTE, None)
        if type(attached) is Call:
            return attached.responder(request, attached)
        if not is_allowed_through(request, attached):
            return patch.original(self, request)
        with sleep.real_sleep():
            return patch.original(self, request)

    return send


def auth_for_request(signer: Any, kwargs: dict[str, Any]) -> Any:
    """Return auth of our own for a request that has our keys; see to presigned URLs' keys.

    `kwargs` are those of `get_auth_instance`; with `expires` it is a URL that is signed. One of a
    held service gets keys of ours, as a request does, whether its client has any or not.
    """
    keys: Any = kwargs.get(_KEYS)
    if is_fake(keys):
        if kwargs.get("signature_version") == "bearer":
            return BearerAuth(OWN_TOKEN)
        return keys.auth(kwargs)
    if "expires" in kwargs:
        context = active.current()
        name = signer._service_id.hyphenize()
        if (
            context is None
            or name not in context.state.mocked_services
            or name in context.options.passthrough
        ):
            return None
        kwargs[_KEYS] = credentials_for(account_of(signer, context.options.account_id))
    return None


def get_auth_instance(patch: Patch) -> Any:
    """Return what signs with keys of ours where a request has them."""

    def get_auth_instance(self: Any, *args: Any, **kwargs: Any) -> Any:
        return auth_for_request(self, kwargs) or patch.original(self, *args, **kwargs)

    return get_auth_instance
