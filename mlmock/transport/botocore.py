"""The door for botocore: two methods of its Endpoint, and what keeps real keys away from it.

`create_request` stamps a request of a held service with a ticket, and gives it credentials of our
own; `_send` answers stamped requests and refuses others that would leave for AWS. The retry loop,
the hooks, the signing and the parsing in between stay botocore's.
"""

from __future__ import annotations

import weakref
from typing import Any, NoReturn

from botocore.auth import BearerAuth
from botocore.awsrequest import AWSResponse
from botocore.endpoint import Endpoint
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.signers import RequestSigner
from botocore.tokens import FrozenAuthToken

from mlmock import active, router
from mlmock.calls import Call
from mlmock.errors import NotMocked
from mlmock.rules import ConnectionFault
from mlmock.transport import patience
from mlmock.transport.bodies import raw_body, request_bytes
from mlmock.transport.credentials import TOKEN, account_of, credentials_for
from mlmock.transport.hosts import is_aws
from mlmock.transport.patching import Patch
from mlmock.wire.message import Request
from mlmock.wire.models import plan_of
from mlmock.world import Block

_TICKET = "mlmock_ticket"


class Ticket:
    """What a stamped request carries from `create_request` to `_send`."""

    __slots__ = ("account_id", "attempt", "block", "patience", "plan", "region")

    def __init__(
        self, block: Block, plan: Any, region: str, account_id: str, context: dict[str, Any]
    ) -> None:
        self.block = block
        self.plan = plan
        self.region = region
        self.account_id = account_id
        self.attempt: int = context.get("retries", _FIRST)["attempt"]
        config = context.get("client_config")
        self.patience = getattr(config, "read_timeout", None)

    def call(self, request: Any) -> Call:
        """Return the call that the prepared `request` makes."""
        plan = self.plan
        wire = Request(
            request.method,
            request.url,
            modelled_headers(request.headers, plan.header_names)
            if plan.header_names
            else _NO_HEADERS,
            request_bytes(request.body),
        )
        return Call(plan, wire, self.region, self.account_id, self.attempt, self.patience)


_FIRST = {"attempt": 1}
_NO_HEADERS: dict[str, str] = {}


class Clients:
    """What is known of the clients that a world has met: their signers, weakly."""

    def __init__(self, world: Any) -> None:
        self._signers: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
        self._credentials: dict[str, Any] = {}

    def signer_of(self, endpoint: Any, service_id: str) -> Any:
        """Return the RequestSigner of an endpoint's client, or None."""
        signer = self._signers.get(endpoint)
        if signer is None:
            signer = _find_signer(endpoint._event_emitter, service_id)
            if signer is not None:
                self._signers[endpoint] = signer
        return signer

    def credentials_of(self, account_id: str) -> Any:
        """Return the credentials that requests of an account are signed with."""
        found = self._credentials.get(account_id)
        if found is None:
            found = self._credentials[account_id] = credentials_for(account_id)
        return found


def _find_signer(emitter: Any, service_id: str) -> Any:
    emitter = getattr(emitter, "_emitter", emitter)
    for handler in emitter._handlers.prefix_search(f"request-created.{service_id}"):
        signer = getattr(handler, "__self__", None)
        if isinstance(signer, RequestSigner):
            return signer
    return None


def modelled_headers(headers: Any, names: frozenset[str]) -> dict[str, str]:
    """Return those of a request's `headers` whose lower-case names are in `names`."""
    found = {}
    for name, value in headers.items():
        lower = name.lower()
        if lower in names:
            found[lower] = value.decode() if isinstance(value, bytes) else str(value)
    return found


def stamp(endpoint: Any, context: dict[str, Any], operation: Any, block: Block) -> Ticket:
    """Return the ticket of a request, and take real keys out of its signing context."""
    clients = block.world.part(Clients)
    service_id = operation.service_model.service_id.hyphenize()
    signer = clients.signer_of(endpoint, service_id)
    options = block.options
    account_id = account_of(signer, options.account_id)
    region = context.get("client_region") or getattr(signer, "region_name", None) or options.region
    signing = dict(context.get("signing") or ())
    signing["request_credentials"] = clients.credentials_of(account_id)
    context["signing"] = signing
    ticket = Ticket(block, plan_of(operation), region, account_id, context)
    context[_TICKET] = ticket
    if not options.sign:
        context["auth_type"] = "none"
    return ticket


