"""Patch of urllib.request."""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedReader, RawIOBase
from itertools import chain
from typing import TYPE_CHECKING, Any

from mlmock.interception.http_clients.routing import format_head, iter_body, respond_or_none
from mlmock.interception.patching import Patch

if TYPE_CHECKING:
    from mlmock.aws.protocol.messages import HttpResponse


def do_open(patch: Patch) -> Any:
    """Return a replacement for `AbstractHTTPHandler.do_open`."""

    def do_open(self: Any, http_class: Any, req: Any, **more: Any) -> Any:
        headers = {**req.unredirected_hdrs, **req.headers}
        response = respond_or_none(req.get_method(), req.full_url, headers, req.data, _to_error)
        if response is None:
            return patch.original(self, http_class, req, **more)
        return _to_http_client(req, response)

    return do_open


def _to_error(kind: str) -> Exception:
    """Return the exception that urllib.request raises for a kind of connection failure."""
    from http.client import RemoteDisconnected
    from urllib.error import URLError

    if kind == "read_timeout":
        return TimeoutError("The read operation timed out: simulated by an mlmock rule")
    if kind == "drop":
        return RemoteDisconnected("Remote end closed connection: simulated by an mlmock rule")
    if kind == "connect_timeout":
        return URLError(TimeoutError("timed out: simulated by an mlmock rule"))
    return URLError(ConnectionRefusedError("Connection refused: simulated by an mlmock rule"))


def _to_http_client(req: Any, response: HttpResponse) -> Any:
    from http.client import HTTPResponse

    socket: Any = _ResponseSocket(chain([format_head(response)], iter_body(response, _to_error)))
    http_response: Any = HTTPResponse(socket, method=req.get_method())
    http_response.begin()
    http_response.url, http_response.msg = req.full_url, http_response.reason
    return http_response


class _ResponseSocket:
    """A socket from which one response can be read."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts

    def makefile(self, mode: str) -> Any:
        """Return a file that reads the response."""
        return BufferedReader(_PartReader(self._parts))


class _PartReader(RawIOBase):
    """A raw file that reads from an iterator of bytes."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Return whether the file can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into `buffer` and return the number of bytes, 0 at the end."""
        while not self._rest:
            part = next(self._parts, None)
            if part is None:
                return 0
            self._rest = memoryview(part)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
