"""Requests that come as HTTP, from a socket or from another client than botocore's.

Who asks, and from where, is told by the credential scope of SigV4 (in the header or, presigned, in
the query), by the host, or by nobody. Signatures aren't checked: nobody's secret is known here.
"""

from __future__ import annotations

from collections.abc import Mapping

from mlmock.aws.credential_scope import visitor_of, without_signature
from mlmock.aws.protocol.json_body import json_text
from mlmock.aws.protocol.messages import Answer, Frames, Request
from mlmock.aws.protocol.routing import find_operation
from mlmock.call import Call
from mlmock.engine import dispatch as router
from mlmock.engine.state import Block


def call_of(
    block: Block, method: str, url: str, headers: Mapping[str, str], body: bytes
) -> Call | None:
    """Return the call that an HTTP request makes, or None where no held service has its path.

    `headers` have lower-case names.
    """
    options, host = block.options, headers.get("host", "")
    who = visitor_of(headers.get("authorization", ""), url.partition("?")[2], host)
    plan = find_operation(
        block.world.holds,
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
    call.request = Request(method, without_signature(url), wanted, body)
    return call


def serve(
    block: Block, method: str, url: str, headers: Mapping[str, str], body: bytes
) -> tuple[Call | None, Answer]:
    """Take an HTTP request through the house; return its call and the answer.

    Raises what `router.answer` raises. A path that no held service knows is answered with
    UnknownOperationException.
    """
    call = call_of(block, method, url, headers, body)
    if call is None:
        return None, _unknown(block, method)
    return call, _framed(router.answer(block, call))


async def serve_async(
    block: Block, method: str, url: str, headers: Mapping[str, str], body: bytes
) -> Answer:
    """Do what `serve` does, and await the callables of rules in the caller's own loop."""
    call = call_of(block, method, url, headers, body)
    if call is None:
        return _unknown(block, method)
    return _framed(await router.answer_async(block, call))


def _framed(answer: Answer) -> Answer:
    if not isinstance(answer.body, bytes):
        answer.body = Frames(answer.body)
    return answer


def _unknown(block: Block, method: str) -> Answer:
    found = refusal(404, "UnknownOperationException", f"No operation is {method} there.")
    found.headers["x-amzn-RequestId"] = next(block.request_ids or block.count_requests())
    found.headers["Date"] = block.world.date_header(block.world.clock.seconds())
    return found


def refusal(status: int, code: str, message: str) -> Answer:
    """Return the answer to a request that is for no operation."""
    body = json_text({"message": message})
    headers = {
        "Content-Type": "application/json",
        "x-amzn-ErrorType": code,
        "Content-Length": str(len(body)),
    }
    return Answer(status, headers, body)
