"""Requests that urllib.request sends to a URL of AWS."""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedReader, RawIOBase
from itertools import chain
from typing import TYPE_CHECKING, Any

from mlmock.interception.patching import Patch

if TYPE_CHECKING:
    from mlmock.aws.protocol.messages import HttpResponse
from mlmock.interception.http_clients.routing import format_head, iter_body, respond_or_none


def do_open(patch: Patch) -> Any:
    """Return what stands in for `AbstractHTTPHandler.do_open` of urllib.request."""

    def do_open(self: Any, http_class: Any, req: Any, **more: Any) -> Any:
        headers = {**req.unredirected_hdrs, **req.headers}
        found = respond_or_none(req.get_method(), req.full_url, headers, req.data, _urllib_error)
        if found is None:
            return patch.original(self, http_class, req, **more)
        return _http_client_response(req, found)

    return do_open


def _urllib_error(kind: str) -> Exception:
    """Return what urllib raises for a connection that fails in the way `kind` names."""
    from http.client import RemoteDisconnected
    from urllib.error import URLError

    if kind == "read_timeout":
        return TimeoutError("The read operation timed out: the rule says so")
    if kind == "drop":
        return RemoteDisconnected("Remote end closed connection: the rule says so")
    if kind == "connect_timeout":
        return URLError(TimeoutError("timed out: the rule says so"))
    return URLError(ConnectionRefusedError("Connection refused: the rule says so"))


def _http_client_response(req: Any, answer: HttpResponse) -> Any:
    from http.client import HTTPResponse

    socket: Any = _Socket(chain([format_head(answer)], iter_body(answer, _urllib_error)))
    found: Any = HTTPResponse(socket, method=req.get_method())
    found.begin()
    found.url, found.msg = req.full_url, found.reason
    return found


class _Socket:
    """A socket from which one answer is read."""

    def __init__(self, received: Iterator[bytes]) -> None:
        self._received = received

    def makefile(self, mode: str) -> Any:
        """Return what is received, to read."""
        return BufferedReader(_Received(self._received))


class _Received(RawIOBase):
    """Reads what comes, part by part."""

    def __init__(self, received: Iterator[bytes]) -> None:
        self._received = received
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Say that there is something to read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` with what is there; return how many bytes that was, 0 at the end."""
        while not self._rest:
            part = next(self._received, None)
            if part is None:
                return 0
            self._rest = memoryview(part)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
