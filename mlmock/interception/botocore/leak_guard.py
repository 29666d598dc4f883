"""The leak guard: requests that would reach AWS by accident raise NotMocked instead."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from mlmock.call import Call
from mlmock.engine import active
from mlmock.engine.state import MockContext
from mlmock.errors import NotMocked
from mlmock.interception.botocore.stamping import CALL_ATTRIBUTE
from mlmock.interception.patching import Patch


def is_allowed_through(request: Any, operation: Any) -> bool:
    """Return whether `passthrough` names the service of a request without an attached call.

    False also means that the request does not go to AWS, or that no mock is active.

    Args:
        request: The prepared request.
        operation: The OperationModel, or None if it is unknown.

    Raises:
        NotMocked: The request would be sent to AWS, and `passthrough` does not name its service.
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
    """Raise NotMocked, and record it so that the mock fails even if the code suppresses it.

    Args:
        context: The active mock context, or None after the last mock has ended.
        service: The service of the request, if it is known.
        operation: The operation of the request, if it is known.
        url: The URL of the request.

    Raises:
        NotMocked: Always.
    """
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


def guarded_init(patch: Patch) -> Any:
    """Return a replacement for `Endpoint.__init__` that installs the leak guard inside a mock."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        patch.original(self, *args, **kwargs)
        context = active.current()
        if context is not None:
            install_leak_guard(self, context)

    return __init__


def is_aws(url: str) -> bool:
    """Return whether a request to `url` would be sent to AWS."""
    from mlmock.aws import hosts  # imported by the first request that is not mocked

    return hosts.is_aws(url)


def _raise_outside_mock(
    prefix: str, passthrough: frozenset[str], known_services: Iterable[str], request: Any
) -> None:
    """Raise NotMocked for the operation of a request, unless `passthrough` names its service."""
    from mlmock.aws.protocol.routing import find_operation
    from mlmock.aws.spec.loader import endpoint_prefixes

    if prefix in endpoint_prefixes(passthrough):
        return
    candidates = [
        service for service in known_services if prefix in endpoint_prefixes(frozenset([service]))
    ]
    operation = find_operation(candidates, request.method, request.url)
    if operation is None:
        raise_not_mocked(None, prefix, None, request.url)
    raise_not_mocked(None, operation.service, operation.name, request.url)


def install_leak_guard(endpoint: Any, context: MockContext) -> None:
    """Make an endpoint that is created inside a mock reject requests to AWS after the mock.

    Args:
        endpoint: The endpoint, whose `_send` is replaced.
        context: The mock context in which it is created.
    """
    passthrough, endpoint_class = frozenset(context.options.passthrough), type(endpoint)
    known_services = context.state.registry

    def send(request: Any) -> Any:
        attached = getattr(request, CALL_ATTRIBUTE, None)
        if type(attached) is Call:
            return attached.responder(request, attached)
        if active.current() is None and is_aws(request.url):
            _raise_outside_mock(endpoint._endpoint_prefix, passthrough, known_services, request)
        elif is_botocore_send(endpoint_class._send):
            is_allowed_through(request, attached)
        return endpoint_class._send(endpoint, request)

    endpoint._send = send


def is_botocore_send(send: Any) -> bool:
    """Return whether `send` is botocore's own `_send`, restored by a tool that started earlier."""
    return send.__module__ in {"botocore.endpoint", "aiobotocore.endpoint"}
