"""Requests as they go out: what botocore makes of one that has been signed, made in one go.

Of those to every service: what it makes is the same, so a mock costs other services nothing.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSRequest, AWSRequestPreparer
from botocore.compat import HTTPHeaders

from mlmock.interception.botocore.headers import headers_of, is_known
from mlmock.interception.patching import Patch

_BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})
_FRAMED = frozenset({"content-length", "transfer-encoding"})


def prepare_request(patch: Patch) -> Any:
    """Return what stands in for `Endpoint.prepare_request`."""

    def prepare_request(self: Any, request: Any) -> Any:
        found = prepared(request)
        return patch.original(self, request) if found is None else found

    return prepare_request


def prepared(request: Any) -> Any:
    """Return the prepared form of an AWSRequest, as botocore makes it; None for an unusual one."""
    data, headers = request.data, request.headers
    if (
        (data is not None and type(data) is not bytes)
        or request.params
        or (type(request), type(headers)) != (AWSRequest, HTTPHeaders)
        or type(request._request_preparer) is not AWSRequestPreparer
        or not _is_known()
    ):
        return None
    pairs = list(headers.raw_items())
    if any(type(value) is not str for _, value in pairs):
        return None
    return _prepared(request, pairs, data or None)


def _prepared(request: Any, pairs: list[tuple[str, str]], body: bytes | None) -> Any:
    sent: list[tuple[str, Any]] = [(name, value.encode()) for name, value in pairs]
    if request.method not in _BODILESS and _FRAMED.isdisjoint(name.lower() for name, _ in pairs):
        sent.append(("Content-Length", str(len(body or b""))))
    names: Any = headers_of(sent)
    return AWSPreparedRequest(
        request.method, request.url, names, body, request.stream_output, request.context
    )


@cache
def _is_known() -> bool:
    """True when a prepared request is made of what those were that were read (1.44)."""
    taken = AWSPreparedRequest.__init__.__code__.co_varnames
    return is_known() and taken[1:7] == _PARTS


_PARTS = ("method", "url", "headers", "body", "stream_output", "context")
