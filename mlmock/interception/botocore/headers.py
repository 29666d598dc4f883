"""Fast reading and creation of botocore's header mappings and responses."""

from __future__ import annotations

from collections.abc import Container, Iterable
from functools import cache, lru_cache
from typing import Any

from botocore import awsrequest
from botocore.awsrequest import AWSResponse, HeadersDict

_RESPONSE_ATTRIBUTES = {"url", "status_code", "headers", "raw", "_content"}


@cache
def is_supported() -> bool:
    """Return whether botocore's responses have the attributes of the reviewed releases.

    These are 1.36 to 1.44. In any other, responses are created by botocore's own constructors.
    """
    probe: Any = AWSResponse("", 200, {"a": "b"}, None)  # type: ignore[arg-type]
    key = getattr(awsrequest, "_HeaderKey", None)
    return (
        set(vars(probe)) == _RESPONSE_ATTRIBUTES
        and set(vars(probe.headers)) == {"_dict"}
        and key is not None
        and probe.headers._dict == {key("a"): "b"}
        and getattr(key("A"), "_lower", None) == "a"
    )


@lru_cache(maxsize=256)
def _key(name: str) -> Any:
    return vars(awsrequest)["_HeaderKey"](name)


def modelled_headers(headers: Any, names: Container[str]) -> dict[str, str]:
    """Return the headers of a request that an operation models.

    Args:
        headers: The headers of the request.
        names: The lower-case names of the headers to return.
    """
    if isinstance(headers, HeadersDict) and is_supported():
        values: Any = vars(headers)["_dict"]
        return {key._lower: text_of(value) for key, value in values.items() if key._lower in names}
    return {name.lower(): text_of(headers[name]) for name in headers if name.lower() in names}


def text_of(value: Any) -> str:
    """Return the value of a header as text."""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def headers_of(pairs: Iterable[tuple[str, Any]]) -> HeadersDict:
    """Return botocore's mapping of headers. If a name occurs twice, the later value wins."""
    headers = _Headers.__new__(_Headers)
    vars(headers)["_dict"] = {_key(name): value for name, value in pairs}
    return headers


class _Headers(HeadersDict):
    """Headers that are read from the inner dict, because botocore reads them several times."""

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


def aws_response(url: str, status: int, headers: dict[str, str], raw: Any) -> Any:
    """Return an AWSResponse.

    Args:
        url: The URL of the request.
        status: The HTTP status code.
        headers: The response headers.
        raw: The body, as returned by `raw_body`.
    """
    response: Any
    if not is_supported():
        response = AWSResponse(url, status, headers, raw)  # type: ignore[arg-type]
        return response
    response = AWSResponse.__new__(AWSResponse)
    response.url = url
    response.status_code = status
    response.headers = headers_of(headers.items())
    response.raw = raw
    response._content = None
    return response
