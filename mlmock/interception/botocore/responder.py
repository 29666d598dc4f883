"""The responder of botocore: it dispatches an attached call and converts the response.

The module is imported by the first call, because dispatching needs most of mlmock.
"""

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
from mlmock.interception.botocore.headers import aws_response, modelled_headers

_NO_HEADERS: dict[str, str] = {}


def set_request(call: Call, request: Any) -> None:
    """Set the request of `call` from the prepared `request` of botocore."""
    body, names = request.body, call.compiled_operation.header_names
    call.request = Request(
        request.method,
        request.url,
        modelled_headers(request.headers, names) if names else _NO_HEADERS,
        body if type(body) is bytes else request_bytes(body),
    )


def respond(request: Any, call: Call) -> Any:
    """Dispatch the attached call of a request and return an AWSResponse.

    Args:
        request: The prepared request.
        call: Its attached call.

    Raises:
        BotoCoreError: A rule simulates a connection failure.
    """
    set_request(call, request)
    try:
        response = dispatch.dispatch(call.context, call)
    except ConnectionFailure as error:
        raise to_botocore_error(error.kind, request.url) from None
    call.context = None
    if response.broken and not call.compiled_operation.model.has_streaming_output:
        call.error = ConnectionFailure("drop")
        raise to_botocore_error("drop", request.url)
    raw, response.body = raw_body(response.body)
    return aws_response(request.url, response.status, response.headers, raw)


def to_botocore_error(kind: str, url: str) -> Exception:
    """Return the exception that botocore raises for a connection failure.

    Args:
        kind: The kind of a ConnectionFailure.
        url: The URL of the request.
    """
    if kind == "read_timeout":
        return ReadTimeoutError(endpoint_url=url, error="simulated by an mlmock rule")
    if kind == "connect_timeout":
        return ConnectTimeoutError(endpoint_url=url, error="simulated by an mlmock rule")
    if kind == "drop":
        return ConnectionClosedError(endpoint_url=url)
    return EndpointConnectionError(endpoint_url=url, error="simulated by an mlmock rule")
