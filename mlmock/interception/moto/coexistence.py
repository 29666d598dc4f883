"""Coexistence with moto: it ignores mlmock's requests, and provides S3, SNS and EventBridge."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mlmock.interception.botocore.stamping import is_mocked_request
from mlmock.interception.moto_detection import is_active
from mlmock.interception.patching import Patch

if TYPE_CHECKING:
    from mlmock.aws.scope import Scope
    from mlmock.simulation.events import Event
    from mlmock.simulation.object_store import BucketStore

_STUBBER_MODULE = "moto.core.botocore_stubber"


def patches() -> list[Patch]:
    """Return the patch that makes moto ignore requests with an attached call."""
    module = sys.modules.get(_STUBBER_MODULE)
    stubber = getattr(module, "BotocoreStubber", None)
    return [] if stubber is None else [Patch(stubber, "__call__", _call)]


def _call(patch: Patch) -> Any:
    def __call__(self: Any, event_name: str, request: Any, **kwargs: Any) -> Any:  # noqa: N807
        if is_mocked_request(request):
            return None
        return patch.original(self, event_name, request, **kwargs)

    return __call__


def buckets(state: Any) -> BucketStore | None:
    """Return the S3 of an active moto, or None."""
    if not is_active():
        return None
    from mlmock.interception.moto.clients import MotoBuckets

    store: BucketStore = state.shared(MotoBuckets)
    return store


def external_service(state: Any, service: str, scope: Scope) -> Callable[..., Any] | None:
    """Return a function that calls a service of an active moto, or None if it is not in use.

    The function takes the name of a method of boto3's client and its parameters. It returns the
    response, or None if moto returns an error.

    Args:
        state: The mock state.
        service: The service, as boto3 names it.
        scope: The account and region to call it in.
    """
    if not is_active() or f"moto.{service}" not in sys.modules:
        return None
    from mlmock.interception.moto.clients import external_service as moto_service

    return moto_service(state, service, scope)


def forward_event(state: Any, event: Event) -> None:
    """Send an event to the EventBridge of an active moto, or a notification to its SNS topic."""
    if is_active():
        from mlmock.interception.moto import clients

        clients.forward_event(state, event)
