"""A fast SigV4 signer for requests with fake credentials, with the same result as botocore's.

botocore prepares the request a second time to read its body, iterates over the headers three times
and derives the signing key for every call. This signer does neither. It leaves unusual requests to
botocore's code (a body that is a file, a repeated header, a query in `params`, debug logging), and
all requests if botocore's source is not a supported one.
"""

from __future__ import annotations

import hmac
import logging
import re
from functools import cache, lru_cache
from hashlib import sha256
from typing import Any

import botocore.auth
from botocore.auth import EMPTY_SHA256_HASH, SigV4Auth
from botocore.compat import HTTPHeaders

from mlmock.interception.source_hash import class_hash

_SUPPORTED_SOURCES = frozenset({"edf5b934c9c2e4b5", "0947007ed65bc81d"})  # botocore 1.36 to 1.44
# The headers that a signer sets itself or treats differently.
_SIGNER_HEADERS = frozenset(
    {"authorization", "date", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token"}
)
# A path that is its own canonical form, except for %, which is quoted again.
_PLAIN_PATH = re.compile(r"(?:/[A-Za-z0-9_~%-][A-Za-z0-9_.~%-]*)+", re.ASCII).fullmatch
_LOG: Any = vars(botocore.auth)["logger"]


@cache
def _is_supported() -> bool:
    return (
        botocore.auth.AUTH_TYPE_MAPS.get("v4") is SigV4Auth
        and class_hash(SigV4Auth) in _SUPPORTED_SOURCES
    )


def auth_for(credentials: Any, service: str, region: str | None) -> Any:
    """Return a signer, or None if botocore's own is to be used.

    Args:
        credentials: Frozen credentials.
        service: The signing name of the service.
        region: The region, or None if the client has none.
    """
    return FastSigV4Auth(credentials, service, region) if region and _is_supported() else None


class FastSigV4Auth(SigV4Auth):
    """A signer for the requests of one account, region and service."""

    def __init__(self, credentials: Any, service_name: str, region_name: str) -> None:
        super().__init__(credentials, service_name, region_name)
        self._scope = (region_name, service_name, "aws4_request")
        self._unsigned_headers = frozenset(vars(botocore.auth)["SIGNED_HEADERS_BLACKLIST"])
        self._signing_key = lru_cache(maxsize=4)(self._derive_key)
        self._credential = f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/"

    def add_auth(self, request: Any) -> None:
        """Set the headers X-Amz-Date and Authorization of an AWSRequest, as botocore does."""
        if not _is_plain(request):
            super().add_auth(request)
            return
        timestamp = _timestamp()
        headers = self._signed_headers(request, timestamp)
        path = _canonical_path(request.url)
        if headers is None or path is None:
            super().add_auth(request)
            return
        request.context["timestamp"] = timestamp
        request.headers["X-Amz-Date"] = timestamp
        self._sign_headers(request, timestamp, path, headers)

    def _signed_headers(self, request: Any, timestamp: str) -> dict[str, str] | None:
        """Return the headers to sign by their lower-case names, or None if one is unusual."""
        headers = {"host": _host(request.url), "x-amz-date": timestamp}
        for name, value in request.headers.raw_items():
            lower = name.lower()
            if lower in self._unsigned_headers and lower not in _SIGNER_HEADERS:
                continue
            if (
                lower in headers
                or lower in _SIGNER_HEADERS
                or type(value) is not str
                or not value.isascii()
            ):
                return None
            headers[lower] = " ".join(value.split())
        return headers

    def _sign_headers(
        self, request: Any, timestamp: str, path: str, headers: dict[str, str]
    ) -> None:
        names, signed_names = _sorted_names(tuple(headers))
        lines = "\n".join([f"{name}:{headers[name]}" for name in names])
        query = self.canonical_query_string(request) if "?" in request.url else ""
        data = request.data
        digest = sha256(data).hexdigest() if data else EMPTY_SHA256_HASH
        text = f"{request.method.upper()}\n{path}\n{query}\n{lines}\n\n{signed_names}\n{digest}"
        scope, key = self._signing_key(timestamp[:8])
        text = f"AWS4-HMAC-SHA256\n{timestamp}\n{scope}\n{sha256(text.encode()).hexdigest()}"
        signature = hmac.digest(key, text.encode(), "sha256").hex()
        request.headers["Authorization"] = (
            f"{self._credential}{scope}, SignedHeaders={signed_names}, Signature={signature}"
        )

    def _derive_key(self, day: str) -> tuple[str, bytes]:
        """Return the credential scope and the signing key of a day."""
        parts = (day, *self._scope)
        key = f"AWS4{self.credentials.secret_key}".encode()
        for part in parts:
            key = hmac.digest(key, part.encode(), "sha256")
        return "/".join(parts), key


def _is_plain(request: Any) -> bool:
    """Return whether the body of a request is bytes or empty, and nothing in it is unusual."""
    context, data = request.context, request.data
    return (
        (type(data) is bytes or not data)
        and not request.params
        and type(request.headers) is HTTPHeaders
        and context.get("payload_signing_enabled", True) is True
        and "checksum" not in context
        and "#" not in request.url
        and not _LOG.isEnabledFor(logging.DEBUG)
    )


def _timestamp() -> str:
    """Return the current time as botocore's signer formats it, from the clock that it reads."""
    names = vars(botocore.auth)
    get_current_datetime = names.get("get_current_datetime")
    if get_current_datetime is None:  # earlier releases call what Python 3.12 has deprecated
        clock = names["datetime"]
        text = clock.datetime.now(clock.timezone.utc).isoformat()
    else:
        text = get_current_datetime().isoformat()
    return f"{text[:4]}{text[5:7]}{text[8:13]}{text[14:16]}{text[17:19]}Z"


def _canonical_path(url: str) -> str | None:
    """Return the canonical path of `url`, or None if botocore has to normalize it."""
    start, end = url.find("/", 8), url.find("?")
    path = url[start:] if end < 0 else url[start:end]
    return path.replace("%", "%25") if start > 0 and _PLAIN_PATH(path) else None


def _host(url: str) -> str:
    return _host_header(url[: url.find("/", 8)])


@lru_cache(maxsize=256)
def _host_header(origin: str) -> str:
    return str(vars(botocore.auth)["_host_from_url"](origin))


@lru_cache(maxsize=256)
def _sorted_names(names: tuple[str, ...]) -> tuple[list[str], str]:
    ordered = sorted(names)
    return ordered, ";".join(ordered)
