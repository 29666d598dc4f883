"""The attached call: what mlmock adds to a request that botocore creates for a mocked service."""

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
from mlmock.interception.botocore.responders import Responder, responder_for

CALL_ATTRIBUTE = "mlmock_call"
# The key of a request's own credentials in botocore's signing context.
CREDENTIALS_KEY = "request_credentials"
FAKE_TOKEN: Any = FrozenAuthToken(TOKEN)


class ClientInfo:
    """A client's signer and responder, and a request template for each of its operations."""

    __slots__ = ("_responder", "_signer", "endpoint_ref", "templates")

    def __init__(self, endpoint: Any, operation: Any, forget: Callable[[Any], None]) -> None:
        service_id = operation.service_model.service_id.hyphenize()
        self._signer = _find_signer(endpoint._event_emitter, service_id)
        self._responder = responder_for(endpoint)
        self.endpoint_ref = weakref.ref(endpoint, forget)
        self.templates: dict[str, RequestTemplate] = {}

    def template(self, operation: Any, context: dict[str, Any], options: Any) -> RequestTemplate:
        """Create and keep the template of an operation.

        Args:
            operation: The OperationModel.
            context: The request context of botocore.
            options: The options of the mock; the template is valid for these only.
        """
        signer_region = getattr(self._signer, "region_name", None)
        region = context.get("client_region") or signer_region or options.region
        account_id = account_of(self._signer, options.account_id)
        from mlmock.aws.protocol.compiler import compiled_operation

        template = RequestTemplate(
            compiled_operation(operation), region, account_id, options, self._responder
        )
        self.templates[operation.name] = template
        return template


class RequestTemplate:
    """What all requests for one operation of a client have in common under the same options."""

    __slots__ = (
        "account_id",
        "compiled_operation",
        "credentials",
        "options",
        "region",
        "responder",
    )

    def __init__(
        self,
        compiled_operation: Any,
        region: str,
        account_id: str,
        options: Any,
        responder: Responder,
    ) -> None:
        self.compiled_operation = compiled_operation
        self.region = region
        self.account_id = account_id
        self.options = options
        self.credentials = credentials_for(account_id)
        self.responder = responder


class ClientRegistry:
    """The clients that have made calls in a mock state, by the ids of their endpoints.

    Endpoints are referenced weakly: a client that is deleted is removed.
    """

    def __init__(self, state: Any) -> None:
        self.by_endpoint: dict[int, ClientInfo] = {}

    def register(self, endpoint: Any, operation: Any) -> ClientInfo:
        """Add the client of a new endpoint and return it."""
        endpoint_id, by_endpoint = id(endpoint), self.by_endpoint

        def forget(ref: Any) -> None:
            by_endpoint.pop(endpoint_id, None)

        client = by_endpoint[endpoint_id] = ClientInfo(endpoint, operation, forget)
        return client


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
    """Create the call that a request makes, and replace real credentials in its signing context.

    Args:
        endpoint: The client's endpoint.
        context: The request context of botocore, which is changed.
        operation: The OperationModel.
        mock_context: The active mock context.
    """
    clients = mock_context.state.clients or _create_registry(mock_context)
    client = clients.by_endpoint.get(id(endpoint)) or clients.register(endpoint, operation)
    options = mock_context.options
    template = client.templates.get(operation.name)
    if template is None or template.options is not options:
        template = client.template(operation, context, options)
    signing = context.get("signing")
    if signing is None:
        signing = context["signing"] = {}
    signing["request_credentials"] = template.credentials
    if not options.sign:
        context["auth_type"] = "none"
    retries, config = context.get("retries"), context.get("client_config")
    call = context[CALL_ATTRIBUTE] = Call(
        template.compiled_operation,
        template.region,
        template.account_id,
        retries["attempt"] if retries else 1,
        config.read_timeout if config is not None else None,
    )
    call.context = mock_context
    call.responder = template.responder
    return call


def _create_registry(mock_context: MockContext) -> ClientRegistry:
    registry = mock_context.state.clients = mock_context.state.shared(ClientRegistry)
    return registry


def classify_request(endpoint: Any, params: dict[str, Any], operation: Any) -> Any:
    """Return a Call for a request to a mocked service, or the OperationModel for any other.

    Args:
        endpoint: The client's endpoint.
        params: The request parameters of botocore, with its request context.
        operation: The OperationModel.
    """
    running = active.ACTIVE
    if not running:
        return operation
    mock_context = running[-1]
    name = operation.service_model.service_name
    passthrough = mock_context.options.passthrough
    if passthrough or sleep.PASSTHROUGH_STATE.get() is not None:
        state_id = mock_context.state.sentinel_id if name in passthrough else None
        sleep.PASSTHROUGH_STATE.set(state_id)
    if name not in mock_context.state.mocked_services or name in passthrough:
        return operation
    return attach_call(endpoint, params["context"], operation, mock_context)


def is_mocked_request(request: Any) -> bool:
    """Return whether a prepared request has an attached call."""
    return type(getattr(request, CALL_ATTRIBUTE, None)) is Call
