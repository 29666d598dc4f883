"""botocore's headers, read and made without going through its own kind of mapping."""

from __future__ import annotations

from collections.abc import Container
from functools import cache, lru_cache
from typing import Any

from botocore import awsrequest
from botocore.awsrequest import AWSResponse, HeadersDict

_PARTS = {"url", "status_code", "headers", "raw", "_content"}


@cache
def _is_known() -> bool:
    """True when this botocore's response is built as those that were read (1.36 to 1.44)."""
    probe: Any = AWSResponse("", 200, {"a": "b"}, None)  # type: ignore[arg-type]
    key = getattr(awsrequest, "_HeaderKey", None)
    return (
        set(vars(probe)) == _PARTS
        and set(vars(probe.headers)) == {"_dict"}
        and key is not None
        and probe.headers._dict == {key("a"): "b"}
        and getattr(key("A"), "_lower", None) == "a"
    )


@lru_cache(maxsize=256)
def _key(name: str) -> Any:
    return vars(awsrequest)["_HeaderKey"](name)


def modelled_headers(headers: Any, names: Container[str]) -> dict[str, str]:
    """Return those of a request's `headers` whose lower-case names are in `names`."""
    if type(headers) is HeadersDict and _is_known():
        mine: Any = vars(headers)["_dict"]
        return {key._lower: text_of(value) for key, value in mine.items() if key._lower in names}
    return {name.lower(): text_of(headers[name]) for name in headers if name.lower() in names}


def text_of(value: Any) -> str:
    """Return a header's value as text."""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def response(url: str, status: int, headers: dict[str, str], raw: Any) -> Any:
    """Return an AWSResponse with these headers."""
    found: Any
    if not _is_known():
        found = AWSResponse(url, status, headers, raw)  # type: ignore[arg-type]
        return found
    names = HeadersDict.__new__(HeadersDict)
    vars(names)["_dict"] = {_key(name): value for name, value in headers.items()}
    found = AWSResponse.__new__(AWSResponse)
    found.url = url
    found.status_code = status
    found.headers = names
    found.raw = raw
    found._content = None
    return found
