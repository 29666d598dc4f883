"""Presigned URLs, fetched by whatever fetches URLs: requests, urllib3, httpx, urllib.request.

A URL of a held service is answered by the house; one of another AWS service is refused, unless moto
or the user's own `responses` mock answers it, or `passthrough` names its service. requests needs no
cut of its own: it ends in urllib3, or in `responses`, through which a user's own mock goes first.
aiohttp has a door of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from io import BufferedReader, RawIOBase
from itertools import chain
from typing import TYPE_CHECKING, Any

from mlmock.aws.hosts import is_aws, is_metadata, is_under, service_of
from mlmock.engine import active
from mlmock.errors import ConnectionFault
from mlmock.interception.botocore import sleep as patience
from mlmock.interception.botocore.bodies import raw_body, request_bytes
from mlmock.interception.botocore.endpoint import refuse
from mlmock.interception.botocore.headers import text_of
from mlmock.interception.patching import Patch

if TYPE_CHECKING:
    from mlmock.aws.protocol.messages import Answer
    from mlmock.engine.state import Block

# Makes of the way in which a connection fails what a fetcher raises for it.
Failed = Callable[[str], Exception]


def block_for(url: str) -> Block | None:
    """Return the running block that has a say in a request to `url`, or None.

    It has none in what botocore sends for a service in `passthrough`: that has been looked at.
    """
    block = active.current()
    return block if block is not None and is_aws(url) and not patience.LEAVING.get() else None


def is_held(block: Block, url: str) -> bool:
    """True when the host of `url` is one of a held service's that isn't let through."""
    from mlmock.aws.protocol.compiler import prefixes

    part = service_of(url)
    return part in prefixes(block.world.holds) and not _is_let_through(block, url)


def _is_let_through(block: Block, url: str) -> bool:
    """True when `passthrough` names the service of `url`.

    Also for what a request of such a service is signed with: a metadata service is asked for it.
    """
    from mlmock.aws.protocol.compiler import prefixes

    passing = prefixes(frozenset(block.options.passthrough))
    if passing and is_metadata(url):
        return patience.virtual() is None
    part = service_of(url)
    return any(is_under(part, prefix) for prefix in passing)


def reaches(url: str) -> Block | None:
    """Return the block that answers a request to `url`; None where it is somebody else's.

    Raises NotMocked for a request that would leave for AWS.
    """
    block = block_for(url)
    if block is None or _is_let_through(block, url):
        return None
    if not is_held(block, url):
        refuse(block, None, None, url)
    return block


def answered(
    method: str, url: str, headers: Mapping[Any, Any], body: Any, failed: Failed
) -> Answer | None:
    """Return the house's answer to a request, or None for one that is somebody else's.

    Raises NotMocked for a request that would leave for AWS, and what `failed` returns for a
    connection that a rule lets fail.
    """
    block = reaches(url)
    return None if block is None else _served(block, method, url, headers, body, failed=failed)


def _served(
    block: Block, method: str, url: str, headers: Mapping[Any, Any], body: Any, *, failed: Failed
) -> Answer:
    from mlmock.engine.http_gateway import serve

    try:
        return serve(block, method, url, _lower(headers), request_bytes(body))[1]
    except ConnectionFault as fault:
        raise failed(fault.kind) from None


async def answered_async(
    method: str, url: str, headers: Mapping[Any, Any], body: bytes, failed: Failed
) -> Answer | None:
    """Do what `answered` does, and await the callables of rules in the caller's own loop."""
    block = reaches(url)
    if block is None:
        return None
    from mlmock.engine.http_gateway import serve_async

    try:
        return await serve_async(block, method, url, _lower(headers), body)
    except ConnectionFault as fault:
        raise failed(fault.kind) from None


def _lower(headers: Mapping[Any, Any]) -> dict[str, str]:
    return {text_of(name).lower(): text_of(value) for name, value in headers.items()}


def parts(answer: Answer, failed: Failed) -> Iterator[bytes]:
    """Yield the body of an answer as it comes; a connection that breaks raises by `failed`."""
    if isinstance(answer.body, bytes):
        yield answer.body
        return
    try:
        yield from answer.body
    except Exception as fault:
        timed_out = type(fault).__name__ == "ReadTimeoutError"
        raise failed("read_timeout" if timed_out else "drop") from None


def head(answer: Answer) -> bytes:
    """Return the status line and the headers of an answer, as HTTP/1.1 has them."""
    from http.client import responses

    lines = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
    reason = responses.get(answer.status, "")
    return f"HTTP/1.1 {answer.status} {reason}\r\n{lines}\r\n".encode("latin-1")


# -- urllib3, and requests over it ------------------------------------------------------------


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
        block = reaches(full)
        if block is None:
            return patch.original(self, method, url, body, headers, *rest, **more)
        retries = rest[0] if rest else more.get("retries")
        preload = more.get("preload_content", True)
        failed, sent = partial(_urllib3_error, self, full), headers or self.headers

        def call(content: bytes) -> Any:
            found = _served(block, method, full, sent, content, failed=failed)
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


def _urllib3_response(answer: Answer, url: str, preload: bool) -> Any:
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


def on_request(patch: Patch) -> Any:
    """Return what stands in for `RequestsMock._on_request` of responses."""

    def on_request(self: Any, adapter: Any, request: Any, **more: Any) -> Any:
        block = block_for(request.url)
        if block is None or not is_held(block, request.url) or _users_own(self, request, more):
            return patch.original(self, adapter, request, **more)
        return vars(self)["_real_send"](adapter, request, **more)

    return on_request


def _users_own(mock: Any, request: Any, more: Any) -> bool:
    """True when the user's own `responses` mock has an answer (moto's catches every AWS host).

    Matchers look at what `responses` puts on a request; to look takes no answer away.
    """
    request.params = mock._parse_request_params(request.path_url)
    request.req_kwargs = more
    found = (each for each in mock.registered() if each.matches(request)[0])
    return any(not type(each).__module__.startswith("moto.") for each in found)


# -- urllib.request ---------------------------------------------------------------------------


def do_open(patch: Patch) -> Any:
    """Return what stands in for `AbstractHTTPHandler.do_open` of urllib.request."""

    def do_open(self: Any, http_class: Any, req: Any, **more: Any) -> Any:
        headers = {**req.unredirected_hdrs, **req.headers}
        found = answered(req.get_method(), req.full_url, headers, req.data, _urllib_error)
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


def _http_client_response(req: Any, answer: Answer) -> Any:
    from http.client import HTTPResponse

    socket: Any = _Socket(chain([head(answer)], parts(answer, _urllib_error)))
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
