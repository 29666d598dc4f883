"""Patches of httpcore and httpcore2, the connection pools of httpx and httpx2.

Everything above the pools stays unchanged: exceptions, streams, and other mocks of httpx.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import AsyncIterator, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from mlmock.interception.http_clients.routing import (
    context_for_url,
    iter_body,
    respond_or_none,
    respond_or_none_async,
)
from mlmock.interception.patching import Patch

if TYPE_CHECKING:
    from mlmock.aws.protocol.messages import HttpResponse


def _handle_request(patch: Patch) -> Any:
    def handle_request(self: Any, request: Any) -> Any:
        url = url_of(request)
        if context_for_url(url) is None:
            return patch.original(self, request)
        body = b"".join(request.stream)
        to_error = partial(_to_error, _package_of(patch))
        method, headers = request.method.decode(), dict(request.headers)
        response = respond_or_none(method, url, headers, body, to_error)
        if response is None:
            request.stream = [body]
            return patch.original(self, request)
        content = response.body if _is_complete(response) else iter_body(response, to_error)
        return _to_httpcore(patch, response, content)

    return handle_request


def _handle_async_request(patch: Patch) -> Any:
    async def handle_async_request(self: Any, request: Any) -> Any:
        url = url_of(request)
        if context_for_url(url) is None:
            return await patch.original(self, request)
        body = b"".join([part async for part in request.stream])
        to_error = partial(_to_error, _package_of(patch))
        method, headers = request.method.decode(), dict(request.headers)
        response = await respond_or_none_async(method, url, headers, body, to_error)
        if response is None:
            request.stream = _iterate_async([body])
            return await patch.original(self, request)
        content = (
            response.body
            if _is_complete(response)
            else _iterate_async(iter_body(response, to_error))
        )
        return _to_httpcore(patch, response, content)

    return handle_async_request


def url_of(request: Any) -> str:
    """Return the URL of a request. The target of a request to a proxy is a whole URL."""
    url = request.url
    target = url.target.decode("latin-1")
    if "://" in target.partition("?")[0]:
        return str(target)
    port = "" if url.port is None else f":{url.port}"
    return f"{url.scheme.decode()}://{url.host.decode()}{port}{target}"


def _is_complete(response: HttpResponse) -> bool:
    return isinstance(response.body, bytes)


def _to_httpcore(patch: Patch, response: HttpResponse, content: Any) -> Any:
    headers = [(name.encode(), text.encode("latin-1")) for name, text in response.headers.items()]
    return _package_of(patch).Response(response.status, headers=headers, content=content)


def _package_of(patch: Patch) -> Any:
    """Return the package of a patched pool: httpcore or httpcore2."""
    return sys.modules[patch.owner.__module__.partition(".")[0]]


def _to_error(package: Any, kind: str) -> Exception:
    """Return the exception that httpcore raises for a kind of connection failure."""
    names = {
        "read_timeout": "ReadTimeout",
        "connect_timeout": "ConnectTimeout",
        "drop": "RemoteProtocolError",
    }
    name = names.get(kind, "ConnectError")
    error: Exception = getattr(package, name)("Connection failure simulated by an mlmock rule")
    return error


async def _iterate_async(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def patches(name: str = "httpcore") -> list[Patch]:
    """Return the patches of httpcore, or of another package with the same classes."""
    package: Any = importlib.import_module(name)
    return [
        Patch(package.ConnectionPool, "handle_request", _handle_request),
        Patch(package.AsyncConnectionPool, "handle_async_request", _handle_async_request),
    ]


def httpcore2_patches() -> list[Patch]:
    """Return the patches of httpcore2."""
    return patches("httpcore2")
