"""A fast preparation of signed requests, with the same result as botocore's.

It is used for the requests of all services, so that a mock does not slow down the others.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSRequest, AWSRequestPreparer
from botocore.compat import HTTPHeaders

from mlmock.interception.botocore.headers import headers_of, is_supported
from mlmock.interception.patching import Patch

_METHODS_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
_LENGTH_HEADERS = frozenset({"content-length", "transfer-encoding"})
_PARAMETERS = ("method", "url", "headers", "body", "stream_output", "context")


def prepare_request(patch: Patch) -> Any:
    """Return a replacement for `Endpoint.prepare_request`."""

    def prepare_request(self: Any, request: Any) -> Any:
        result = prepared(request)
        return patch.original(self, request) if result is None else result

    return prepare_request


def prepared(request: Any) -> Any:
    """Return the prepared form of an AWSRequest, or None if botocore has to prepare it."""
    data, headers = request.data, request.headers
    if (
        (data is not None and type(data) is not bytes)
        or request.params
        or (type(request), type(headers)) != (AWSRequest, HTTPHeaders)
        or type(request._request_preparer) is not AWSRequestPreparer
        or not _is_supported()
    ):
        return None
    pairs = list(headers.raw_items())
    if any(type(value) is not str for _, value in pairs):
        return None
    return _prepare(request, pairs, data or None)


def _prepare(request: Any, pairs: list[tuple[str, str]], body: bytes | None) -> Any:
    encoded: list[tuple[str, Any]] = [(name, value.encode()) for name, value in pairs]
    if request.method not in _METHODS_WITHOUT_BODY and _LENGTH_HEADERS.isdisjoint(
        name.lower() for name, _ in pairs
    ):
        encoded.append(("Content-Length", str(len(body or b""))))
    headers: Any = headers_of(encoded)
    return AWSPreparedRequest(
        request.method, request.url, headers, body, request.stream_output, request.context
    )


@cache
def _is_supported() -> bool:
    """Return whether a prepared request has the parameters of the reviewed release, 1.44."""
    parameters = AWSPreparedRequest.__init__.__code__.co_varnames
    return is_supported() and parameters[1:7] == _PARAMETERS
