"""Attach a call to the request that botocore builds for it."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from botocore.signers import RequestSigner
from botocore.tokens import FrozenAuthToken

from mlmock.call import Call
from mlmock.engine import active
from mlmock.engine.state import Block
from mlmock.interception.botocore import sleep as patience
from mlmock.interception.botocore.credentials import TOKEN, account_of, credentials_for
from mlmock.interception.botocore.responders import responder_for

_TICKET = "mlmock_ticket"
_KEYS = "request_credentials"
OWN_TOKEN: Any = FrozenAuthToken(TOKEN)


class Client:
    """What is known of one client: its signer's account, and a line for each of its operations."""

    __slots__ = ("_respond", "_signer", "lines", "weak")

    def __init__(self, endpoint: Any, operation: Any, forget: Callable[[Any], None]) -> None:
        service_id = operation.service_model.service_id.hyphenize()
        self._signer = _find_signer(endpoint._event_emitter, service_id)
        self._respond = responder_for(endpoint)
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
