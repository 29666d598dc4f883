"""Presigned URLs, fetched by whatever fetches URLs: requests, urllib3, httpx, aiohttp, urllib.

A URL of a held service is answered by the house; one of another AWS service is refused, unless moto
or the user's own `responses` mock answers it, or `passthrough` names its service. requests needs no
cut of its own: it ends in urllib3, or in `responses`, through which a user's own mock goes first.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from mlmock.transport import moto, patience
from mlmock.transport.bodies import request_bytes
from mlmock.transport.botocore import refuse
from mlmock.transport.hosts import is_aws
from mlmock.transport.patching import Patch

if TYPE_CHECKING:
    from mlmock.wire.message import Answer
    from mlmock.world import Block


def is_held(block: Block, url: str) -> bool:
    """True when the host of `url` is one of a held service's."""
    from mlmock.wire.models import prefixes

    host = url.partition("://")[2].partition("/")[0]
    return any(_is_at(host, prefix) for prefix in prefixes(block.world.holds))


def _is_at(host: str, prefix: str) -> bool:
    """True when `host` is an endpoint with this prefix: regional, FIPS or behind a VPC."""
    first, _, rest = prefix.partition(".")
    starts = (
        f"{prefix}.",
        f"{prefix}-fips.",
        f"{first}-fips.{rest}." if rest else f"{prefix}-fips.",
    )
    return host.startswith((*starts, f"{prefix}-")) or f".{prefix}." in host


def block_for(url: str) -> Block | None:
    """Return the running block that has a say in a request to `url`, or None."""
    block = patience.virtual()
    return block if block is not None and is_aws(url) else None


def answered(method: str, url: str, headers: Mapping[str, Any], body: Any) -> Answer | None:
    """Return the house's answer to a request, or None for one that is somebody else's.

    Raises NotMocked for a request that would leave for AWS.
    """
    block = block_for(url)
    if block is None:
        return None
    if not is_held(block, url):
        _check_may_pass(block, url)
        return None
    from mlmock.transport.front import serve

    return serve(block, method, url, _lower(headers), request_bytes(body))[1]


def _check_may_pass(block: Block, url: str) -> None:
    from mlmock.wire.models import prefixes

    host = url.partition("://")[2].partition("/")[0]
    passing = prefixes(frozenset(block.options.passthrough))
    if moto.is_active() or any(f".{name}." in f".{host}" for name in passing):
        return
    refuse(block, None, None, url)


def _lower(headers: Mapping[Any, Any]) -> dict[str, str]:
    found = {}
    for name, value in headers.items():
        key = name.decode() if isinstance(name, bytes) else str(name)
        found[key.lower()] = value.decode() if isinstance(value, bytes) else str(value)
    return found


def whole(answer: Answer) -> bytes:
    """Return the body of an answer in one piece."""
    return answer.body if isinstance(answer.body, bytes) else b"".join(answer.body)


# -- urllib3, and requests over it ------------------------------------------------------------


def _urlopen(patch: Patch) -> Any:
    def urlopen(
        self: Any,
        method: str,
        url: str,
        body: Any = None,
        headers: Any = None,
        *rest: Any,
        **more: Any,
    ) -> Any:
        full = url if "://" in url else f"{self.scheme}://{_authority(self)}{url}"
        found = answered(method, full, headers or self.headers, body)
        if found is None:
            return patch.original(self, method, url, body, headers, *rest, **more)
        return urllib3_response(found, full, preload=more.get("preload_content", True))

    return urlopen


def _authority(pool: Any) -> str:
    default = {"https": 443, "http": 80}.get(pool.scheme)
    return str(pool.host) if pool.port in (None, default) else f"{pool.host}:{pool.port}"


def urllib3_response(answer: Answer, url: str, *, preload: bool) -> Any:
    """Return an answer as urllib3's response."""
    from io import BytesIO

    from urllib3 import HTTPResponse

    return HTTPResponse(
        body=BytesIO(whole(answer)),
        headers=answer.headers,
        status=answer.status,
        preload_content=preload,
        decode_content=False,
        request_url=url,
    )


def _on_request(patch: Patch) -> Any:
    def on_request(self: Any, adapter: Any, request: Any, **more: Any) -> Any:
        block = block_for(request.url)
        if block is None or not is_held(block, request.url) or _users_own(self, request):
            return patch.original(self, adapter, request, **more)
        found = answered(request.method, request.url, request.headers, request.body)
        if found is None:
            return patch.original(self, adapter, request, **more)
        return adapter.build_response(request, urllib3_response(found, request.url, preload=False))

    return on_request


def _users_own(mock: Any, request: Any) -> bool:
    """True when the user's own `responses` mock has an answer (moto's catches every AWS host)."""
    match, _ = mock._find_match(request)
    return match is not None and not type(match).__module__.startswith("moto.")


# -- httpx ------------------------------------------------------------------------------------


def _handle_request(patch: Patch) -> Any:
    def handle_request(self: Any, request: Any) -> Any:
        found = answered(request.method, str(request.url), request.headers, request.read())
        if found is None:
            return patch.original(self, request)
        return _httpx_response(patch.owner, found)

    return handle_request


def _handle_async_request(patch: Patch) -> Any:
    async def handle_async_request(self: Any, request: Any) -> Any:
        found = answered(request.method, str(request.url), request.headers, await request.aread())
        if found is None:
            return await patch.original(self, request)
        return _httpx_response(patch.owner, found, later=True)

    return handle_async_request


