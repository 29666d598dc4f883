"""moto beside us: it passes over our requests, keeps our objects, and gets our events."""

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

_STUBBER = "moto.core.botocore_stubber"


def patches() -> list[Patch]:
    """Return the patch that lets moto pass over stamped requests, if moto is there."""
    module = sys.modules.get(_STUBBER)
    stubber = getattr(module, "BotocoreStubber", None)
    return [] if stubber is None else [Patch(stubber, "__call__", _call)]


def _call(patch: Patch) -> Any:
    def __call__(self: Any, event_name: str, request: Any, **kwargs: Any) -> Any:  # noqa: N807
        if is_mocked_request(request):
            return None
        return patch.original(self, event_name, request, **kwargs)

    return __call__


def buckets(state: Any) -> BucketStore | None:
    """Return moto's S3 while it is active."""
    if not is_active():
        return None
    from mlmock.interception.moto.clients import MotoBuckets

    found: BucketStore = state.shared(MotoBuckets)
    return found


def external_service(state: Any, service: str, scope: Scope) -> Callable[..., Any] | None:
    """Return what asks an active moto's `service`; None where nobody has put anything there.

    It takes a method of boto3's client and its parameters, and returns the answer, or None for an
    error that moto answers with.
    """
    if not is_active() or f"moto.{service}" not in sys.modules:
        return None
    from mlmock.interception.moto.clients import call_moto

    return call_moto(state, service, scope)


def forward_event(state: Any, event: Event) -> None:
    """Send an event on to an active moto's EventBridge, or an SNS message to its topic."""
    if is_active():
        from mlmock.interception.moto.clients import forward_event as send_on

        send_on(state, event)
