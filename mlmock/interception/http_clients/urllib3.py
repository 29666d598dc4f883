"""Requests that urllib3 and requests send to a URL of AWS."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from mlmock.interception.botocore.bodies import raw_body, request_bytes
from mlmock.interception.patching import Patch

if TYPE_CHECKING:
    from mlmock.aws.protocol.messages import HttpResponse
from mlmock.interception.http_clients.routing import _served, context_answering


def urlopen(patch: Patch) -> Any:
    """Return what stands in for `HTTPConnectionPool.urlopen` of urllib3."""

    def urlopen(
        self: Any,
        method: str,
        url: str,
        body: Any = None,
        headers: Any = None,
        *rest: Any,
        **more: Any,
    ) -> Any:
        full = url if "://" in url else f"{self.scheme}://{_authority(self)}{url}"
        context = context_answering(full)
        if context is None:
            return patch.original(self, method, url, body, headers, *rest, **more)
        retries = rest[0] if rest else more.get("retries")
        preload = more.get("preload_content", True)
        failed, sent = partial(_urllib3_error, self, full), headers or self.headers

        def call(content: bytes) -> Any:
            found = _served(context, method, full, sent, content, failed=failed)
            return _urllib3_response(found, full, preload)

        return _with_retries(self, method, url, call, _retry_of(self, retries), body)

    return urlopen


def _authority(pool: Any) -> str:
    default = {"https": 443, "http": 80}.get(pool.scheme)
    return str(pool.host) if pool.port in (None, default) else f"{pool.host}:{pool.port}"


def _retry_of(pool: Any, retries: Any) -> Any:
    """Return urllib3's settings for retries: those of a request, or else of its pool."""
    from urllib3.util.retry import Retry

    return retries if isinstance(retries, Retry) else Retry.from_int(retries, default=pool.retries)


def _with_retries(
    pool: Any, method: str, url: str, call: Callable[[bytes], Any], retries: Any, body: Any
) -> Any:
    """Make a call as often as urllib3's `retries` say, as its own `urlopen` does."""
    from urllib3.exceptions import HTTPError, MaxRetryError

    content = request_bytes(body)
    while True:
        try:
            found = call(content)
        except HTTPError as fault:
            retries = retries.increment(method, url, error=fault, _pool=pool)
            retries.sleep()
            continue
        if not retries.is_retry(method, found.status, "Retry-After" in found.headers):
            return found
        try:
            retries = retries.increment(method, url, response=found, _pool=pool)
        except MaxRetryError:
            if retries.raise_on_status:
                raise
            return found
        retries.sleep(found)


def _urllib3_response(answer: HttpResponse, url: str, preload: bool) -> Any:
    from urllib3 import HTTPResponse

    raw: Any = raw_body(answer.body)[0]
    return HTTPResponse(
        body=raw,
        headers=answer.headers,
        status=answer.status,
        preload_content=preload,
        decode_content=False,
        request_url=url,
    )


def _urllib3_error(pool: Any, url: str, kind: str) -> Exception:
    """Return what urllib3 raises for a connection that fails in the way `kind` names."""
    from urllib3 import exceptions

    if kind == "read_timeout":
        return exceptions.ReadTimeoutError(pool, url, "Read timed out.")
    if kind == "connect_timeout":
        return exceptions.ConnectTimeoutError(pool, "Connection timed out: the rule says so")
    if kind == "drop":
        return exceptions.ProtocolError("Connection aborted: the rule says so")
    return exceptions.NewConnectionError(pool, "Unreachable: the rule says so")
