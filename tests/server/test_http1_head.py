"""Heads of requests: the quick reader takes what the standard library would read so, or nothing."""

from __future__ import annotations

from http.client import parse_headers
from io import BufferedReader, BytesIO
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlmock.server.http1_head import Head, head_of, plain_head

GET = b"GET /human-loops/x?a=%20b HTTP/1.1\r\nHost: x\r\nX-Amz-Date: 1:2 \t\r\n\r\n"


def reader(said: bytes) -> BufferedReader:
    """Return what reads `said` as a connection does."""
    source: Any = BytesIO(said)
    return BufferedReader(source)


def test_a_plain_head_is_taken_and_what_follows_is_left() -> None:
    source = reader(GET + b"body")
    head = plain_head(source)
    assert head == Head("GET", "/human-loops/x?a=%20b", {"host": "x", "x-amz-date": "1:2"})
    assert source.read() == b"body"


@pytest.mark.parametrize(
    "said",
    [
        b"",
        GET[:-2],
        GET.replace(b"GET", b"get"),
        GET.replace(b"GET ", b" GET "),
        GET.replace(b" /", b" http://x/"),
        GET.replace(b" /", b" //"),
        GET.replace(b"1.1", b"1.0"),
        GET.replace(b"loops", b"\xe4"),
        GET.replace(b"Host", b"Expect"),
        GET.replace(b"Host", b"TRANSFER-ENCODING"),
        GET.replace(b"Host", b"X_Host"),
        GET.replace(b"Host", b" Host"),
        GET.replace(b"Host:", b"Host"),
        GET.replace(b"Host", b""),
        GET.replace(b"x\r\n", b"x\r\nhost: y\r\n"),
        GET.replace(b"x\r\n", b"x\r\n y\r\n"),
        GET.replace(b"x\r\n", b"x\n"),
        GET.replace(b"x\r\n", b"x\ry\r\n"),
        GET.replace(b"Host: x\r\n", b"".join(b"a%d: b\r\n" % n for n in range(100))),
    ],
)
def test_any_other_head_is_left_whole(said: bytes) -> None:
    source = reader(said)
    assert plain_head(source) is None
    assert source.read() == said


def test_a_head_as_another_wsgi_server_hands_it_over() -> None:
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/human-loops/a b", "QUERY_STRING": ""}
    said = {"HTTP_X_AMZ_DATE": "1", "CONTENT_TYPE": "", "CONTENT_LENGTH": "2"}
    headers = {"x-amz-date": "1", "content-length": "2"}
    assert head_of({**environ, **said}) == Head("GET", "/human-loops/a b", headers)
    asked = {**environ, "QUERY_STRING": "c=d"}
    assert head_of(asked) == Head("GET", "/human-loops/a b?c=d", {})


LINES = st.lists(st.text(st.sampled_from("aA-_: \t\r\n\0\x0b\x1c\x7fé"), max_size=6), max_size=4)


@given(LINES)
@example(["a: b", "A-a:\tb:"])
@example(["a:\x0bb\x1c"])
def test_headers_are_what_the_standard_library_reads(lines: list[str]) -> None:
    said = "".join(f"{line}\r\n" for line in lines).encode("latin-1") + b"\r\n"
    head = plain_head(reader(b"GET / HTTP/1.1\r\n" + said))
    if head is not None:
        found = parse_headers(BytesIO(said))
        assert dict(head.headers) == {n.lower(): v.strip(" \t") for n, v in found.items()}
