"""The WSGI application: held services by their paths, the control API, the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from mlmock.errors import AuthorError
from mlmock.mock import Detached
from mlmock.server.control import Control
from mlmock.server.rooms import room_for
from mlmock.transport.front import refusal, serve
from mlmock.wire.message import Answer

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]

_UNMATCHED = 1000  # so many refusals are remembered for whoever asks
_METHODS = "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH"
_PHRASES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class Application:
    """What the server runs: one mock, for every client that comes."""

    def __init__(self, world: Detached) -> None:
        self.answer_with(world)

    def answer_with(self, world: Detached) -> None:
        """Answer out of `world` from here on."""
        self.block, self.ml = world.block, world.ml
        self.control = Control(world.ml, world.block)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (WSGI)."""
        method, target = environ["REQUEST_METHOD"], target_of(environ)
        if method == "OPTIONS":
            return _send(start_response, _preflight(environ), environ)
        room = room_for(self, target)
        if room is not None:
            return _send(start_response, room(method, target, environ), environ)
        return _send(start_response, self._aws(method, target, environ), environ)

    def _aws(self, method: str, target: str, environ: Environ) -> Answer:
        body: bytes = environ.get("mlmock.body") or environ["wsgi.input"].read()
        wanted = "GET" if method == "HEAD" else method
        try:
            _, answer = serve(self.block, wanted, target, headers_of(environ), body)
        except AuthorError as fault:
            del self.block.world.unmatched[:-_UNMATCHED]
            return refusal(400, type(fault).__name__, str(fault))
        return answer


def target_of(environ: Environ) -> str:
    """Return the request's target as it came: raw, in origin or absolute form."""
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if raw:
        return str(raw)
    query = environ.get("QUERY_STRING")  # another WSGI server, which has unquoted the path
    path = str(environ.get("PATH_INFO", "/"))
    return f"{path}?{query}" if query else path


def headers_of(environ: Environ) -> dict[str, str]:
    """Return the request's headers by their lower-case names."""
    found = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            found[name.replace("_", "-").lower()] = environ[name]
    return found


def _send(start_response: StartResponse, answer: Answer, environ: Environ) -> Iterable[bytes]:
    headers = [(name, value) for name, value in answer.headers.items() if name != "Connection"]
    if "HTTP_ORIGIN" in environ:
        headers += [
            ("Access-Control-Allow-Origin", "*"),
            ("Access-Control-Expose-Headers", "*"),
        ]
    if answer.broken:
        headers.append(("X-Mlmock-Close", "1"))
    start_response(_PHRASES.get(answer.status, f"{answer.status} Unknown"), headers)
    return [answer.body] if isinstance(answer.body, bytes) else answer.body


def _preflight(environ: Environ) -> Answer:
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": _METHODS,
        "Access-Control-Allow-Headers": environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "*"),
        "Access-Control-Max-Age": "86400",
        "Content-Length": "0",
    }
    return Answer(200, headers, b"")
