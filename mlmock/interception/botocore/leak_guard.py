"""Keep requests from leaving for AWS."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from mlmock.call import Call
from mlmock.engine import active
from mlmock.engine.state import MockContext
from mlmock.errors import NotMocked
from mlmock.interception.botocore.stamping import _CALL_ATTRIBUTE
from mlmock.interception.patching import Patch


def is_allowed_through(request: Any, operation: Any) -> bool:
    """True for a request that `passthrough` lets through; False for one that isn't for AWS.

    Raises NotMocked for any other that would leave for AWS.
    """
    context = active.current()
    if context is None:
        return False
    service = operation.service_model.service_name if operation is not None else None
    if service is not None and service in context.options.passthrough:
        return True
    if is_aws(request.url):
        raise_not_mocked(context, service, getattr(operation, "name", None), request.url)
    return False


def raise_not_mocked(
    context: MockContext | None, service: str | None, operation: str | None, url: str
) -> NoReturn:
    """Raise NotMocked, and let the block fail with it even if somebody swallows it."""
    from mlmock.reporting.messages import format_not_mocked

    if context is None:
        raise NotMocked(
            format_not_mocked(service, operation, url, is_active=False, is_mocked=False)
        )
    from mlmock.interception.moto_detection import is_active

    text = format_not_mocked(
        service,
        operation,
        url,
        is_active=True,
        is_mocked=service in context.state.mocked_services,
        is_supported=service in context.state.registry,
        is_moto_active=is_active(),
    )
    raise context.state.record_failure(NotMocked(text))


def init(patch: Patch) -> Any:
    """Return what lets an endpoint made inside a block refuse AWS once no block runs."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        patch.original(self, *args, **kwargs)
        context = active.current()
        if context is not None:
            install_leak_guard(self, context)

    return __init__


def is_aws(url: str) -> bool:
    """True when a request to `url` would leave for AWS."""
    from mlmock.aws import hosts  # loaded with the first request that isn't ours

    return hosts.is_aws(url)


def _raise_outside_mock(
    prefix: str, passing: frozenset[str], known: Iterable[str], sent: Any
) -> None:
    from mlmock.aws.protocol.routing import find_operation
    from mlmock.aws.spec.loader import endpoint_prefixes

    if prefix in endpoint_prefixes(passing):
        return
    mine = [service for service in known if prefix in endpoint_prefixes(frozenset([service]))]
    plan = find_operation(mine, sent.method, sent.url)
    if plan is None:
        raise_not_mocked(None, prefix, None, sent.url)
    raise_not_mocked(None, plan.service, plan.name, sent.url)


def install_leak_guard(endpoint: Any, context: MockContext) -> None:
    """Let an endpoint made inside a block refuse AWS once no block runs."""
    passing, kind = frozenset(context.options.passthrough), type(endpoint)
    known = context.state.registry

    def send(request: Any) -> Any:
        attached = getattr(request, _CALL_ATTRIBUTE, None)
        if type(attached) is Call:
            return attached.responder(request, attached)
        if active.current() is None and is_aws(request.url):
            _raise_outside_mock(endpoint._endpoint_prefix, passing, known, request)
        elif is_botocore_send(kind._send):
            is_allowed_through(request, attached)
        return kind._send(endpoint, request)

    endpoint._send = send


def is_botocore_send(send: Any) -> bool:
    """True for botocore's own `_send`, which somebody who started before us has put back."""
    return send.__module__ in {"botocore.endpoint", "aiobotocore.endpoint"}
