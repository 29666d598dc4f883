"""The door for botocore: two methods of its Endpoint, and what keeps real keys away from it.

`create_request` stamps a request of a held service with the call it makes, and gives it credentials
of our own; `_send` answers stamped requests and refuses others that would leave for AWS. The retry
loop, the hooks, the signing and the parsing in between stay botocore's.
"""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from botocore.auth import BearerAuth
from botocore.signers import RequestSigner
from botocore.tokens import FrozenAuthToken

from mlmock.engine import active
from mlmock.engine.state import Block
from mlmock.errors import NotMocked
from mlmock.interception.botocore import sleep as patience
from mlmock.interception.botocore.credentials import TOKEN, account_of, credentials_for, is_ours
from mlmock.interception.patching import Patch
from mlmock.reporting.journal import Call

_TICKET = "mlmock_ticket"
_KEYS = "request_credentials"
OWN_TOKEN: Any = FrozenAuthToken(TOKEN)


class Client:
    """What is known of one client: its signer's account, and a line for each of its operations."""

    __slots__ = ("_respond", "_signer", "lines", "weak")

    def __init__(self, endpoint: Any, operation: Any, forget: Callable[[Any], None]) -> None:
        service_id = operation.service_model.service_id.hyphenize()
        self._signer = _find_signer(endpoint._event_emitter, service_id)
        self._respond = _responder(endpoint)
        self.weak = weakref.ref(endpoint, forget)
        self.lines: dict[str, Line] = {}

    def line(self, operation: Any, context: dict[str, Any], options: Any) -> Line:
        """Return (and keep) what a request of `operation` is stamped with under `options`."""
        signer_region = getattr(self._signer, "region_name", None)
        region = context.get("client_region") or signer_region or options.region
        account_id = account_of(self._signer, options.account_id)
        from mlmock.aws.protocol.compiler import plan_of

        found = Line(plan_of(operation), region, account_id, options, self._respond)
        self.lines[operation.name] = found
        return found


class Line:
    """What all requests of one operation of a client have in common, under the same options."""

    __slots__ = ("account_id", "credentials", "options", "plan", "region", "respond")

    def __init__(self, plan: Any, region: str, account_id: str, options: Any, respond: Any) -> None:
        self.plan = plan
        self.region = region
        self.account_id = account_id
        self.options = options
        self.credentials = credentials_for(account_id)
        self.respond = respond


class Clients:
    """The clients that a world has met, by their endpoints, which are held weakly."""

    def __init__(self, world: Any) -> None:
        self.known: dict[int, Client] = {}

    def meet(self, endpoint: Any, operation: Any) -> Client:
        """Return the client of an endpoint that is new."""
        name, known = id(endpoint), self.known

        def forget(ref: Any) -> None:
            known.pop(name, None)

        found = known[name] = Client(endpoint, operation, forget)
        return found


def _find_signer(emitter: Any, service_id: str) -> Any:
    emitter = getattr(emitter, "_emitter", emitter)
    for handler in emitter._handlers.prefix_search(f"request-created.{service_id}"):
        signer = getattr(handler, "__self__", None)
        if isinstance(signer, RequestSigner):
            return signer
    return None


def stamp(endpoint: Any, context: dict[str, Any], operation: Any, block: Block) -> Call:
    """Return the call that a request makes, and take real keys out of its signing context."""
    clients = block.world.clients or _first_client(block)
    client = clients.known.get(id(endpoint)) or clients.meet(endpoint, operation)
    options = block.options
    line = client.lines.get(operation.name)
    if line is None or line.options is not options:
        line = client.line(operation, context, options)
    signing = context.get("signing")
    if signing is None:
        signing = context["signing"] = {}
    signing["request_credentials"] = line.credentials
    if not options.sign:
        context["auth_type"] = "none"
    retries, config = context.get("retries"), context.get("client_config")
    call = context[_TICKET] = Call(
        line.plan,
        line.region,
        line.account_id,
        retries["attempt"] if retries else 1,
        config.read_timeout if config is not None else None,
    )
    call.block = block
    call.respond = line.respond
    return call


def _first_client(block: Block) -> Clients:
    found = block.world.clients = block.world.part(Clients)
    return found


def decide(endpoint: Any, params: dict[str, Any], operation: Any) -> Any:
    """Return the call of a request that a mock holds, or its OperationModel."""
    running = active.RUNNING
    if not running:
        return operation
    block = running[-1]
    name = operation.service_model.service_name
    passing = block.options.passthrough
    if passing or patience.REAL.get() is not None:
        patience.REAL.set(block.world.mark if name in passing else None)
    if name not in block.world.holds or name in passing:
        return operation
    return stamp(endpoint, params["context"], operation, block)


def is_stamped(request: Any) -> bool:
    """True for a prepared request that a mock of ours holds."""
    return type(getattr(request, _TICKET, None)) is Call


def create_request(patch: Patch) -> Any:
    """Return what stamps the requests of held services."""

    def create_request(self: Any, params: Any, operation_model: Any = None) -> Any:
        if operation_model is None:
            return patch.original(self, params, operation_model)
        ticket = decide(self, params, operation_model)
        request = patch.original(self, params, operation_model)
        request.mlmock_ticket = ticket
        return request

    return create_request


def send(patch: Patch) -> Any:
    """Return what answers stamped requests, and refuses others that would leave for AWS."""

    def send(self: Any, request: Any) -> Any:
        ticket = getattr(request, _TICKET, None)
        if type(ticket) is Call:
            return ticket.respond(request, ticket)
        if not may_leave(request, ticket):
            return patch.original(self, request)
        with patience.leaving():
            return patch.original(self, request)

    return send


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
    from mlmock.interception.moto.coexistence import is_active

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


def _responder(endpoint: Any) -> Callable[[Any, Call], Any]:
    """Return what answers the stamped requests of an endpoint: async for an async one."""
    if inspect.iscoroutinefunction(type(endpoint).create_request):
        from mlmock.interception.aiobotocore.endpoint import responder_of

        found: Callable[[Any, Call], Any] = responder_of(endpoint)
        return found
    from mlmock.interception.botocore.responder import respond

    return respond


def _refuse_outside(prefix: str, passing: frozenset[str], known: Iterable[str], sent: Any) -> None:
    from mlmock.aws.protocol.compiler import prefixes
    from mlmock.aws.protocol.routing import find_operation

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


def own_auth(signer: Any, kwargs: dict[str, Any]) -> Any:
    """Return auth of our own for a request that has our keys; see to presigned URLs' keys.

    `kwargs` are those of `get_auth_instance`; with `expires` it is a URL that is signed. One of a
    held service gets keys of ours, as a request does, whether its client has any or not.
    """
    keys: Any = kwargs.get(_KEYS)
    if is_ours(keys):
        if kwargs.get("signature_version") == "bearer":
            return BearerAuth(OWN_TOKEN)
        return keys.auth(kwargs)
    if "expires" in kwargs:
        block = active.current()
        name = signer._service_id.hyphenize()
        if block is None or name not in block.world.holds or name in block.options.passthrough:
            return None
        kwargs[_KEYS] = credentials_for(account_of(signer, block.options.account_id))
    return None


def get_auth_instance(patch: Patch) -> Any:
    """Return what signs with keys of ours where a request has them."""

    def get_auth_instance(self: Any, *args: Any, **kwargs: Any) -> Any:
        return own_auth(self, kwargs) or patch.original(self, *args, **kwargs)

    return get_auth_instance
