"""The door for aiobotocore (and aioboto3): the same cuts as for botocore, in its async twins.

Answers have an aiohttp-shaped raw body; that serves its httpx sessions, too. Callables of rules
that are `async def` are awaited in the caller's own loop.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import NoCredentialsError

from mlmock.engine import active
from mlmock.engine import dispatch as router
from mlmock.errors import ConnectionFault
from mlmock.interception.botocore import endpoint
from mlmock.interception.botocore import model_loader as models
from mlmock.interception.botocore import responder as trips
from mlmock.interception.botocore import sleep as patience
from mlmock.interception.botocore.bodies import Frames
from mlmock.interception.botocore.credentials import SECRET, Sought
from mlmock.interception.botocore.sessions import local_providers
from mlmock.interception.moto.aiomoto import Lent
from mlmock.interception.patching import Patch
from mlmock.reporting.journal import Call

if TYPE_CHECKING:
    from mlmock.aws.protocol.messages import Answer

# -- bodies -----------------------------------------------------------------------------------


class Content:
    """The reading side of an aiohttp response: what StreamingBody and event streams pull."""

    def __init__(self, body: bytes | Frames) -> None:
        self._frames = iter(()) if isinstance(body, bytes) else iter(body)
        self._rest = memoryview(body if isinstance(body, bytes) else b"")
        self._ended = isinstance(body, bytes)

    def at_eof(self) -> bool:
        """True when there is nothing more."""
        return self._ended and not self._rest

    async def read(self, amount: int = -1) -> bytes:
        """Return `amount` bytes, or all that is left."""
        while not self._ended and (amount < 0 or len(self._rest) < amount):
            frame = self._next()
            if frame is not None:
                self._rest = memoryview(bytes(self._rest) + frame)
        cut = len(self._rest) if amount < 0 else amount
        found, self._rest = self._rest[:cut], self._rest[cut:]
        return _whole(found)

    async def iter_chunks(self) -> AsyncIterator[tuple[bytes, bool]]:
        """Yield what is there, one encoded message at a time; True with each: it is whole."""
        if self._rest:
            yield await self.read(len(self._rest)), True
        while not self._ended:
            frame = self._next()
            if frame is not None:
                yield frame, True

    def _next(self) -> bytes | None:
        try:
            frame = next(self._frames, None)
        except Exception as fault:
            raise stream_error(fault) from None
        self._ended = frame is None
        return frame


def _whole(view: memoryview) -> bytes:
    """Return the bytes of `view`, without a copy where it is all of them."""
    source = view.obj
    return source if isinstance(source, bytes) and len(source) == len(view) else bytes(view)


class RawBody:
    """An aiohttp response as far as aiobotocore looks at one."""

    def __init__(self, url: str, headers: Mapping[str, str], body: bytes | Frames) -> None:
        self.url = url
        self.headers = headers
        self.content = Content(body)
        self._frames = None if isinstance(body, bytes) else body

    @property
    def raw_headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """The headers as they came: earlier releases (2.18 is one) read these."""
        return tuple((name.encode(), text.encode()) for name, text in self.headers.items())

    async def read(self) -> bytes:
        """Return all that is left."""
        return await self.content.read()

    def close(self) -> None:
        """Send nothing more."""
        if self._frames is not None:
            self._frames.close()

    async def __aenter__(self) -> RawBody:
        """Return this."""
        return self

    async def __aexit__(self, *fault: object) -> None:
        """Send nothing more."""
        self.close()


def stream_error(fault: Exception) -> Exception:
    """Return what aiohttp raises where urllib3 would have raised `fault`."""
    from aiohttp import ServerDisconnectedError

    if type(fault).__name__ == "ReadTimeoutError":
        return asyncio.TimeoutError()
    if type(fault).__name__ == "ProtocolError":
        broken: Exception = ServerDisconnectedError("Connection broken: the rule says so")
        return broken
    return fault


# -- the endpoint -----------------------------------------------------------------------------


def _create_request(patch: Patch, sender: Patch) -> Any:
    async def create_request(self: Any, params: Any, operation_model: Any = None) -> Any:
        if operation_model is None:
            return await patch.original(self, params, operation_model)
        ticket = endpoint.decide(self, params, operation_model)
        request = await patch.original(self, params, operation_model)
        request.mlmock_ticket = ticket
        if type(self)._send is not sender.replacement:
            come_first(self)  # somebody's own (aiomoto's) is there now
        return request

    return create_request


def come_first(own: Any) -> None:
    """Let an endpoint answer and refuse as ever whoever has replaced its class's `_send`."""
    kind = type(own)

    async def send(request: Any) -> Any:
        del own._send  # the next request may find our own in place again
        ticket = getattr(request, "mlmock_ticket", None)
        if type(ticket) is Call:
            return await ticket.respond(request, ticket)
        if endpoint.is_upstream(kind._send):
            return await _let_go(kind._send, own, request, ticket)
        return await kind._send(own, request)

    if "_send" not in vars(own):
        own._send = send


async def _let_go(send: Any, own: Any, request: Any, ticket: Any) -> Any:
    """Send a request that isn't ours, if it may leave."""
    if not endpoint.may_leave(request, ticket):
        return await send(own, request)
    with patience.leaving():
        return await send(own, request)


