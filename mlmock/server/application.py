"""What the server runs: held services by their paths, the control API, the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from mlmock.aws.protocol.messages import Answer
from mlmock.engine.http_gateway import refusal, serve
from mlmock.errors import AuthorError
from mlmock.mock.run import Detached
from mlmock.server.control_api import Control
from mlmock.server.http1_head import Head, head_of, status_of
from mlmock.server.rooms import room_for

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]

_UNMATCHED = 1000  # so many refusals are remembered for whoever asks
# What a stream that a rule breaks raises for clients in the process, and how it breaks.
_METHODS = "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH"
_CROSSING = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "*"}


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
        body: bytes = environ.get("mlmock.body") or environ["wsgi.input"].read()
        found = self.answer(head_of(environ), body)
        headers = [(name, value) for name, value in found.headers.items() if name != "Connection"]
        start_response(status_of(found), headers)
        return [found.body] if isinstance(found.body, bytes) else found.body

    def answer(self, head: Head, body: bytes) -> Answer:
        """Answer one request; raises ConnectionFault, and what a rule's callable raises."""
        found = self._answer(head, body)
        if "origin" in head.headers:
            found = replace(found, headers={**found.headers, **_CROSSING})
        return found

    def _answer(self, head: Head, body: bytes) -> Answer:
        if head.method == "OPTIONS":
            return _preflight(head)
        room = room_for(self, head.target)
        return self._aws(head, body) if room is None else room(head, body)

    def _aws(self, head: Head, body: bytes) -> Answer:
        wanted = "GET" if head.method == "HEAD" else head.method
        try:
            return serve(self.block, wanted, head.target, head.headers, body)[1]
        except AuthorError as fault:
            del self.block.world.unmatched[:-_UNMATCHED]
            return refusal(400, type(fault).__name__, str(fault))


def _preflight(head: Head) -> Answer:
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": _METHODS,
        "Access-Control-Allow-Headers": head.headers.get("access-control-request-headers", "*"),
        "Access-Control-Max-Age": "86400",
        "Content-Length": "0",
    }
    return Answer(200, headers, b"")
