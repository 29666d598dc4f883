"""The gateway for HTTP requests, from the port of the server or from HTTP clients in the process.

The account and the region come from the credential scope of the SigV4 signature (in the header or,
if presigned, in the query), otherwise from the host or the options. Signatures are not verified,
because mlmock does not know the secret keys of its callers.
"""

from __future__ import annotations

from collections.abc import Mapping

from mlmock.aws.credential_scope import parse_identity, strip_signature
from mlmock.aws.protocol.json_body import json_text
from mlmock.aws.protocol.messages import HttpResponse, RecordedFrames, Request
from mlmock.aws.protocol.routing import find_operation
from mlmock.call import Call
from mlmock.engine import dispatch
from mlmock.engine.state import MockContext


def match_operation(
    context: MockContext, method: str, url: str, headers: Mapping[str, str], body: bytes
) -> Call | None:
    """Return the call of an HTTP request, or None if no mocked service has the path.

    Args:
        context: The mock context.
        method: The HTTP method.
        url: The URL.
        headers: The headers, with names in lower case.
        body: The body.
    """
    options, host = context.options, headers.get("host", "")
    identity = parse_identity(headers.get("authorization", ""), url.partition("?")[2], host)
    operation = find_operation(
        context.state.mocked_services,
        method,
        url,
        host=host,
        signing_name=identity.signing_name,
        revision_of=options.revision_of,
    )
    if operation is None:
        return None
    region = identity.region or options.region
    call = Call(operation, region, identity.account_id or options.account_id, 1)
    modeled = {name: text for name, text in headers.items() if name in operation.header_names}
    call.request = Request(method, strip_signature(url), modeled, body)
    return call


def handle_request(
    context: MockContext, method: str, url: str, headers: Mapping[str, str], body: bytes
) -> tuple[Call | None, HttpResponse]:
    """Dispatch an HTTP request.

    Args:
        context: The mock context.
        method: The HTTP method.
        url: The URL.
        headers: The headers, with names in lower case.
        body: The body.

    Returns:
        The call and its response; None and UnknownOperationException if no mocked service has the
        path.

    Raises:
        BaseException: As for `dispatch`.
    """
    call = match_operation(context, method, url, headers, body)
    if call is None:
        return None, _unknown_operation(context, method)
    return call, _record_frames(dispatch.dispatch(context, call))


async def handle_request_async(
    context: MockContext, method: str, url: str, headers: Mapping[str, str], body: bytes
) -> HttpResponse:
    """Dispatch an HTTP request, and await asynchronous callables in the running loop.

    Args:
        context: The mock context.
        method: The HTTP method.
        url: The URL.
        headers: The headers, with names in lower case.
        body: The body.

    Returns:
        The response; UnknownOperationException if no mocked service has the path.

    Raises:
        BaseException: As for `dispatch`.
    """
    call = match_operation(context, method, url, headers, body)
    if call is None:
        return _unknown_operation(context, method)
    return _record_frames(await dispatch.dispatch_async(context, call))


def _record_frames(response: HttpResponse) -> HttpResponse:
    if not isinstance(response.body, bytes):
        response.body = RecordedFrames(response.body)
    return response


def _unknown_operation(context: MockContext, method: str) -> HttpResponse:
    message = f"No operation of a mocked service matches this {method} request."
    response = error_response(404, "UnknownOperationException", message)
    request_id = next(context.request_ids or context.request_id_sequence())
    response.headers["x-amzn-RequestId"] = request_id
    response.headers["Date"] = context.state.date_header(context.state.clock.seconds())
    return response


def error_response(status: int, code: str, message: str) -> HttpResponse:
    """Return an error response to a request that is not for an operation.

    Args:
        status: The HTTP status.
        code: The error code.
        message: The text of the error.
    """
    body = json_text({"message": message})
    headers = {
        "Content-Type": "application/json",
        "x-amzn-ErrorType": code,
        "Content-Length": str(len(body)),
    }
    return HttpResponse(status, headers, body)
