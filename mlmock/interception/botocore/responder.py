"""A stamped request's way through the house and back: loaded with the first call."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from mlmock.aws.protocol.messages import Request
from mlmock.call import Call
from mlmock.engine import dispatch
from mlmock.errors import ConnectionFailure
from mlmock.interception.botocore.bodies import raw_body, request_bytes
from mlmock.interception.botocore.headers import modelled_headers, response


def set_request(call: Call, request: Any) -> None:
    """Give `call` the prepared `request` that it makes."""
    body, names = request.body, call.compiled_operation.header_names
    call.request = Request(
        request.method,
        request.url,
        modelled_headers(request.headers, names) if names else _NO_HEADERS,
        body if type(body) is bytes else request_bytes(body),
    )


def respond(request: Any, call: Call) -> Any:
    """Take a stamped request through the house, and return botocore's kind of response."""
    set_request(call, request)
    try:
        found = dispatch.dispatch(call.context, call)
    except ConnectionFailure as fault:
        raise to_botocore_error(fault.kind, request.url) from None
    call.context = None
    if found.broken and not call.compiled_operation.model.has_streaming_output:
        call.error = ConnectionFailure("drop")
        raise to_botocore_error("drop", request.url)
    raw, found.body = raw_body(found.body)
    return response(request.url, found.status, found.headers, raw)


_NO_HEADERS: dict[str, str] = {}


def to_botocore_error(kind: str, url: str) -> Exception:
    """Return what botocore raises for a connection that fails in the way `kind` names."""
    if kind == "read_timeout":
        return ReadTimeoutError(endpoint_url=url, error="mlmock: the rule says so")
    if kind == "connect_timeout":
        return ConnectTimeoutError(endpoint_url=url, error="mlmock: the rule says so")
    if kind == "drop":
        return ConnectionClosedError(endpoint_url=url)
    return EndpointConnectionError(endpoint_url=url, error="mlmock: the rule says so")
