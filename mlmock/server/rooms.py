"""Which requests are for ourselves and not for a service: the control API and the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mlmock.aws.protocol.messages import Answer
from mlmock.engine.http_gateway import refusal
from mlmock.server.http1_head import Head

if TYPE_CHECKING:
    from mlmock.server.application import Application

Room = Callable[[Head, bytes], Answer]
OURS = "/_mlmock/"
_POLICY = (
    "default-src 'self'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'none'; base-uri 'none'"
)


def room_for(application: Application, target: str) -> Room | None:
    """Return what answers a request of our own, or None for one to a service."""
    path = path_of(target)
    if path.startswith(OURS):
        return _guarded(application.control.answer)
    if path == "/":
        return _page(application)
    return None


def path_of(target: str) -> str:
    """Return the path of a target in origin or absolute form."""
    if target.startswith("/"):
        return target.partition("?")[0]
    return urlsplit(target).path or "/"


def _guarded(room: Room) -> Room:
    """Return `room`, closed to pages of other sites, which a browser says that it comes from."""

    def answer(head: Head, body: bytes) -> Answer:
        origin = head.headers.get("origin")
        if origin and urlsplit(origin).netloc != head.headers.get("host"):
            return refusal(403, "ForeignOrigin", "The control API is closed to other sites' pages.")
        return room(head, body)

    return answer


def _page(application: Application) -> Room:
    def answer(head: Head, body: bytes) -> Answer:
        from mlmock.server.dashboard import page

        if head.method not in ("GET", "HEAD"):
            return refusal(405, "MethodNotAllowed", "The page is for GET.")
        text = page(application.ml, list(application.block.world.book)).encode()
        return Answer(200, page_headers(text), text)

    return answer


def page_headers(body: bytes) -> dict[str, str]:
    """Return the headers of a page of HTML, which nobody may frame or keep."""
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
    }
