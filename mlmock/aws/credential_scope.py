"""The account, region and signing name of a request, read from its signature."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

_SCOPE = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/,\s]*)/([^/,\s]+)/aws4_request")
_REGION = re.compile(r"(?:^|[.-])((?:af|ap|ca|cn|eu|eusc|il|me|mx|sa|us)(?:-[a-z]+)+-\d+)(?:\.|$)")
_SIGNING = re.compile(r"(?i)x-amz-(?!n-)[^=&]*")


@dataclass(frozen=True, slots=True)
class RequestIdentity:
    """The identity of a caller: account, region and signing name; None where unknown."""

    account_id: str | None
    region: str | None
    signing_name: str | None


def parse_identity(authorization: str, query: str, host: str) -> RequestIdentity:
    """Return the identity in the signature of a request, or else in its host.

    Args:
        authorization: The Authorization header, or an empty string.
        query: The query string, which holds the signature of a presigned URL.
        host: The host, which names a region where the signature does not.
    """
    scope = _SCOPE.search(authorization) or _SCOPE.search(unquote(query))
    if scope is None:
        return RequestIdentity(None, _region_of(host), None)
    # The AWS SDK for Go v2 signs without a region if the endpoint has none.
    key, region, name = scope.groups()
    account = key if len(key) == 12 and key.isdecimal() else None
    return RequestIdentity(account, region or _region_of(host), name)


def _region_of(host: str) -> str | None:
    found = _REGION.search(host)
    return found[1] if found else None


def strip_signature(url: str) -> str:
    """Return `url` without its signing parameters, so that the journal keeps no secrets."""
    path, mark, query = url.partition("?")
    if not mark:
        return url
    rest = [part for part in query.split("&") if not _SIGNING.fullmatch(part.partition("=")[0])]
    return f"{path}?{'&'.join(rest)}" if rest else path
