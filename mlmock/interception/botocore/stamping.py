"""Attach a call to the request that botocore builds for it."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from botocore.signers import RequestSigner
from botocore.tokens import FrozenAuthToken

from mlmock.call import Call
from mlmock.engine import active
from mlmock.engine.state import MockContext
from mlmock.interception.botocore import sleep
from mlmock.interception.botocore.credentials import TOKEN, account_of, credentials_for
from mlmock.interception.botocore.responders import responder_for

_CALL_ATTRIBUTE = "mlmock_call"
_KEYS = "request_credentials"
OWN_TOKEN: Any = FrozenAuthToken(TOKEN)


class ClientInfo:
    """What is known of one client: its signer's account, and a line for each of its operations."""

    __slots__ = ("_respond", "_signer", "templates", "weak")

    def __init__(self, endpoint: Any, operation: Any, forget: Callable[[Any], None]) -> None:
        service_id = operation.service_model.service_id.hyphenize()
        self._signer = _find_signer(endpoint._event_emitter, service_id)
        self._respond = responder_for(endpoint)
        self.weak = weakref.ref(endpoint, forget)
        self.templates: dict[str, RequestTemplate] = {}

    def template(self, operation: Any, context: dict[str, Any], options: Any) -> RequestTemplate:
        """Return (and keep) what a request of `operation` is stamped with under `options`."""
        signer_region = getattr(self._signer, "region_name", None)
        region = context.get("client_region") or signer_region or options.region
        account_id = account_of(self._signer, options.account_id)
        from mlmock.aws.protocol.compiler import compiled_operation

        found = RequestTemplate(
            compiled_operation(operation), region, account_id, options, self._respond
        )
        self.templates[operation.name] = found
        return found


class RequestTemplate:
    """What all requests of one operation of a client have in common, under the same options."""

    __slots__ = (
        "account_id",
        "compiled_operation",
        "credentials",
        "options",
        "region",
        "responder",
    )

    def __init__(self, plan: Any, region: str, account_id: str, options: Any, respond: Any) -> None:
        self.compiled_operation = plan
        self.region = region
        self.account_id = account_id
        self.options = options
        self.credentials = credentials_for(account_id)
        self.responder = respond


class ClientRegistry:
    """The clients that a world has met, by their endpoints, which are held weakly."""

    def __init__(self, state: Any) -> None:
        self.known: dict[int, ClientInfo] = {}

    def register(self, endpoint: Any, operation: Any) -> ClientInfo:
        """Return the client of an endpoint that is new."""
        name, known = id(endpoint), self.known

        def forget(ref: Any) -> None:
            known.pop(name, None)

        found = known[name] = ClientInfo(endpoint, operation, forget)
        return found


def _find_signer(emitter: Any, service_id: str) -> Any:
    emitter = getattr(emitter, "_emitter", emitter)
    for handler in emitter._handlers.prefix_search(f"request-created.{service_id}"):
        signer = getattr(handler, "__self__", None)
        if isinstance(signer, RequestSigner):
            return signer
    return None


def attach_call(
    endpoint: Any, context: dict[str, Any], operation: Any, mock_context: MockContext
) -> Call:
    """Return the call that a request makes, and take real keys out of its signing context."""
    clients = mock_context.state.clients or _first_client(mock_context)
    client = clients.known.get(id(endpoint)) or clients.register(endpoint, operation)
    options = mock_context.options
    line = client.templates.get(operation.name)
    if line is None or line.options is not options:
        line = client.template(operation, context, options)
    signing = context.get("signing")
    if signing is None:
        signing = context["signing"] = {}
    signing["request_credentials"] = line.credentials
    if not options.sign:
        context["auth_type"] = "none"
    retries, config = context.get("retries"), context.get("client_config")
    call = context[_CALL_ATTRIBUTE] = Call(
        line.compiled_operation,
        line.region,
        line.account_id,
        retries["attempt"] if retries else 1,
        config.read_timeout if config is not None else None,
    )
    call.context = mock_context
    call.responder = line.responder
    return call


def _first_client(mock_context: MockContext) -> ClientRegistry:
    found = mock_context.state.clients = mock_context.state.shared(ClientRegistry)
    return found


def classify_request(endpoint: Any, params: dict[str, Any], operation: Any) -> Any:
    """Return the call of a request that a mock holds, or its OperationModel."""
    running = active.ACTIVE
    if not running:
        return operation
    mock_context = running[-1]
    name = operation.service_model.service_name
    passing = mock_context.options.passthrough
    if passing or sleep.REAL.get() is not None:
        sleep.REAL.set(mock_context.state.sentinel_id if name in passing else None)
    if name not in mock_context.state.mocked_services or name in passing:
        return operation
    return attach_call(endpoint, params["context"], operation, mock_context)


def is_mocked_request(request: Any) -> bool:
    """True for a prepared request that a mock of ours holds."""
    return type(getattr(request, _CALL_ATTRIBUTE, None)) is Call
