"""Patch of the `responses` library, which requests calls while a mock of the user is active."""

from __future__ import annotations

from typing import Any

from mlmock.interception.http_clients.routing import context_for_url, is_mocked_host
from mlmock.interception.patching import Patch


def on_request(patch: Patch) -> Any:
    """Return a replacement for `RequestsMock._on_request` that sends mocked requests to urllib3."""

    def on_request(self: Any, adapter: Any, request: Any, **more: Any) -> Any:
        context = context_for_url(request.url)
        if (
            context is None
            or not is_mocked_host(context, request.url)
            or _is_registered_by_user(self, request, more)
        ):
            return patch.original(self, adapter, request, **more)
        return vars(self)["_real_send"](adapter, request, **more)

    return on_request


def _is_registered_by_user(mock: Any, request: Any, more: Any) -> bool:
    """Return whether the user has registered a response for a request.

    moto's responses do not count, because they match every AWS host. The matchers need attributes
    that `responses` sets on a request. Matching does not use up a response.
    """
    request.params = mock._parse_request_params(request.path_url)
    request.req_kwargs = more
    matching = (response for response in mock.registered() if response.matches(request)[0])
    return any(not type(response).__module__.startswith("moto.") for response in matching)
