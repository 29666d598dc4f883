"""Presigned URLs, fetched by whatever fetches URLs: requests, urllib3, httpx, urllib.request.

A URL of a held service is answered by the house; one of another AWS service is refused, unless moto
or the user's own `responses` mock answers it, or `passthrough` names its service. requests needs no
cut of its own: it ends in urllib3, or in `responses`, through which a user's own mock goes first.
aiohttp has a door of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mlmock.aws.hosts import is_aws, is_metadata, is_under, service_of
from mlmock.engine import active
from mlmock.errors import ConnectionFailure
from mlmock.interception.botocore import sleep
from mlmock.interception.botocore.bodies import request_bytes
from mlmock.interception.botocore.headers import text_of
from mlmock.interception.botocore.leak_guard import raise_not_mocked

if TYPE_CHECKING:
    from mlmock.aws.protocol.messages import HttpResponse
    from mlmock.engine.state import MockContext

# Makes of the way in which a connection fails what a fetcher raises for it.
Failed = Callable[[str], Exception]


def context_for_url(url: str) -> MockContext | None:
    """Return the running block that has a say in a request to `url`, or None.

    It has none in what botocore sends for a service in `passthrough`: that has been looked at.
    """
    context = active.current()
    return context if context is not None and is_aws(url) and not sleep.LEAVING.get() else None


def is_mocked_host(context: MockContext, url: str) -> bool:
    """True when the host of `url` is one of a held service's that isn't let through."""
    from mlmock.aws.spec.loader import endpoint_prefixes

    part = service_of(url)
    return part in endpoint_prefixes(context.state.mocked_services) and not _is_let_through(
        context, url
    )


def _is_let_through(context: MockContext, url: str) -> bool:
    """True when `passthrough` names the service of `url`.

    Also for what a request of such a service is signed with: a metadata service is asked for it.
    """
    from mlmock.aws.spec.loader import endpoint_prefixes

    passing = endpoint_prefixes(frozenset(context.options.passthrough))
    if passing and is_metadata(url):
        return sleep.virtual_clock_context() is None
    part = service_of(url)
    return any(is_under(part, prefix) for prefix in passing)


def context_answering(url: str) -> MockContext | None:
    """Return the block that answers a request to `url`; None where it is somebody else's.

    Raises NotMocked for a request that would leave for AWS.
    """
    context = context_for_url(url)
    if context is None or _is_let_through(context, url):
        return None
    if not is_mocked_host(context, url):
        raise_not_mocked(context, None, None, url)
    return context


def respond_or_none(
    method: str, url: str, headers: Mapping[Any, Any], body: Any, failed: Failed
) -> HttpResponse | None:
    """Return the house's answer to a request, or None for one that is somebody else's.

    Raises NotMocked for a request that would leave for AWS, and what `failed` returns for a
    connection that a rule lets fail.
    """
    context = context_answering(url)
    return None if context is None else _served(context, method, url, headers, body, failed=failed)


def _served(
    context: MockContext,
    method: str,
    url: str,
    headers: Mapping[Any, Any],
    body: Any,
    *,
    failed: Failed,
) -> HttpResponse:
    from mlmock.engine.http_gateway import handle_request

    try:
        return handle_request(context, method, url, _lower(headers), request_bytes(body))[1]
    except ConnectionFailure as fault:
        raise failed(fault.kind) from None


async def answered_async(
    method: str, url: str, headers: Mapping[Any, Any], body: bytes, failed: Failed
) -> HttpResponse | None:
    """Do what `answered` does, and await the callables of rules in the caller's own loop."""
    context = context_answering(url)
    if context is None:
        return None
    from mlmock.engine.http_gateway import handle_request_async

    try:
        return await handle_request_async(context, method, url, _lower(headers), body)
    except ConnectionFailure as fault:
        raise failed(fault.kind) from None


def _lower(headers: Mapping[Any, Any]) -> dict[str, str]:
    return {text_of(name).lower(): text_of(value) for name, value in headers.items()}


def iter_body(answer: HttpResponse, failed: Failed) -> Iterator[bytes]:
    """Yield the body of an answer as it comes; a connection that breaks raises by `failed`."""
    if isinstance(answer.body, bytes):
        yield answer.body
        return
    try:
        yield from answer.body
    except ConnectionFailure as fault:
        raise failed(fault.kind) from None


def format_head(answer: HttpResponse) -> bytes:
    """Return the status line and the headers of an answer, as HTTP/1.1 has them."""
    from http.client import responses

    lines = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
    reason = responses.get(answer.status, "")
    return f"HTTP/1.1 {answer.status} {reason}\r\n{lines}\r\n".encode("latin-1")
