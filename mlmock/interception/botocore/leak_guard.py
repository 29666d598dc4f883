"""Keep requests from leaving for AWS."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from mlmock.call import Call
from mlmock.engine import active
from mlmock.engine.state import Block
from mlmock.errors import NotMocked
from mlmock.interception.botocore.stamping import _TICKET
from mlmock.interception.patching import Patch


def may_leave(request: Any, operation: Any) -> bool:
    """True for a request that `passthrough` lets through; False for one that isn't for AWS.

    Raises NotMocked for any other that would leave for AWS.
    """
    block = active.current()
    if block is None:
        return False
    service = operation.service_model.service_name if operation is not None else None
    if service is not None and service in block.options.passthrough:
        return True
    if is_aws(request.url):
        refuse(block, service, getattr(operation, "name", None), request.url)
    return False


def refuse(block: Block | None, service: str | None, operation: str | None, url: str) -> NoReturn:
    """Raise NotMocked, and let the block fail with it even if somebody swallows it."""
    from mlmock.reporting.messages import not_mocked

    if block is None:
        raise NotMocked(not_mocked(service, operation, url, running=False, held=False))
    from mlmock.interception.moto_detection import is_active

    held, known = service in block.world.holds, service in block.world.registry
    text = not_mocked(
        service, operation, url, running=True, held=held, known=known, beside=is_active()
    )
    raise block.world.blame(NotMocked(text))


def init(patch: Patch) -> Any:
    """Return what lets an endpoint made inside a block refuse AWS once no block runs."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        patch.original(self, *args, **kwargs)
        block = active.current()
        if block is not None:
            own_guard(self, block)

    return __init__


def is_aws(url: str) -> bool:
    """True when a request to `url` would leave for AWS."""
    from mlmock.aws import hosts  # loaded with the first request that isn't ours

    return hosts.is_aws(url)


def _refuse_outside(prefix: str, passing: frozenset[str], known: Iterable[str], sent: Any) -> None:
    from mlmock.aws.protocol.routing import find_operation
    from mlmock.aws.spec.loader import prefixes

    if prefix in prefixes(passing):
        return
    mine = [service for service in known if prefix in prefixes(frozenset([service]))]
    plan = find_operation(mine, sent.method, sent.url)
    if plan is None:
        refuse(None, prefix, None, sent.url)
    refuse(None, plan.service, plan.name, sent.url)


def own_guard(endpoint: Any, block: Block) -> None:
    """Let an endpoint made inside a block refuse AWS once no block runs."""
    passing, kind = frozenset(block.options.passthrough), type(endpoint)
    known = block.world.registry

    def send(request: Any) -> Any:
        ticket = getattr(request, _TICKET, None)
        if type(ticket) is Call:
            return ticket.respond(request, ticket)
        if active.current() is None and is_aws(request.url):
            _refuse_outside(endpoint._endpoint_prefix, passing, known, request)
        elif is_upstream(kind._send):
            may_leave(request, ticket)
        return kind._send(endpoint, request)

    endpoint._send = send


def is_upstream(send: Any) -> bool:
    """True for botocore's own `_send`, which somebody who started before us has put back."""
    return send.__module__ in {"botocore.endpoint", "aiobotocore.endpoint"}
