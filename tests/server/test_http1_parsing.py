"""HTTP/1.1 that the server rejects, and does so without ambiguity about where a request ends."""

from __future__ import annotations

import pytest

from mlmock import ServerThread
from tests.server.raw_http import exchange, request

POST = "POST /endpoints/e/invocations"
LONG = "b" * 70_000
CHUNKED = "Transfer-Encoding: chunked"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"rubbish\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),  # the start of TLS
        (b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", 505),
        (b"PRI * HTTP/2.0\r\n\r\nxx\r\n\r\n", 505),
        (b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (request("GET http://["), 400),
        (request("BREW /"), 405),
        (request("POST //["), 404),
        (request(f"GET /{LONG}"), 414),
    ],
)
def test_request_lines(mlmock_server: ServerThread, sent: bytes, status: int) -> None:
    assert_rejected(mlmock_server, sent, status)


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("no colon", 400),
        ("Name : value", 400),
        ("X: one\r\n two", 400),
        ("X: one\r\n\ttwo", 400),
        ("X: one\rY: two", 400),
        ("X: one\r", 400),
        ("Host: another", 400),
        (f"X: {LONG}", 431),
        ("\r\n".join(f"X{number}: a" for number in range(100)), 431),
    ],
)
def test_headers(mlmock_server: ServerThread, header: str, status: int) -> None:
    assert_rejected(mlmock_server, request("GET /_mlmock/health", header), status)


@pytest.mark.parametrize("value", ["five", "-5", "+5", "5_0", "0x5", "5 5", "", "9" * 30])
def test_content_lengths(mlmock_server: ServerThread, value: str) -> None:
    sent = request(POST, f"Content-Length: {value}", body=b"12345")
    assert_rejected(mlmock_server, sent, 400)


def test_content_lengths_that_differ(mlmock_server: ServerThread) -> None:
    sent = request(POST, "Content-Length: 5", "Content-Length: 6", body=b"12345")
    assert_rejected(mlmock_server, sent, 400)


def test_content_length_with_transfer_encoding(mlmock_server: ServerThread) -> None:
    sent = request(POST, "Content-Length: 5", CHUNKED, body=b"5\r\n12345\r\n0\r\n\r\n")
    assert_rejected(mlmock_server, sent, 400)


def test_transfer_encodings_but_chunked(mlmock_server: ServerThread) -> None:
    assert_rejected(mlmock_server, request(POST, "Transfer-Encoding: gzip, chunked"), 501)


@pytest.mark.parametrize(
    "body", [b"zz\r\n", b"0x5\r\n12345\r\n0\r\n\r\n", b"-1\r\n", b"5\r\n1234567\r\n0\r\n\r\n"]
)
def test_chunks(mlmock_server: ServerThread, body: bytes) -> None:
    assert_rejected(mlmock_server, request(POST, CHUNKED, body=body), 400)


@pytest.mark.parametrize(
    "sent",
    [
        request(POST, "Content-Length: 50", body=b"abc"),
        request(POST, CHUNKED, body=b"5\r\nab"),
        request(POST, CHUNKED, body=b"2\r\nab\r\n"),
    ],
)
def test_bodies_that_end_too_early(mlmock_server: ServerThread, sent: bytes) -> None:
    assert exchange(mlmock_server.port, sent).startswith(b"HTTP/1.1 400 ")
    assert not mlmock_server.ml.calls


def test_http_1_1_needs_a_host(mlmock_server: ServerThread) -> None:
    assert_rejected(mlmock_server, b"GET /_mlmock/health HTTP/1.1\r\n\r\n", 400)
    received = exchange(mlmock_server.port, b"GET /_mlmock/health HTTP/1.0\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 200 OK\r\n")


def test_error_response_states_the_reason(mlmock_server: ServerThread) -> None:
    received = exchange(mlmock_server.port, request("GET /", "no colon"))
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"\r\nx-amzn-ErrorType: SerializationException\r\n" in head
    assert b"The request is not valid HTTP: illegal header line" in body


def assert_rejected(server: ServerThread, sent: bytes, status: int) -> None:
    """Assert that a request has an error response, and that the server goes on after it."""
    received = exchange(server.port, sent + request("GET /_mlmock/health"))
    assert received.startswith(b"HTTP/1.1 %d " % status), received[:200]
    assert b"Traceback" not in received
    assert not server.ml.calls
    health = exchange(server.port, request("GET /_mlmock/health"))
    assert health.startswith(b"HTTP/1.1 200 OK\r\n")
