"""The `responses` library, alongside a mock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlmock.interception.patching import Patch

if TYPE_CHECKING:
    pass
from mlmock.interception.http_clients.routing import context_for_url, is_mocked_host


def on_request(patch: Patch) -> Any:
    """Return what stands in for `RequestsMock._on_request` of responses."""

    def on_request(self: Any, adapter: Any, request: Any, **more: Any) -> Any:
        context = context_for_url(request.url)
        if (
            context is None
            or not is_mocked_host(context, request.url)
            or _users_own(self, request, more)
        ):
            return patch.original(self, adapter, request, **more)
        return vars(self)["_real_send"](adapter, request, **more)

    return on_request


def _users_own(mock: Any, request: Any, more: Any) -> bool:
    """True when the user's own `responses` mock has an answer (moto's catches every AWS host).

    Matchers look at what `responses` puts on a request; to look takes no answer away.
    """
    request.params = mock._parse_request_params(request.path_url)
    request.req_kwargs = more
    found = (each for each in mock.registered() if each.matches(request)[0])
    return any(not type(each).__module__.startswith("moto.") for each in found)
