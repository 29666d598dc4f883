"""The decision what happens to a request that an HTTP client sends to a URL of AWS.

Such requests come from presigned URLs. A request to a mocked service is answered. A request to
another AWS service raises NotMocked, unless moto or a `responses` mock of the user answers it, or
`passthrough` names its service. requests needs no patch of its own, because it calls urllib3 or,
if a user's mock is active, `responses`.
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

# Returns the exception that an HTTP client raises, given the kind of a ConnectionFailure.
ErrorFactory = Callable[[str], Exception]


def context_for_url(url: str) -> MockContext | None:
    """Return the active mock context if it applies to a URL, or None.

    It does not apply to URLs outside AWS, and to requests that botocore sends for a service in
    `passthrough`, because these have been checked before.
    """
    context = active.current()
    if context is None or not is_aws(url) or sleep.IS_PASSING_THROUGH.get():
        return None
    return context


def is_mocked_host(context: MockContext, url: str) -> bool:
    """Return whether the host of `url` belongs to a mocked service that is not in `passthrough`."""
    from mlmock.aws.spec.loader import endpoint_prefixes

    prefix = service_of(url)
    return prefix in endpoint_prefixes(context.state.mocked_services) and not _is_allowed_through(
        context, url
    )


def _is_allowed_through(context: MockContext, url: str) -> bool:
    """Return whether `passthrough` names the service of `url`.

    It also allows the metadata service, from which a request of such a service gets credentials.
    """
    from mlmock.aws.spec.loader import endpoint_prefixes

    prefixes = endpoint_prefixes(frozenset(context.options.passthrough))
    if prefixes and is_metadata(url):
        return sleep.virtual_clock_context() is None
    part = service_of(url)
    return any(is_under(part, prefix) for prefix in prefixes)


def context_answering(url: str) -> MockContext | None:
    """Return the mock context that answers a request to `url`, or None to let it through.

    Raises:
        NotMocked: The request would be sent to an AWS service that is not mocked.
    """
    context = context_for_url(url)
    if context is None or _is_allowed_through(context, url):
        return None
    if not is_mocked_host(context, url):
        raise_not_mocked(context, None, None, url)
    return context


def respond_or_none(
    method: str, url: str, headers: Mapping[Any, Any], body: Any, to_error: ErrorFactory
) -> HttpResponse | None:
    """Return the response to a request, or None to let it through.

    Args:
        method: The HTTP method.
        url: The URL, with its query.
        headers: The headers, as text or bytes.
        body: The body, in any form that `request_bytes` accepts.
        to_error: Converts a connection failure that a rule simulates.

    Raises:
        NotMocked: The request would be sent to an AWS service that is not mocked.
    """
    context = context_answering(url)
    if context is None:
        return None
    return respond_in(context, method, url, headers, body, to_error=to_error)


def respond_in(
    context: MockContext,
    method: str,
    url: str,
    headers: Mapping[Any, Any],
    body: Any,
    *,
    to_error: ErrorFactory,
) -> HttpResponse:
    """Return the response to a request that `context` answers; see `respond_or_none`."""
    from mlmock.engine.http_gateway import handle_request

    try:
        return handle_request(context, method, url, _lower(headers), request_bytes(body))[1]
    except ConnectionFailure as error:
        raise to_error(error.kind) from None


async def respond_or_none_async(
    method: str, url: str, headers: Mapping[Any, Any], body: bytes, to_error: ErrorFactory
) -> HttpResponse | None:
    """Do the same as `respond_or_none`, and await callables of rules in the caller's loop."""
    context = context_answering(url)
    if context is None:
        return None
    from mlmock.engine.http_gateway import handle_request_async

    try:
        return await handle_request_async(context, method, url, _lower(headers), body)
    except ConnectionFailure as error:
        raise to_error(error.kind) from None


def _lower(headers: Mapping[Any, Any]) -> dict[str, str]:
    return {text_of(name).lower(): text_of(value) for name, value in headers.items()}


def iter_body(response: HttpResponse, to_error: ErrorFactory) -> Iterator[bytes]:
    """Yield the parts of a response body as they are generated.

    Args:
        response: The response.
        to_error: Converts the failure of a connection that breaks.
    """
    if isinstance(response.body, bytes):
        yield response.body
        return
    try:
        yield from response.body
    except ConnectionFailure as error:
        raise to_error(error.kind) from None


def format_head(response: HttpResponse) -> bytes:
    """Return the status line and the headers of a response, as HTTP/1.1 sends them."""
    from http.client import responses

    lines = "".join(f"{name}: {value}\r\n" for name, value in response.headers.items())
    reason = responses.get(response.status, "")
    return f"HTTP/1.1 {response.status} {reason}\r\n{lines}\r\n".encode("latin-1")
