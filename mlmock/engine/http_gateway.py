"""Requests that come as HTTP, from a socket or from another client than botocore's.

Who asks, and from where, is told by the credential scope of SigV4 (in the header or, presigned, in
the query), by the host, or by nobody. Signatures aren't checked: nobody's secret is known here.
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
    """Return the call that an HTTP request makes, or None where no held service has its path.

    `headers` have lower-case names.
    """
    options, host = context.options, headers.get("host", "")
    who = parse_identity(headers.get("authorization", ""), url.partition("?")[2], host)
    plan = find_operation(
        context.state.mocked_services,
        method,
        url,
        host=host,
        signing_name=who.signing_name,
        revision_of=options.revision_of,
    )
    if plan is None:
        return None
    call = Call(plan, who.region or options.region, who.account_id or options.account_id, 1)
    wanted = {name: text for name, text in headers.items() if name in plan.header_names}
    call.request = Request(method, strip_signature(url), wanted, body)
    return call


def handle_request(
    context: MockContext, method: str, url: str, headers: Mapping[str, str], body: bytes
) -> tuple[Call | None, HttpResponse]:
    """Take an HTTP request through the house; return its call and the answer.

    Raises what `router.answer` raises. A path that no held service knows is answered with
    UnknownOperationException.
    """
    call = match_operation(context, method, url, headers, body)
    if call is None:
        return None, _unknown(context, method)
    return call, _record_frames(dispatch.dispatch(context, call))


async def handle_request_async(
    context: MockContext, method: str, url: str, headers: Mapping[str, str], body: bytes
) -> HttpResponse:
    """Do what `serve` does, and await the callables of rules in the caller's own loop."""
    call = match_operation(context, method, url, headers, body)
    if call is None:
        return _unknown(context, method)
    return _record_frames(await dispatch.dispatch_async(context, call))


def _record_frames(answer: HttpResponse) -> HttpResponse:
    if not isinstance(answer.body, bytes):
        answer.body = RecordedFrames(answer.body)
    return answer


def _unknown(context: MockContext, method: str) -> HttpResponse:
    found = error_response(404, "UnknownOperationException", f"No operation is {method} there.")
    found.headers["x-amzn-RequestId"] = next(context.request_ids or context.request_id_sequence())
    found.headers["Date"] = context.state.date_header(context.state.clock.seconds())
    return found


def error_response(status: int, code: str, message: str) -> HttpResponse:
    """Return the answer to a request that is for no operation."""
    body = json_text({"message": message})
    headers = {
        "Content-Type": "application/json",
        "x-amzn-ErrorType": code,
        "Content-Length": str(len(body)),
    }
    return HttpResponse(status, headers, body)
