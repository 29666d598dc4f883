"""Patches of aiobotocore's endpoint: asynchronous counterparts of the patches of botocore.

Responses have a raw body with aiohttp's interface, which aiobotocore's httpx sessions accept as
well. A rule's `async def` callable is awaited in the event loop of the caller.
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
    acquire,
    anyio_classes,
    anyio_sleep,
    get_auth_instance,
    get_credentials,
)
from mlmock.interception.botocore import leak_guard, model_loader, responder, sleep, stamping
from mlmock.interception.botocore.responders import RESPONDERS, Responder
from mlmock.interception.moto.aiomoto import SharedPatch
from mlmock.interception.patching import Patch

if TYPE_CHECKING:
    from mlmock.aws.protocol.messages import HttpResponse


def _create_request(patch: Patch, send_patch: Patch) -> Any:
    async def create_request(self: Any, params: Any, operation_model: Any = None) -> Any:
        if operation_model is None:
            return await patch.original(self, params, operation_model)
        attached = stamping.classify_request(self, params, operation_model)
        request = await patch.original(self, params, operation_model)
        request.mlmock_call = attached
        if type(self)._send is not send_patch.replacement:
            take_precedence(self)  # another tool, such as aiomoto, has replaced the class's method
        return request

    return create_request


def take_precedence(endpoint: Any) -> None:
    """Let an endpoint answer its next request itself, although its class's `_send` is replaced."""
    endpoint_class = type(endpoint)

    async def send(request: Any) -> Any:
        del endpoint._send  # the class's method may be restored before the next request
        attached = getattr(request, "mlmock_call", None)
        if type(attached) is Call:
            return await attached.responder(request, attached)
        if leak_guard.is_botocore_send(endpoint_class._send):
            return await _pass_through(endpoint_class._send, endpoint, request, attached)
        return await endpoint_class._send(endpoint, request)

    if "_send" not in vars(endpoint):
        endpoint._send = send


async def _pass_through(send: Any, endpoint: Any, request: Any, attached: Any) -> Any:
    """Send a request without an attached call, or raise NotMocked."""
    if not leak_guard.is_allowed_through(request, attached):
        return await send(endpoint, request)
    with sleep.passing_through():
        return await send(endpoint, request)


def _send(patch: Patch) -> Any:
    async def send(self: Any, request: Any) -> Any:
        attached = getattr(request, "mlmock_call", None)
        if type(attached) is Call:
            return await attached.responder(request, attached)
        return await _pass_through(patch.original, self, request, attached)

    return send


async def respond(request: Any, call: Call) -> Any:
    """Dispatch the attached call of a request and return an AioAWSResponse.

    Args:
        request: The prepared request.
        call: Its attached call.

    Raises:
        BotoCoreError: A rule simulates a connection failure.
    """
    return _aio_response(request, await _dispatch(request, call))


async def respond_with_httpx(request: Any, call: Call) -> Any:
    """Do the same as `respond` for a client that sends with httpx.

    A streaming body is httpx's own, whose `close` is a coroutine.
    """
    response = await _dispatch(request, call)
    if (
        call.compiled_operation.event_stream is None
        and call.compiled_operation.model.has_streaming_output
    ):
        return _httpx_response(request, response)
    return _aio_response(request, response)


async def _dispatch(request: Any, call: Call) -> HttpResponse:
    responder.set_request(call, request)
    try:
        response = await dispatch.dispatch_async(call.context, call)
    except ConnectionFailure as error:
        raise responder.to_botocore_error(error.kind, request.url) from None
    call.context = None
    if response.broken and not call.compiled_operation.model.has_streaming_output:
        call.error = ConnectionFailure("drop")
        raise responder.to_botocore_error("drop", request.url)
    if not isinstance(response.body, bytes):
        response.body = RecordedFrames(response.body)
    return response


def _aio_response(request: Any, response: HttpResponse) -> Any:
    from aiobotocore.awsrequest import AioAWSResponse

    body: Any = response.body
    raw = RawBody(request.url, response.headers, body)
    return AioAWSResponse(request.url, response.status, response.headers, raw)


def _httpx_response(request: Any, response: HttpResponse) -> Any:
    from aiobotocore import awsrequest, httpxsession

    httpx = httpxsession.httpx
    body: Any = response.body  # bytes, because the operation has no event stream

    async def content() -> AsyncIterator[bytes]:
        yield body

    raw = httpx.Response(
        response.status,
        headers=response.headers,
        content=content(),
        request=httpx.Request(request.method, request.url),
    )
    return awsrequest.HttpxAWSResponse(request.url, response.status, response.headers, raw)


def responder_for_session(endpoint: Any) -> Responder:
    """Return the responder that suits the HTTP session of an endpoint."""
    is_httpx = type(endpoint.http_session).__module__ == "aiobotocore.httpxsession"
    return respond_with_httpx if is_httpx else respond


def patches() -> list[Patch]:
    """Return the patches of aiobotocore, which must have been imported."""
    # `from` works for a submodule that is being imported; the package lacks the attribute then.
    from aiobotocore import endpoint, session, signers, waiter
    from aiobotocore.retries import bucket

    virtual_asyncio = VirtualAsyncioModule()
    endpoint_class = endpoint.AioEndpoint
    RESPONDERS[endpoint_class] = responder_for_session
    send_patch = SharedPatch(endpoint_class, "_send", _send)
    patches = [
        Patch(endpoint_class, "create_request", partial(_create_request, send_patch=send_patch)),
        send_patch,
        Patch(session.AioSession, "get_credentials", get_credentials),
        Patch(signers.AioRequestSigner, "get_auth_instance", get_auth_instance),
        Patch(endpoint, "asyncio", lambda patch: virtual_asyncio),
        Patch(waiter, "asyncio", lambda patch: virtual_asyncio),
    ]
    bucket_class = getattr(bucket, "AsyncTokenBucket", None)
    if bucket_class is not None:
        patches.append(Patch(bucket_class, "_acquire", acquire))
    patches += model_loader.aio_patches()
    return patches + [Patch(owner, "_sleep", anyio_sleep) for owner in anyio_classes()]
