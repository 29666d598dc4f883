"""Presigned URLs fetched by httpx and httpx2: their connection pools, httpcore's, are cut.

Everything above (exceptions, streams, other people's mocks of httpx) stays theirs.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import AsyncIterator, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from mlmock.interception.http_clients.routing import (
    answered_async,
    context_for_url,
    iter_body,
    respond_or_none,
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
        failed = partial(_error, _package_of(patch))
        found = respond_or_none(request.method.decode(), url, dict(request.headers), body, failed)
        if found is None:
            request.stream = [body]
            return patch.original(self, request)
        return _response(patch, found, found.body if _is_whole(found) else iter_body(found, failed))

    return handle_request


def _handle_async_request(patch: Patch) -> Any:
    async def handle_async_request(self: Any, request: Any) -> Any:
        url = url_of(request)
        if context_for_url(url) is None:
            return await patch.original(self, request)
        body = b"".join([part async for part in request.stream])
        failed = partial(_error, _package_of(patch))
        method, headers = request.method.decode(), dict(request.headers)
        found = await answered_async(method, url, headers, body, failed)
        if found is None:
            request.stream = _later([body])
            return await patch.original(self, request)
        return _response(
            patch, found, found.body if _is_whole(found) else _later(iter_body(found, failed))
        )

    return handle_async_request


def url_of(request: Any) -> str:
    """Return the URL of a request, whose target may be all of it."""
    url = request.url
    target = url.target.decode("latin-1")
    if "://" in target.partition("?")[0]:
        return str(target)
    port = "" if url.port is None else f":{url.port}"
    return f"{url.scheme.decode()}://{url.host.decode()}{port}{target}"


def _is_whole(answer: HttpResponse) -> bool:
    return isinstance(answer.body, bytes)


def _response(patch: Patch, answer: HttpResponse, body: Any) -> Any:
    headers = [(name.encode(), text.encode("latin-1")) for name, text in answer.headers.items()]
    return _package_of(patch).Response(answer.status, headers=headers, content=body)


def _package_of(patch: Patch) -> Any:
    """Return the package that a patched pool is of: httpcore, or httpcore2."""
    return sys.modules[patch.owner.__module__.partition(".")[0]]


def _error(package: Any, kind: str) -> Exception:
    """Return what httpcore raises for a connection that fails in the way `kind` names."""
    names = {
        "read_timeout": "ReadTimeout",
        "connect_timeout": "ConnectTimeout",
        "drop": "RemoteProtocolError",
    }
    name = names.get(kind, "ConnectError")
    made: Exception = getattr(package, name)("The connection fails: the rule says so")
    return made


async def _later(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def patches(name: str = "httpcore") -> list[Patch]:
    """Return the patches of a package: of the pools that httpx's clients send by."""
    package: Any = importlib.import_module(name)
    return [
        Patch(package.ConnectionPool, "handle_request", _handle_request),
        Patch(package.AsyncConnectionPool, "handle_async_request", _handle_async_request),
    ]


def patches_of_the_second() -> list[Patch]:
    """Return the patches of httpcore2, httpx2's own."""
    return patches("httpcore2")
