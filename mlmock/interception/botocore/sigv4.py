"""SigV4 with keys of our own: the bytes of botocore's signer, without its detours.

botocore prepares the request once more to see its body, goes over the headers three times and
derives the signing key anew for every call. Whatever is out of the ordinary (a body to be read,
a header twice, a query in `params`, debug logs) is signed by botocore's own code, and so is
everything where that isn't the code that was read.
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

_KNOWN = frozenset({"edf5b934c9c2e4b5", "0947007ed65bc81d"})  # botocore 1.36 to 1.44
# What the signer itself sets, or hashes otherwise.
_OWN = frozenset(
    {"authorization", "date", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token"}
)
# What stays as it is in the canonical path, but for %, which is quoted again.
_PLAIN_PATH = re.compile(r"(?:/[A-Za-z0-9_~%-][A-Za-z0-9_.~%-]*)+", re.ASCII).fullmatch
_LOG: Any = vars(botocore.auth)["logger"]


@cache
def _is_known() -> bool:
    return botocore.auth.AUTH_TYPE_MAPS.get("v4") is SigV4Auth and class_hash(SigV4Auth) in _KNOWN


def auth_for(credentials: Any, service: str, region: str | None) -> Any:
    """Return what signs for a service and region with frozen `credentials`, or None: botocore's."""
    return OwnAuth(credentials, service, region) if region and _is_known() else None


class OwnAuth(SigV4Auth):
    """Signs the requests of one account, region and service."""

    def __init__(self, credentials: Any, service_name: str, region_name: str) -> None:
        super().__init__(credentials, service_name, region_name)
        self._place = (region_name, service_name, "aws4_request")
        self._left_out = frozenset(vars(botocore.auth)["SIGNED_HEADERS_BLACKLIST"])
        self._keys = lru_cache(maxsize=4)(self._key_of)
        self._credential = f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/"

    def add_auth(self, request: Any) -> None:
        """Put X-Amz-Date and Authorization on an AWSRequest, as botocore does."""
        if not _is_plain(request):
            super().add_auth(request)
            return
        stamp = _stamp()
        headers = self._headers(request, stamp)
        path = _path(request.url)
        if headers is None or path is None:
            super().add_auth(request)
            return
        request.context["timestamp"] = stamp
        request.headers["X-Amz-Date"] = stamp
        self._sign_headers(request, stamp, path, headers)

    def _headers(self, request: Any, stamp: str) -> dict[str, str] | None:
        """Return the headers to be signed by their lower-case names, or None if one is odd."""
        found = {"host": _host(request.url), "x-amz-date": stamp}
        for name, value in request.headers.raw_items():
            lower = name.lower()
            if lower in self._left_out and lower not in _OWN:
                continue
            if lower in found or lower in _OWN or type(value) is not str or not value.isascii():
                return None
            found[lower] = " ".join(value.split())
        return found

    def _sign_headers(self, request: Any, stamp: str, path: str, headers: dict[str, str]) -> None:
        names, signed = _order(tuple(headers))
        lines = "\n".join([f"{name}:{headers[name]}" for name in names])
        query = self.canonical_query_string(request) if "?" in request.url else ""
        data = request.data
        digest = sha256(data).hexdigest() if data else EMPTY_SHA256_HASH
        text = f"{request.method.upper()}\n{path}\n{query}\n{lines}\n\n{signed}\n{digest}"
        scope, key = self._keys(stamp[:8])
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{sha256(text.encode()).hexdigest()}"
        signature = hmac.digest(key, text.encode(), "sha256").hex()
        request.headers["Authorization"] = (
            f"{self._credential}{scope}, SignedHeaders={signed}, Signature={signature}"
        )

    def _key_of(self, day: str) -> tuple[str, bytes]:
        """Return the scope and the signing key of a day."""
        parts = (day, *self._place)
        key = f"AWS4{self.credentials.secret_key}".encode()
        for part in parts:
            key = hmac.digest(key, part.encode(), "sha256")
        return "/".join(parts), key


def _is_plain(request: Any) -> bool:
    """True for a request whose body is bytes or nothing, with nothing unusual about it."""
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


def _stamp() -> str:
    """Return the present instant as botocore's signer writes it, from the clock that it asks."""
    names = vars(botocore.auth)
    ask = names.get("get_current_datetime")
    if ask is None:  # older releases ask in a way that Python 3.12 has deprecated
        clock = names["datetime"]
        text = clock.datetime.now(clock.timezone.utc).isoformat()
    else:
        text = ask().isoformat()
    return f"{text[:4]}{text[5:7]}{text[8:13]}{text[14:16]}{text[17:19]}Z"


def _path(url: str) -> str | None:
    """Return the canonical path of `url`, or None where that takes botocore's care."""
    begin, end = url.find("/", 8), url.find("?")
    path = url[begin:] if end < 0 else url[begin:end]
    return path.replace("%", "%25") if begin > 0 and _PLAIN_PATH(path) else None


def _host(url: str) -> str:
    return _host_of(url[: url.find("/", 8)])


@lru_cache(maxsize=256)
def _host_of(start: str) -> str:
    return str(vars(botocore.auth)["_host_from_url"](start))


@lru_cache(maxsize=256)
def _order(names: tuple[str, ...]) -> tuple[list[str], str]:
    ordered = sorted(names)
    return ordered, ";".join(ordered)
