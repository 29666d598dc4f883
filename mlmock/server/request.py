"""Requests, as both versions of HTTP hand them to the application."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from mlmock.aws.protocol.messages import HttpResponse
from mlmock.engine.http_gateway import error_response


@dataclass(frozen=True, slots=True)
class RequestHead:
    """A request without its body.

    `target` is in origin form or absolute form, as received. `headers` have lower-case names.
    """

    method: str
    target: str
    headers: Mapping[str, str]

    @property
    def path(self) -> str:
        """The path of the target, still percent-encoded."""
        return _path_of(self.target)


Respond = Callable[[RequestHead, bytes], HttpResponse]


class RequestError(Exception):
    """A request that isn't passed to the application."""

    def __init__(
        self, message: str, *, status: int = 400, code: str = "SerializationException"
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    def response(self) -> HttpResponse:
        """Return the response that reports this error."""
        return error_response(self.status, self.code, str(self))


def request_head(method: str, target: str, headers: Iterable[tuple[str, str]]) -> RequestHead:
    """Return the head of a request, with the values of repeated headers joined by commas.

    Raises:
        RequestError: The target isn't a path or a URL.
    """
    combined: dict[str, str] = {}
    for name, value in headers:
        combined[name] = f"{combined[name]},{value}" if name in combined else value
    try:
        _path_of(target)
    except ValueError as error:
        raise RequestError(f"The request target is invalid: {error}.") from None
    return RequestHead(method, target, combined)


def _path_of(target: str) -> str:
    if target.startswith("/"):
        return target.partition("?")[0]
    return urlsplit(target).path or "/"


def body_too_large(limit: int) -> RequestError:
    """Return the error for a body over the limit."""
    return RequestError(
        f"The request body has more than {limit} bytes.",
        status=413,
        code="RequestEntityTooLargeException",
    )