def _send(patch: Patch) -> Any:
    async def send(self: Any, request: Any) -> Any:
        ticket = getattr(request, "mlmock_ticket", None)
        if type(ticket) is Call:
            return await ticket.respond(request, ticket)
        return await _let_go(patch.original, self, request, ticket)

    return send


async def respond(request: Any, call: Call) -> Any:
    """Take a stamped request through the house, and return aiobotocore's kind of response."""
    return _response(request, await _answer(request, call))


async def respond_by_httpx(request: Any, call: Call) -> Any:
    """Do the same for a client of an httpx session, whose bodies are closed by awaiting."""
    found = await _answer(request, call)
    if call.plan.event_stream is None and call.plan.model.has_streaming_output:
        return _httpx_response(request, found)
    return _response(request, found)


async def _answer(request: Any, call: Call) -> Answer:
    trips.fill(call, request)
    try:
        found = await router.answer_async(call.block, call)
    except ConnectionFault as fault:
        raise trips.client_error(fault.kind, request.url) from None
    call.block = None
    if found.broken and not call.plan.model.has_streaming_output:
        call.error = ConnectionFault("drop")
        raise trips.client_error("drop", request.url)
    if not isinstance(found.body, bytes):
        found.body = Frames(found.body)
    return found


def _response(request: Any, answer: Answer) -> Any:
    from aiobotocore.awsrequest import AioAWSResponse

    body: Any = answer.body
    raw = RawBody(request.url, answer.headers, body)
    return AioAWSResponse(request.url, answer.status, answer.headers, raw)


def _httpx_response(request: Any, answer: Answer) -> Any:
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


# -- sessions and signers ---------------------------------------------------------------------


def _get_credentials(patch: Patch) -> Any:
    async def get_credentials(self: Any) -> Any:
        block = active.current()
        if block is None or self._credentials is not None:
            return await patch.original(self)
        found = await _local_credentials(self)
        if found is not None:
            self._credentials = found
            return found
        if block.options.passthrough:
            resolver = self._components.get_component("credential_provider")
            return AioSought(resolver.load_credentials)
        from aiobotocore.credentials import AioCredentials

        return AioCredentials(block.options.account_id, SECRET)

    return get_credentials


class AioSought(Sought):
    """The same for async signers: keys that are looked for when a real request is signed."""

    def get_account_id(self) -> str | None:
        """Return none: for endpoints that have the account in their name, it isn't looked for."""
        return None

    async def get_frozen_credentials(self) -> Any:  # type: ignore[override]
        """Return the keys; NoCredentialsError if nobody has any."""
        if self._found is None:
            with patience.leaving():
                self._found = await self._load()
        if self._found is None:
            raise NoCredentialsError
        return await self._found.get_frozen_credentials()


async def _local_credentials(session: Any) -> Any:
    from aiobotocore.credentials import AioCredentialResolver

    resolver = session._components.get_component("credential_provider")
    if not isinstance(resolver, AioCredentialResolver):
        return await resolver.load_credentials()
    return await AioCredentialResolver(local_providers(resolver)).load_credentials()


def _get_auth_instance(patch: Patch) -> Any:
    async def get_auth_instance(self: Any, *args: Any, **kwargs: Any) -> Any:
        found = endpoint.own_auth(self, kwargs)
        return found or await patch.original(self, *args, **kwargs)

    return get_auth_instance


# -- sleeping ---------------------------------------------------------------------------------


class VirtualAsyncio:
    """The `asyncio` module, but for its `sleep`."""

    sleep = staticmethod(patience.async_sleep)

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)


def _own_sleep(patch: Patch) -> Any:
    async def sleep(self: Any, sleep_amount: float) -> None:
        if patience.virtual() is None:
            await patch.original(self, sleep_amount)
        else:
            patience.sleep(sleep_amount)

    return sleep


def _acquire(patch: Patch) -> Any:
    async def acquire(self: Any, amount: float, block: bool) -> Any:
        from botocore.exceptions import CapacityNotAvailableError

        if patience.virtual() is None or not block:
            return await patch.original(self, amount, block)
        try:
            return await patch.original(self, amount, False)
        except CapacityNotAvailableError:
            self._current_capacity = max(0, self._current_capacity)
            patience.sleep(self._sleep_amount(amount))
            self._current_capacity = 0
            return True

    return acquire


def patches() -> list[Patch]:
    """Return the patches of aiobotocore, once it has been imported."""
    # By `from`: a package doesn't have its module yet while that is being imported.
    from aiobotocore import endpoint as endpoints
    from aiobotocore import session, signers, waiter
    from aiobotocore.retries import bucket as buckets

    virtual = VirtualAsyncio()
    aio = endpoints.AioEndpoint
    sender = Lent(aio, "_send", _send)
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
    found += models.aio_patches()
    return found + [Patch(owner, "_sleep", _own_sleep) for owner in _anyio_twins()]


def _anyio_twins() -> list[Any]:
    """Return the classes that sleep by anyio, where this aiobotocore has them."""
    names = (("aiobotocore.endpoint", "AnyioEndpoint"), ("aiobotocore.waiter", "AnyioWaiter"))
    owners = [getattr(sys.modules.get(module), name, None) for module, name in names]
    return [owner for owner in owners if owner is not None and "_sleep" in vars(owner)]
