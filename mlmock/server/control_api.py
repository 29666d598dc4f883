"""The control API under ``/_mlmock/``: everything the handle can do that needs no Python."""

from __future__ import annotations

import json
from typing import Any

from mlmock.aws.protocol.messages import Answer
from mlmock.engine.state import Block
from mlmock.errors import AuthorError, BadAnswer
from mlmock.mock.handle import MockML
from mlmock.server.control_routes import GONE, Asked, Raw, Route, find, query_of
from mlmock.server.http1_head import Head
from mlmock.server.remote_objects import Desk

_PREFIX = "/_mlmock/"


class Control:
    """The control API of one mock."""

    def __init__(self, ml: MockML, block: Block) -> None:
        self.desk = Desk(ml, block.world)

    def answer(self, head: Head, body: bytes) -> Answer:
        """Answer one request."""
        path = head.target.partition("?")[0]
        path = path[path.index(_PREFIX) + len(_PREFIX) :]
        wanted = "GET" if head.method == "HEAD" else head.method
        route, names, allowed = find(wanted, path)
        if route is None:
            return _no_route(wanted, path, allowed)
        try:
            made = route.make(self.desk, _asked(route, names, head, body))
        except Exception as fault:
            return _failure(fault)
        return _answer(route.status, made)


def _asked(route: Route, names: dict[str, str], head: Head, body: bytes) -> Asked:
    said = _json(body) if route.takes not in (None, "Bytes") and body else None
    content_type = head.headers.get("content-type", "")
    return Asked(names, query_of(head.target), body, content_type, said)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise BadAnswer("the body is not JSON") from None


def _no_route(method: str, path: str, allowed: list[str]) -> Answer:
    if not allowed:
        return _told(404, "NotFound", f"there is no /_mlmock/{path}; see /_mlmock/openapi.json")
    found = _told(405, "MethodNotAllowed", f"/_mlmock/{path} takes {', '.join(allowed)}")
    found.headers["Allow"] = ", ".join(allowed)
    return found


def _failure(fault: Exception) -> Answer:
    """Return what a request is told that asks for what can't be."""
    name = type(fault).__name__
    if isinstance(fault, GONE):
        return _told(404, name, str(fault))
    if isinstance(fault, AssertionError) and not isinstance(fault, BadAnswer):
        return _told(409, name if isinstance(fault, AuthorError) else "AssertionError", str(fault))
    if isinstance(fault, (BadAnswer, ValueError, TypeError, LookupError, RecursionError)):
        return _told(400, name, str(fault))
    if isinstance(fault, (ArithmeticError, AttributeError, MemoryError)):
        return _told(400, "BadAnswer", f"that can't be taken: {fault}")
    raise fault


def _told(status: int, name: str, message: str) -> Answer:
    return _answer(status, {"error": name, "message": message})


def _answer(status: int, made: Any) -> Answer:
    if isinstance(made, Raw):
        return Answer(status, _headers(made.content_type, made.body), made.body)
    if status == 204:
        return Answer(204, {}, b"")
    body = json.dumps(made, default=str).encode()
    return Answer(status, _headers("application/json", body), body)


def _headers(content_type: str, body: bytes) -> dict[str, str]:
    kind = "".join(c for c in content_type if c.isprintable()) or "application/octet-stream"
    return {
        "Content-Type": kind,
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "Content-Security-Policy": "sandbox",  # what is stored here is shown, and never run
        "X-Content-Type-Options": "nosniff",
    }
