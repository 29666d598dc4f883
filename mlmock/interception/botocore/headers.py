"""botocore's headers, read and made without going through its own kind of mapping."""

from __future__ import annotations

from collections.abc import Container, Iterable
from functools import cache, lru_cache
from typing import Any

from botocore import awsrequest
from botocore.awsrequest import AWSResponse, HeadersDict

_PARTS = {"url", "status_code", "headers", "raw", "_content"}


@cache
def is_known() -> bool:
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
    if isinstance(headers, HeadersDict) and is_known():
        mine: Any = vars(headers)["_dict"]
        return {key._lower: text_of(value) for key, value in mine.items() if key._lower in names}
    return {name.lower(): text_of(headers[name]) for name in headers if name.lower() in names}


def text_of(value: Any) -> str:
    """Return a header's value as text."""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def headers_of(pairs: Iterable[tuple[str, Any]]) -> HeadersDict:
    """Return botocore's mapping of headers; where a name comes twice, the later value counts."""
    found = _Headers.__new__(_Headers)
    vars(found)["_dict"] = {_key(name): value for name, value in pairs}
    return found


class _Headers(HeadersDict):
    """Headers that are read in the dict they are in: botocore goes over them several times."""

    def __iter__(self) -> Any:
        return iter([key._key for key in vars(self)["_dict"]])

    def items(self) -> Any:
        return [(key._key, value) for key, value in vars(self)["_dict"].items()]

    def get(self, name: Any, default: Any = None) -> Any:
        return vars(self)["_dict"].get(_key(name), default)

    def __getitem__(self, name: Any) -> Any:
        return vars(self)["_dict"][_key(name)]

    def __contains__(self, name: Any) -> bool:
        return _key(name) in vars(self)["_dict"]


def response(url: str, status: int, headers: dict[str, str], raw: Any) -> Any:
    """Return an AWSResponse with these headers."""
    found: Any
    if not is_known():
        found = AWSResponse(url, status, headers, raw)  # type: ignore[arg-type]
        return found
    found = AWSResponse.__new__(AWSResponse)
    found.url = url
    found.status_code = status
    found.headers = headers_of(headers.items())
    found.raw = raw
    found._content = None
    return found
