"""The door for aiobotocore (and aioboto3): the same cuts as for botocore, in its async twins.

Answers have an aiohttp-shaped raw body; that serves its httpx sessions, too. Callables of rules
that are `async def` are awaited in the caller's own loop.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING, Any

from mlmock.aws.protocol.messages import RecordedFrames
from mlmock.call import Call
from mlmock.engine import dispatch
from mlmock.errors import ConnectionFailure
from mlmock.interception.aiobotocore.bodies import RawBody
from mlmock.interception.aiobotocore.session import (
    VirtualAsyncioModule,
    _acquire,
    _anyio_twins,
    _get_auth_instance,
    _get_credentials,
    _own_sleep,
)
from mlmock.interception.botocore import leak_guard, model_loader, responder, sleep, stamping
from mlmock.interception.botocore.responders import RESPONDERS
from mlmock.interception.moto.aiomoto import SharedPatch
from mlmock.interception.patching import Patch

if TYPE_CHECKING:
    from mlmock.aws.protocol.messages import HttpResponse

# -- bodies -----------------------------------------------------------------------------------


# -- the endpoint -----------------------------------------------------------------------------


def _create_request(patch: Patch, sender: Patch) -> Any:
    async def create_request(self: Any, params: Any, operation_model: Any = None) -> Any:
        if operation_model is None:
            return await patch.original(self, params, operation_model)
        attached = stamping.classify_request(self, params, operation_model)
        request = await patch.original(self, params, operation_model)
        request.mlmock_call = attached
        if type(self)._send is not sender.replacement:
            take_precedence(self)  # somebody's own (aiomoto's) is there now
        return request

    return create_request


def take_precedence(own: Any) -> None:
    """Let an endpoint answer and refuse as ever whoever has replaced its class's `_send`."""
    kind = type(own)

    async def send(request: Any) -> Any:
        del own._send  # the next request may find our own in place again
        attached = getattr(request, "mlmock_call", None)
        if type(attached) is Call:
            return await attached.responder(request, attached)
        if leak_guard.is_botocore_send(kind._send):
            return await _pass_through(kind._send, own, request, attached)
        return await kind._send(own, request)

    if "_send" not in vars(own):
        own._send = send


async def _pass_through(send: Any, own: Any, request: Any, attached: Any) -> Any:
    """Send a request that isn't ours, if it may leave."""
    if not leak_guard.is_allowed_through(request, attached):
        return await send(own, request)
    with sleep.real_sleep():
        return await send(own, request)


def _send(patch: Patch) -> Any:
    async def send(self: Any, request: Any) -> Any:
        attached = getattr(request, "mlmock_call", None)
        if type(attached) is Call:
            return await attached.responder(request, attached)
        return await _pass_through(patch.original, self, request, attached)

    return send


async def respond(request: Any, call: Call) -> Any:
    """Take a stamped request through the house, and return aiobotocore's kind of response."""
    return _response(request, await _answer(request, call))


async def respond_by_httpx(request: Any, call: Call) -> Any:
    """Do the same for a client of an httpx session, whose bodies are closed by awaiting."""
    found = await _answer(request, call)
    if (
        call.compiled_operation.event_stream is None
        and call.compiled_operation.model.has_streaming_output
    ):
        return _httpx_response(request, found)
    return _response(request, found)


async def _answer(request: Any, call: Call) -> HttpResponse:
    responder.set_request(call, request)
    try:
        found = await dispatch.dispatch_async(call.context, call)
    except ConnectionFailure as fault:
        raise responder.to_botocore_error(fault.kind, request.url) from None
    call.context = None
    if found.broken and not call.compiled_operation.model.has_streaming_output:
        call.error = ConnectionFailure("drop")
        raise responder.to_botocore_error("drop", request.url)
    if not isinstance(found.body, bytes):
        found.body = RecordedFrames(found.body)
    return found


def _response(request: Any, answer: HttpResponse) -> Any:
    from aiobotocore.awsrequest import AioAWSResponse

    body: Any = answer.body
    raw = RawBody(request.url, answer.headers, body)
    return AioAWSResponse(request.url, answer.status, answer.headers, raw)


def _httpx_response(request: Any, answer: HttpResponse) -> Any:
    from aiobotocore import awsrequest, httpxsession

    httpx = httpxsession.httpx
    body: Any = answer.body  # whole: events take the other way

    async def content() -> AsyncIterator[bytes]:
        yield body

    raw = httpx.Response(
        answer.status,
        headers=answer.headers,
        content=content(),
        request=httpx.Request(request.method, request.url),
    )
    return awsrequest.HttpxAWSResponse(request.url, answer.status, answer.headers, raw)


def responder_of(own: Any) -> Any:
    """Return what answers the stamped requests of an endpoint: as its kind of session would."""
    is_httpx = type(own.http_session).__module__ == "aiobotocore.httpxsession"
    return respond_by_httpx if is_httpx else respond


def patches() -> list[Patch]:
    """Return the patches of aiobotocore, once it has been imported."""
    # By `from`: a package doesn't have its module yet while that is being imported.
    from aiobotocore import endpoint as endpoints
    from aiobotocore import session, signers, waiter
    from aiobotocore.retries import bucket as buckets

    virtual = VirtualAsyncioModule()
    aio = endpoints.AioEndpoint
    RESPONDERS[aio] = responder_of
    sender = SharedPatch(aio, "_send", _send)
    found = [
        Patch(aio, "create_request", partial(_create_request, sender=sender)),
        sender,
        Patch(session.AioSession, "get_credentials", _get_credentials),
        Patch(signers.AioRequestSigner, "get_auth_instance", _get_auth_instance),
        Patch(endpoints, "asyncio", lambda patch: virtual),
        Patch(waiter, "asyncio", lambda patch: virtual),
    ]
    bucket = getattr(buckets, "AsyncTokenBucket", None)
    if bucket is not None:
        found.append(Patch(bucket, "_acquire", _acquire))
    found += model_loader.aio_patches()
    return found + [Patch(owner, "_sleep", _own_sleep) for owner in _anyio_twins()]
