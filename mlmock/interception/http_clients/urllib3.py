"""Patch of urllib3, which requests uses as well."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from mlmock.interception.botocore.bodies import raw_body, request_bytes
from mlmock.interception.http_clients.routing import context_answering, respond_in
from mlmock.interception.patching import Patch

if TYPE_CHECKING:
    from mlmock.aws.protocol.messages import HttpResponse


def urlopen(patch: Patch) -> Any:
    """Return a replacement for `HTTPConnectionPool.urlopen`."""

    def urlopen(
        self: Any,
        method: str,
        url: str,
        body: Any = None,
        headers: Any = None,
        *rest: Any,
        **more: Any,
    ) -> Any:
        full_url = url if "://" in url else f"{self.scheme}://{_authority(self)}{url}"
        context = context_answering(full_url)
        if context is None:
            return patch.original(self, method, url, body, headers, *rest, **more)
        retries = rest[0] if rest else more.get("retries")
        preload = more.get("preload_content", True)
        to_error, sent_headers = partial(_to_error, self, full_url), headers or self.headers

        def send(content: bytes) -> Any:
            response = respond_in(
                context, method, full_url, sent_headers, content, to_error=to_error
            )
            return _to_urllib3(response, full_url, preload)

        return _send_with_retries(self, method, url, send, _retry_settings(self, retries), body)

    return urlopen


def _authority(pool: Any) -> str:
    default = {"https": 443, "http": 80}.get(pool.scheme)
    return str(pool.host) if pool.port in (None, default) else f"{pool.host}:{pool.port}"


def _retry_settings(pool: Any, retries: Any) -> Any:
    """Return urllib3's Retry object of a request, or else of its pool."""
    from urllib3.util.retry import Retry

    return retries if isinstance(retries, Retry) else Retry.from_int(retries, default=pool.retries)


def _send_with_retries(
    pool: Any, method: str, url: str, send: Callable[[bytes], Any], retries: Any, body: Any
) -> Any:
    """Send a request and repeat it as urllib3's own `urlopen` would."""
    from urllib3.exceptions import HTTPError, MaxRetryError

    content = request_bytes(body)
    while True:
        try:
            response = send(content)
        except HTTPError as error:
            retries = retries.increment(method, url, error=error, _pool=pool)
            retries.sleep()
            continue
        if not retries.is_retry(method, response.status, "Retry-After" in response.headers):
            return response
        try:
            retries = retries.increment(method, url, response=response, _pool=pool)
        except MaxRetryError:
            if retries.raise_on_status:
                raise
            return response
        retries.sleep(response)


def _to_urllib3(response: HttpResponse, url: str, preload: bool) -> Any:
    from urllib3 import HTTPResponse

    raw: Any = raw_body(response.body)[0]
    return HTTPResponse(
        body=raw,
        headers=response.headers,
        status=response.status,
        preload_content=preload,
        decode_content=False,
        request_url=url,
    )


def _to_error(pool: Any, url: str, kind: str) -> Exception:
    """Return the exception that urllib3 raises for a kind of connection failure."""
    from urllib3 import exceptions

    if kind == "read_timeout":
        return exceptions.ReadTimeoutError(pool, url, "Read timed out.")
    if kind == "connect_timeout":
        return exceptions.ConnectTimeoutError(
            pool, "Connection timed out: simulated by an mlmock rule"
        )
    if kind == "drop":
        return exceptions.ProtocolError("Connection aborted: simulated by an mlmock rule")
    return exceptions.NewConnectionError(pool, "Connection refused: simulated by an mlmock rule")