def _httpx_response(transport: Any, answer: Answer, *, later: bool = False) -> Any:
    """Return an answer as the response of the package that `transport` is of."""
    import sys

    package: Any = sys.modules[transport.__module__.partition(".")[0]]
    body: Any = answer.body
    if not isinstance(body, bytes) and later:
        body = _later(body)
    return package.Response(answer.status, headers=answer.headers, content=body)


async def _later(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


# -- aiohttp ----------------------------------------------------------------------------------


def _aiohttp_request(patch: Patch) -> Any:
    async def request(self: Any, method: str, str_or_url: Any, **more: Any) -> Any:
        url = str(str_or_url)
        if block_for(url) is None:
            return await patch.original(self, method, str_or_url, **more)
        body = more.get("data")
        found = answered(method, url, more.get("headers") or {}, body)
        if found is None:
            return await patch.original(self, method, str_or_url, **more)
        return _aiohttp_response(self, method, url, found)

    return request


def _aiohttp_response(session: Any, method: str, url: str, answer: Answer) -> Any:
    """Return an answer as aiohttp's response, whose body has been received already."""
    from aiohttp import ClientResponse, RequestInfo, StreamReader
    from aiohttp.helpers import TimerNoop
    from multidict import CIMultiDict, CIMultiDictProxy
    from yarl import URL

    names = CIMultiDictProxy(CIMultiDict(answer.headers))
    target = URL(url, encoded=True)
    found = ClientResponse(
        method,
        target,
        writer=None,
        continue100=None,
        timer=TimerNoop(),
        request_info=RequestInfo(target, method, names, target),
        traces=[],
        loop=session._loop,
        session=session,
        **_newer_arguments(ClientResponse, names),
    )
    found.status = answer.status
    found.reason = ""
    found._headers = names
    found._raw_headers = tuple((k.encode(), v.encode()) for k, v in answer.headers.items())
    found.content = StreamReader(_Protocol(), 2**16, loop=session._loop)
    found.content.feed_data(whole(answer))
    found.content.feed_eof()
    return found


def _newer_arguments(kind: Any, names: Any) -> dict[str, Any]:
    """Return what later releases of aiohttp ask of a response beyond the earlier ones."""
    import inspect

    known = inspect.signature(kind.__init__).parameters
    more = {"stream_writer": _Writer(), "request_headers": names}
    return {name: value for name, value in more.items() if name in known}


class _Writer:
    """What a response asks of the request that went before it."""

    output_size = 0


class _Protocol:
    """What a StreamReader asks of a connection that has ended."""

    _reading_paused = False

    def pause_reading(self) -> None:
        """Do nothing: everything has come."""

    def resume_reading(self, *args: Any, **more: Any) -> None:
        """Do nothing: everything has come."""


# -- urllib.request ---------------------------------------------------------------------------


def _do_open(patch: Patch) -> Any:
    def do_open(self: Any, http_class: Any, req: Any, **more: Any) -> Any:
        headers = {**req.unredirected_hdrs, **req.headers}
        found = answered(req.get_method(), req.full_url, headers, req.data)
        if found is None:
            return patch.original(self, http_class, req, **more)
        return _http_client_response(req, found)

    return do_open


class _Socket:
    """A socket that has received one answer."""

    def __init__(self, received: bytes) -> None:
        self._received = received

    def makefile(self, mode: str) -> Any:
        """Return what was received, to read."""
        from io import BytesIO

        return BytesIO(self._received)


def _http_client_response(req: Any, answer: Answer) -> Any:
    from http.client import HTTPResponse, responses

    body = whole(answer)
    headers = {**answer.headers, "Content-Length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {answer.status} {responses.get(answer.status, '')}\r\n{lines}\r\n"
    socket: Any = _Socket(head.encode("latin-1") + body)
    found: Any = HTTPResponse(socket, method=req.get_method())
    found.begin()
    found.url, found.msg = req.full_url, found.reason
    return found


# -- what is patched, once it has been imported -----------------------------------------------


def urllib3_patches() -> list[Patch]:
    """Return the patch of urllib3."""
    from urllib3.connectionpool import HTTPConnectionPool

    return [Patch(HTTPConnectionPool, "urlopen", _urlopen)]


def responses_patches() -> list[Patch]:
    """Return the patch of `responses`."""
    from responses import RequestsMock

    return [Patch(RequestsMock, "_on_request", _on_request)]


def httpx_patches() -> list[Patch]:
    """Return the patches of httpx."""
    from httpx import AsyncHTTPTransport, HTTPTransport

    return [
        Patch(HTTPTransport, "handle_request", _handle_request),
        Patch(AsyncHTTPTransport, "handle_async_request", _handle_async_request),
    ]


def httpx2_patches() -> list[Patch]:
    """Return the patches of httpx2, which goes on from httpx under a name of its own."""
    import importlib

    package: Any = importlib.import_module("httpx2")
    return [
        Patch(package.HTTPTransport, "handle_request", _handle_request),
        Patch(package.AsyncHTTPTransport, "handle_async_request", _handle_async_request),
    ]


def aiohttp_patches() -> list[Patch]:
    """Return the patch of aiohttp."""
    from aiohttp import ClientSession

    return [Patch(ClientSession, "_request", _aiohttp_request)]


def urllib_patches() -> list[Patch]:
    """Return the patch of urllib.request."""
    from urllib.request import AbstractHTTPHandler

    return [Patch(AbstractHTTPHandler, "do_open", _do_open)]
