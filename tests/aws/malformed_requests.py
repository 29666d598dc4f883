"""Corrupted requests: bodies, paths, queries and headers."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

from mlmock.aws.protocol.messages import Request
from mlmock.aws.protocol.rest_json import Operation
from tests.aws.botocore_codec import ENDPOINT, serialize_request
from tests.aws.shape_strategies import structures

ODD_VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    2**31,
    2**63,
    10**400,
    0.5,
    1e300,
    "",
    "no such value",
    "NaN",
    "2026-01-01T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "\x00\n\t",
    "\ud800",
    "ÄÖÜ😀",
    "x" * 3000,
    [],
    [None],
    [[]],
    [0, "a"],
    {},
    {"a": None},
    {"": {}},
    {"__type": "x"},
)
ODD_BODIES = (
    b"",
    b" ",
    b"null",
    b"true",
    b"0",
    b'"text"',
    b"[]",
    b"[{}]",
    b"{",
    b"}",
    b"{]",
    b'{"a"}',
    b"{}{}",
    b"{'a': 1}",
    b'{"a": 1,}',
    b"NaN",
    b'{"a": NaN}',
    b'{"a": Infinity}',
    b'{"a": 1e999}',
    b'{"a": 0x1}',
    b'{"a": 01}',
    b'{"a": "\x01"}',
    b'{"a": "\\ud800"}',
    b'{"a": "\\q"}',
    b'{"a": 1, "a": [2]}',
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{\x00}\x00",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\x00",
    b"a=1&b=2",
    b"<xml/>",
    b"1" * 5000,
    b'{"a": ' + b"1" * 5000 + b"}",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"[" * 5000 + b"]" * 5000,
    b'{"a":' * 500 + b"1" + b"}" * 500,
)
ODD_TAILS = (
    "%",
    "%zz",
    "%ff%fe",
    "%00",
    "%2F..%2F",
    "é",
    " ",
    "a" * 3000,
    "?",
    "??=&=",
    "&&",
    "#x",
)


def odd_bodies() -> st.SearchStrategy[bytes]:
    """Return bytes that are not the body of any valid request."""
    return st.sampled_from(ODD_BODIES) | st.binary(max_size=30)


@st.composite
def corrupted_requests(draw: Any, operation: Operation) -> Request:
    """Draw a valid request of `operation` with one or two corruptions."""
    request = serialize_request(operation, draw(structures(operation.model.input_shape)))
    corruptions = draw(st.lists(st.sampled_from(_CORRUPTIONS), min_size=1, max_size=2))
    for corrupt in corruptions:
        request = draw(corrupt(request))
    return request


def _one_value(request: Request) -> st.SearchStrategy[Request]:
    """Replace any node of a JSON body with an odd value, or remove it."""
    try:
        body = json.loads(request.body)
        changes = [*paths_into(body)]
    except (ValueError, RecursionError):  # since 3.13, json parses deeper than Python can recurse
        return _body(request)
    if not changes:
        return _body(request)
    paths = st.sampled_from(changes)
    return st.builds(lambda path, odd: _changed(request, body, path, odd), paths, _ODD)


_ODD: st.SearchStrategy[Any] = st.sampled_from(ODD_VALUES) | st.just(...)


def paths_into(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path to every node inside a JSON value."""
    steps: Any = value if isinstance(value, dict) else range(len(value) if _is_list(value) else 0)
    for step in steps:
        yield (*path, step)
        yield from paths_into(value[step], (*path, step))


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _changed(request: Request, body: Any, path: tuple[Any, ...], odd: Any) -> Request:
    body = copy.deepcopy(body)
    inner = body
    for step in path[:-1]:
        inner = inner[step]
    if odd is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = odd
    return _with(request, body=json.dumps(body).encode())


def _body(request: Request) -> st.SearchStrategy[Request]:
    cuts = st.integers(0, len(request.body)).map(lambda size: request.body[:size])
    return (odd_bodies() | cuts).map(lambda body: _with(request, body=body))


def _url(request: Request) -> st.SearchStrategy[Request]:
    start = len(ENDPOINT)
    cuts = st.integers(start, len(request.url)).map(lambda size: request.url[:size])
    tails = st.sampled_from(ODD_TAILS)
    both = st.builds(lambda url, tail: url + tail, cuts | st.just(request.url), tails)
    inside = st.builds(
        lambda position, tail: request.url[:position] + tail + request.url[position:],
        st.integers(start, len(request.url)),
        tails,
    )
    return (cuts | both | inside).map(lambda url: _with(request, url=url))


def _headers(request: Request) -> st.SearchStrategy[Request]:
    if not request.headers:
        return _url(request)
    odd = st.sampled_from([str(value) for value in ODD_VALUES])
    names = st.sampled_from(sorted(request.headers))
    return st.builds(
        lambda name, text: _with(request, headers={**request.headers, name: text}), names, odd
    )


_CORRUPTIONS: list[Callable[[Request], st.SearchStrategy[Request]]] = [
    _one_value,
    _body,
    _url,
    _headers,
]


def _with(request: Request, **changes: Any) -> Request:
    found = {name: getattr(request, name) for name in ("method", "url", "headers", "body")}
    return Request(**{**found, **changes})
