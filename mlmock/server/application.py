"""The application that the server runs: AWS operations, the control API and the dashboard."""

from __future__ import annotations

import logging
from dataclasses import replace
from urllib.parse import urlsplit

from mlmock.aws.protocol.messages import HttpResponse
from mlmock.engine.http_gateway import error_response, handle_request
from mlmock.errors import ConnectionFailure, MlmockError
from mlmock.mock.run import StandaloneMock
from mlmock.server.control_api import ControlApi
from mlmock.server.request import RequestHead, Respond

_log = logging.getLogger("mlmock.server")
_CONTROL_PREFIX = "/_mlmock/"
_MAX_UNMATCHED = 1000  # entries of `ml.unmatched`, which would otherwise grow without bound
_METHODS = "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH"
_CORS_HEADERS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "*"}
_CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'none'; base-uri 'none'"
)


class Application:
    """Responds to HTTP requests with one mock."""

    def __init__(self, mock: StandaloneMock) -> None:
        self.use(mock)

    def use(self, mock: StandaloneMock) -> None:
        """Respond with `mock` from now on."""
        self.context, self.ml = mock.context, mock.ml
        self.control = ControlApi(mock.ml, mock.context)

    def respond(self, head: RequestHead, body: bytes) -> HttpResponse:
        """Return the response to a request.

        Args:
            head: The request without its body.
            body: The body without transfer encoding and content encoding.

        Raises:
            ConnectionFailure: A rule fails the connection.
        """
        try:
            response = self._route(head)(head, body)
        except ConnectionFailure:
            raise
        except Exception:
            _log.exception("%s %s", head.method, head.target)
            message = "mlmock failed: see its log."
            response = error_response(500, "InternalServerException", message)
        if "origin" in head.headers:
            response = replace(response, headers={**response.headers, **_CORS_HEADERS})
        return response

    def _route(self, head: RequestHead) -> Respond:
        if head.method == "OPTIONS":
            return _preflight
        if head.path.startswith(_CONTROL_PREFIX):
            return _same_origin_only(self.control.respond)
        return self._dashboard if head.path == "/" else self._aws

    def _aws(self, head: RequestHead, body: bytes) -> HttpResponse:
        method = "GET" if head.method == "HEAD" else head.method
        try:
            return handle_request(self.context, method, head.target, head.headers, body)[1]
        except MlmockError as error:
            del self.context.state.unmatched[:-_MAX_UNMATCHED]
            return error_response(400, type(error).__name__, str(error))

    def _dashboard(self, head: RequestHead, body: bytes) -> HttpResponse:
        from mlmock.server.dashboard import page

        if head.method not in ("GET", "HEAD"):
            return error_response(405, "MethodNotAllowed", "The dashboard allows GET and HEAD.")
        html = page(self.ml, list(self.context.state.rules)).encode()
        return HttpResponse(200, _page_headers(html), html)


def _same_origin_only(respond: Respond) -> Respond:
    """Return `respond`, but reject requests that a page of another site sends."""

    def respond_to_own_pages(head: RequestHead, body: bytes) -> HttpResponse:
        origin = head.headers.get("origin")
        if origin and urlsplit(origin).netloc != head.headers.get("host"):
            message = "The control API does not accept requests from pages of other sites."
            return error_response(403, "ForeignOrigin", message)
        return respond(head, body)

    return respond_to_own_pages


def _preflight(head: RequestHead, body: bytes) -> HttpResponse:
    """Return the response to a browser that asks whether a page may send a request (CORS)."""
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": _METHODS,
        "Access-Control-Allow-Headers": head.headers.get("access-control-request-headers", "*"),
        "Access-Control-Max-Age": "86400",
        "Content-Length": "0",
    }
    return HttpResponse(200, headers, b"")


def _page_headers(html: bytes) -> dict[str, str]:
    """Return the headers of a page that can't be framed and isn't stored."""
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Length": str(len(html)),
        "Cache-Control": "no-store",
        "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
        "X-Content-Type-Options": "nosniff",
    }