def decide(endpoint: Any, params: dict[str, Any], operation: Any) -> Any:
    """Return the ticket of a request that a mock holds, or its OperationModel."""
    block = active.current()
    if block is None:
        return operation
    name = operation.service_model.service_name
    passing = block.options.passthrough
    real = name in passing
    if passing or patience.REAL.get():
        patience.REAL.set(real)
    if real or name not in block.world.holds:
        return operation
    block.world.interception.notice()
    return stamp(endpoint, params["context"], operation, block)


def is_stamped(request: Any) -> bool:
    """True for a prepared request that a mock of ours holds."""
    return isinstance(getattr(request, _TICKET, None), Ticket)


def _create_request(patch: Patch) -> Any:
    def create_request(self: Any, params: Any, operation_model: Any = None) -> Any:
        if operation_model is None:
            return patch.original(self, params, operation_model)
        ticket = decide(self, params, operation_model)
        request = patch.original(self, params, operation_model)
        request.mlmock_ticket = ticket
        return request

    return create_request


def _send(patch: Patch) -> Any:
    def send(self: Any, request: Any) -> Any:
        ticket = getattr(request, _TICKET, None)
        if type(ticket) is Ticket:
            return respond(request, ticket)
        guard(request, ticket)
        return patch.original(self, request)

    return send


def respond(request: Any, ticket: Ticket) -> AWSResponse:
    """Take a stamped request through the house, and return botocore's kind of response."""
    call = ticket.call(request)
    try:
        found = router.answer(ticket.block, call)
    except ConnectionFault as fault:
        raise client_error(fault.kind, request.url) from None
    raw, found.body = raw_body(found.body)
    headers: Any = found.headers  # a plain dict: botocore copies its own kind slowly
    return AWSResponse(request.url, found.status, headers, raw)


def client_error(kind: str, url: str) -> Exception:
    """Return what botocore raises for a connection that fails in the way `kind` names."""
    if kind == "read_timeout":
        return ReadTimeoutError(endpoint_url=url, error="mlmock: the rule says so")
    if kind == "connect_timeout":
        return ConnectTimeoutError(endpoint_url=url, error="mlmock: the rule says so")
    if kind == "drop":
        return ConnectionClosedError(endpoint_url=url)
    return EndpointConnectionError(endpoint_url=url, error="mlmock: the rule says so")


def guard(request: Any, operation: Any) -> None:
    """Raise NotMocked for a request that would leave for AWS although nobody said it may."""
    block = active.current()
    service = operation.service_model.service_name if operation is not None else None
    if block is not None and service is not None and service in block.options.passthrough:
        return
    if is_aws(request.url):
        refuse(block, service, getattr(operation, "name", None), request.url)


def refuse(block: Block | None, service: str | None, operation: str | None, url: str) -> NoReturn:
    """Raise NotMocked, and let the block fail with it even if somebody swallows it."""
    from mlmock.explain import not_mocked

    held = block is not None and service is not None and service in block.world.holds
    fault = NotMocked(not_mocked(service, operation, url, running=block is not None, held=held))
    if block is not None:
        block.world.blame(fault)
    raise fault


def _init(patch: Patch) -> Any:
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        patch.original(self, *args, **kwargs)
        block = active.current()
        if block is not None:
            own_guard(self, block)

    return __init__


def own_guard(endpoint: Any, block: Block) -> None:
    """Let an endpoint made inside a block refuse AWS once no block runs."""
    passing = block.options.passthrough
    kind = type(endpoint)

    def send(request: Any) -> Any:
        ticket = getattr(request, _TICKET, None)
        if active.current() is None and not is_stamped(request):
            service = ticket.service_model.service_name if ticket is not None else None
            if service not in passing and is_aws(request.url):
                refuse(None, service or endpoint._endpoint_prefix, None, request.url)
        return kind._send(endpoint, request)

    endpoint._send = send


def _add_auth(patch: Patch) -> Any:
    def add_auth(self: Any, request: Any) -> Any:
        if self.auth_token is not None and _TICKET in getattr(request, "context", ()):
            self.auth_token = FrozenAuthToken(TOKEN)
        return patch.original(self, request)

    return add_auth


def patches() -> list[Patch]:
    """Return the patches of botocore's endpoint, and of the one signer that ours don't reach."""
    return [
        Patch(Endpoint, "create_request", _create_request),
        Patch(Endpoint, "_send", _send),
        Patch(Endpoint, "__init__", _init),
        Patch(BearerAuth, "add_auth", _add_auth),
    ]
