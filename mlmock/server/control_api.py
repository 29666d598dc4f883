"""The control API under ``/_mlmock/``: all of the handle that doesn't need Python functions."""

from __future__ import annotations

import json
from typing import Any

from mlmock.aws.protocol.messages import HttpResponse
from mlmock.engine.state import MockContext
from mlmock.errors import InvalidRule, MlmockError
from mlmock.mock.handle import MockML
from mlmock.server.control_routes import (
    ROUTES,
    ControlRequest,
    RawResponse,
    Route,
    find_route,
    query_of,
)
from mlmock.server.remote_objects import RemoteObjects, UnknownReference
from mlmock.server.request import RequestHead
from mlmock.simulation.object_store import NoSuchBucket, NoSuchKey

_PREFIX = "/_mlmock/"
_NOT_FOUND = (UnknownReference, NoSuchKey, NoSuchBucket)
_BAD_REQUEST = (InvalidRule, ValueError, TypeError, LookupError, RecursionError)


def openapi(objects: RemoteObjects, request: ControlRequest) -> Any:
    """Return this description."""
    from mlmock.server.openapi import document

    return document(ALL_ROUTES)


ALL_ROUTES = (*ROUTES, Route("GET", "openapi.json", openapi, response="Document"))


class ControlApi:
    """The control API of one mock."""

    def __init__(self, ml: MockML, context: MockContext) -> None:
        self._objects = RemoteObjects(ml, context.state)

    def respond(self, head: RequestHead, body: bytes) -> HttpResponse:
        """Return the response to a request."""
        path = head.target.partition("?")[0]
        path = path[path.index(_PREFIX) + len(_PREFIX) :]
        method = "GET" if head.method == "HEAD" else head.method
        route, names, allowed = find_route(ALL_ROUTES, method, path)
        if route is None:
            return _no_route(path, allowed)
        try:
            result = route.handler(self._objects, _request(route, names, head, body))
        except Exception as error:
            return _error_of(error)
        return _response(route.status, result)


def _request(route: Route, names: dict[str, str], head: RequestHead, body: bytes) -> ControlRequest:
    value = _json(body) if route.request not in (None, "Bytes") and body else None
    content_type = head.headers.get("content-type", "")
    return ControlRequest(names, query_of(head.target), body, content_type, value)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidRule("the body is not JSON") from None


# -- responses -------------------------------------------------------------------------------


def _no_route(path: str, allowed: list[str]) -> HttpResponse:
    if not allowed:
        message = f"/_mlmock/{path} doesn't exist. See /_mlmock/openapi.json."
        return _error(404, "NotFound", message)
    methods = ", ".join(allowed)
    found = _error(405, "MethodNotAllowed", f"/_mlmock/{path} allows {methods}")
    found.headers["Allow"] = methods
    return found


def _error_of(error: Exception) -> HttpResponse:
    """Return the error response for what a handler raised; raise what is a defect of mlmock."""
    name = type(error).__name__
    if isinstance(error, _NOT_FOUND):
        return _error(404, name, str(error))
    if isinstance(error, AssertionError) and not isinstance(error, InvalidRule):
        name = name if isinstance(error, MlmockError) else "AssertionError"
        return _error(409, name, str(error))
    if isinstance(error, _BAD_REQUEST):
        return _error(400, name, str(error))
    if isinstance(error, (ArithmeticError, AttributeError, MemoryError)):
        return _error(400, InvalidRule.__name__, f"the request is invalid: {error}")
    raise error


def _error(status: int, name: str, message: str) -> HttpResponse:
    return _response(status, {"error": name, "message": message})


def _response(status: int, result: Any) -> HttpResponse:
    if isinstance(result, RawResponse):
        return HttpResponse(status, _headers(result.content_type, result.body), result.body)
    if status == 204:
        return HttpResponse(204, {}, b"")
    body = json.dumps(result, default=str).encode()
    return HttpResponse(status, _headers("application/json", body), body)


def _headers(content_type: str, body: bytes) -> dict[str, str]:
    printable = "".join(c for c in content_type if c.isprintable())
    return {
        "Content-Type": printable or "application/octet-stream",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        # A browser must not run a stored object as a page of this origin.
        "Content-Security-Policy": "sandbox",
        "X-Content-Type-Options": "nosniff",
    }
