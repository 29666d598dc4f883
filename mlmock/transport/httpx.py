"""Presigned URLs fetched by httpx, and by httpx2, which goes on from it under a name of its own."""

from __future__ import annotations

import importlib
import sys
from collections.abc import AsyncIterator, Iterable
from functools import partial
from typing import Any

from mlmock.transport.patching import Patch
from mlmock.transport.web import answered, answered_async, block_for, parts


def _handle_request(patch: Patch) -> Any:
    def handle_request(self: Any, request: Any) -> Any:
        url = str(request.url)
        if block_for(url) is None:
            return patch.original(self, request)
        package = _package_of(patch)
        failed = partial(_httpx_error, package, request)
        found = answered(request.method, url, request.headers, request.read(), failed)
        if found is None:
            return patch.original(self, request)
        body = found.body if isinstance(found.body, bytes) else parts(found, failed)
        return package.Response(found.status, headers=found.headers, content=body)

    return handle_request


def _handle_async_request(patch: Patch) -> Any:
    async def handle_async_request(self: Any, request: Any) -> Any:
        url = str(request.url)
        if block_for(url) is None:
            return await patch.original(self, request)
        package = _package_of(patch)
        failed = partial(_httpx_error, package, request)
        content = await request.aread()
        found = await answered_async(request.method, url, request.headers, content, failed)
        if found is None:
            return await patch.original(self, request)
        body = found.body if isinstance(found.body, bytes) else _later(parts(found, failed))
        return package.Response(found.status, headers=found.headers, content=body)

    return handle_async_request


def _package_of(patch: Patch) -> Any:
    """Return the package that a patched transport is of: httpx, or httpx2."""
    return sys.modules[patch.owner.__module__.partition(".")[0]]


def _httpx_error(package: Any, request: Any, kind: str) -> Exception:
    """Return what httpx raises for a connection that fails in the way `kind` names."""
    names = {
        "read_timeout": "ReadTimeout",
        "connect_timeout": "ConnectTimeout",
        "drop": "RemoteProtocolError",
    }
    made: Exception = getattr(package, names.get(kind, "ConnectError"))(
        "The connection fails: the rule says so", request=request
    )
    return made


async def _later(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def patches(name: str = "httpx") -> list[Patch]:
    """Return the patches of a package: of the transports that its clients send by."""
    package: Any = importlib.import_module(name)
    return [
        Patch(package.HTTPTransport, "handle_request", _handle_request),
        Patch(package.AsyncHTTPTransport, "handle_async_request", _handle_async_request),
    ]


def patches_of_the_second() -> list[Patch]:
    """Return the patches of httpx2."""
    return patches("httpx2")
