"""HTTP/1.1 as SDKs in other languages send it."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest

from mlmock import ServerLimits, ServerThread
from tests.server.conftest import (
    CONVERSE,
    CONVERSE_BODY,
    CONVERSE_STREAM,
    LIST_HUMAN_LOOPS,
    MESSAGES,
    MODEL,
    Fetch,
)
from tests.server.raw_http import connect_to, exchange, post, receive_all, request


def last_messages(server: ServerThread) -> Any:
    """Return the messages of the last call."""
    return server.ml.calls.last.params["messages"]


@pytest.mark.parametrize(
    "model",
    [
        MODEL,
        MODEL.replace(":", "%3A"),
        "arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Afoundation-model%2F" + MODEL.replace(":", "%3A"),
    ],
)
def test_model_ids_may_be_percent_encoded(fetch: Fetch, model: str) -> None:
    response = fetch("POST", f"/model/{model}/converse", CONVERSE_BODY)
    assert response.status == 200
    assert response.json["output"]["message"]["role"] == "assistant"


def test_target_in_absolute_form_without_content_type(mlmock_server: ServerThread) -> None:
    target = f"http://bedrock-runtime.eu-west-1.amazonaws.com{CONVERSE}"
    response = exchange(mlmock_server.port, post(target, CONVERSE_BODY))
    assert response.startswith(b"HTTP/1.1 200 OK\r\n")


def signature(name: str, *, region: str = "eu-west-1", key: str = "210987654321") -> dict[str, str]:
    """Return the header of SigV4 with a signature that isn't valid."""
    scope = f"{key}/20260101/{region}/{name}/aws4_request"
    value = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    return {"Authorization": value}


@pytest.mark.parametrize(
    ("headers", "region", "account"),
    [
        (signature("bedrock"), "eu-west-1", "210987654321"),
        (signature("bedrock", key="AKIDEXAMPLE"), "eu-west-1", "123456789012"),
        (signature("bedrock", region=""), "us-east-1", "210987654321"),
        ({"Authorization": "Bearer abc"}, "us-east-1", "123456789012"),
        ({"Host": "bedrock-runtime.ap-south-1.amazonaws.com"}, "ap-south-1", "123456789012"),
        ({}, "us-east-1", "123456789012"),
    ],
)
def test_region_and_account(
    mlmock_server: ServerThread, fetch: Fetch, headers: dict[str, str], region: str, account: str
) -> None:
    assert fetch("POST", CONVERSE, CONVERSE_BODY, headers).status == 200
    call = mlmock_server.ml.calls.last
    assert (call.region, call.account_id) == (region, account)


@pytest.mark.parametrize(
    ("method", "target", "operation"),
    [
        ("GET", LIST_HUMAN_LOOPS, "ListHumanLoops"),
        ("POST", "/human-loops/stop", "StopHumanLoop"),
        ("DELETE", "/human-loops/stop", "DeleteHumanLoop"),
        ("POST", "/endpoints/stop/invocations", "InvokeEndpoint"),
        ("POST", "/endpoints/x/invocations-response-stream", "InvokeEndpointWithResponseStream"),
        ("GET", "/async-invoke", "ListAsyncInvokes"),
        ("GET", "/2020-11-20/projects", "ListProjects"),
    ],
)
def test_method_and_path_select_the_operation(
    mlmock_server: ServerThread, fetch: Fetch, method: str, target: str, operation: str
) -> None:
    fetch(method, target)
    assert mlmock_server.ml.calls.last.operation == operation


def test_path_of_no_operation(fetch: Fetch) -> None:
    response = fetch("GET", "/no/such/path")
    assert response.status == 404
    assert response.headers["x-amzn-ErrorType"] == "UnknownOperationException"
    assert response.headers["x-amzn-RequestId"]


# -- bodies ----------------------------------------------------------------------------------


def chunked(*pieces: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    """Return a body in chunks."""
    return b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in pieces) + end


@pytest.mark.parametrize("end", [b"0\r\n\r\n", b"0;last=1\r\nX-Checksum: 1\r\n\r\n"])
def test_chunked_body(mlmock_server: ServerThread, end: bytes) -> None:
    body = chunked(CONVERSE_BODY[:7], CONVERSE_BODY[7:30], CONVERSE_BODY[30:], end=end)
    sent = request(f"POST {CONVERSE}", "Transfer-Encoding: chunked", body=body)
    assert exchange(mlmock_server.port, sent).startswith(b"HTTP/1.1 200 OK\r\n")
    assert last_messages(mlmock_server) == MESSAGES


def test_chunks_with_extensions(mlmock_server: ServerThread) -> None:
    body = b"%x;a=1;b\r\n%b\r\n0\r\n\r\n" % (len(CONVERSE_BODY), CONVERSE_BODY)
    sent = request(f"POST {CONVERSE}", "Transfer-Encoding: chunked", body=body)
    assert exchange(mlmock_server.port, sent).startswith(b"HTTP/1.1 200 OK\r\n")
    assert last_messages(mlmock_server) == MESSAGES


def test_content_encodings(mlmock_server: ServerThread, fetch: Fetch) -> None:
    chunks = b"%x;chunk-signature=%b\r\n%b\r\n" % (len(CONVERSE_BODY), b"0" * 64, CONVERSE_BODY)
    chunks += b"0;chunk-signature=%b\r\n\r\n" % (b"0" * 64)
    assert fetch("POST", CONVERSE, chunks, {"Content-Encoding": "aws-chunked"}).status == 200
    packed = gzip.compress(CONVERSE_BODY)
    assert fetch("POST", CONVERSE, packed, {"Content-Encoding": "gzip"}).status == 200
    assert fetch("POST", CONVERSE, CONVERSE_BODY, {"Content-Encoding": "identity"}).status == 200
    assert len(mlmock_server.ml.calls) == 3
    assert last_messages(mlmock_server) == MESSAGES


@pytest.mark.parametrize(
    ("encoding", "body", "message"),
    [
        ("gzip", b"no gzip", "The request body is not gzip."),
        ("br", b"{}", "Content-Encoding 'br' is not supported."),
        ("aws-chunked", b"", "The aws-chunked body has no last chunk."),
        ("aws-chunked", b"zz\r\n", "The aws-chunked size b'zz' is not a hexadecimal number."),
        ("aws-chunked", b"-5\r\n", "The aws-chunked size b'-5' is not a hexadecimal number."),
        ("aws-chunked", b"5\r\nab\r\n", "The aws-chunked body ends within a chunk."),
    ],
)
def test_invalid_content_encodings(fetch: Fetch, encoding: str, body: bytes, message: str) -> None:
    response = fetch("POST", CONVERSE, body, {"Content-Encoding": encoding})
    assert (response.status, response.json["message"]) == (400, message)
    assert response.headers["x-amzn-ErrorType"] == "SerializationException"
    assert response.headers["Connection"] == "close"


def test_expect_is_answered_before_the_body_is_sent(mlmock_server: ServerThread) -> None:
    with connect_to(mlmock_server.port) as connection:
        length = f"Content-Length: {len(CONVERSE_BODY)}"
        connection.sendall(request(f"POST {CONVERSE}", length, "Expect: 100-continue"))
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(CONVERSE_BODY)
        assert connection.recv(15) == b"HTTP/1.1 200 OK"


@pytest.fixture
def limited_server() -> Iterator[ServerThread]:
    """A server with low limits."""
    limits = ServerLimits(max_body_bytes=1000, idle_timeout=0.2)
    with ServerThread(limits=limits) as server:
        yield server


PACKED = gzip.compress(b"x" * 5000, mtime=0)


@pytest.mark.parametrize(
    "sent",
    [
        post(CONVERSE, b"x" * 1001),
        post(CONVERSE, PACKED, "Content-Encoding: gzip"),
        request(f"POST {CONVERSE}", "Transfer-Encoding: chunked", body=chunked(b"x" * 1024)),
        request(f"POST {CONVERSE}", "Content-Length: 1001", "Expect: 100-continue"),
    ],
)
def test_body_over_the_limit(limited_server: ServerThread, sent: bytes) -> None:
    response = exchange(limited_server.port, sent)
    assert response.startswith(b"HTTP/1.1 413 ")
    assert b"x-amzn-ErrorType: RequestEntityTooLargeException" in response


def test_body_that_stops_arriving(limited_server: ServerThread) -> None:
    with connect_to(limited_server.port) as connection:
        connection.sendall(request(f"POST {CONVERSE}", "Content-Length: 50", body=b"abc"))
        response = receive_all(connection)
    assert response.startswith(b"HTTP/1.1 400 ")
    assert b"The request body stopped arriving." in response


# -- connections -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "responses"),
    [(b"", 0), (b"GET /human-", 0), (request(f"GET {LIST_HUMAN_LOOPS}"), 1)],
)
def test_idle_connection_is_closed(
    limited_server: ServerThread, sent: bytes, responses: int
) -> None:
    with connect_to(limited_server.port) as connection:
        connection.sendall(sent)
        received = receive_all(connection)
    assert received.count(b"HTTP/1.1 200 OK") == received.count(b"HTTP/1.1") == responses


def test_connection_stays_open(mlmock_server: ServerThread) -> None:
    connection = HTTPConnection("127.0.0.1", mlmock_server.port)
    connection.connect()
    first = connection.sock
    for _ in range(3):
        connection.request("GET", LIST_HUMAN_LOOPS)
        assert json.loads(connection.getresponse().read()) == {"HumanLoopSummaries": []}
        assert connection.sock is first
    connection.close()


def test_pipelined_requests_are_answered_in_order(mlmock_server: ServerThread) -> None:
    health = request("GET /_mlmock/health")
    received = exchange(mlmock_server.port, health + request("GET /no/such/path") + health)
    assert [part[:3] for part in received.split(b"HTTP/1.1 ")[1:]] == [b"200", b"404", b"200"]


def test_empty_lines_before_a_request_are_skipped(mlmock_server: ServerThread) -> None:
    health = b"\r\n\r\n" + request("GET /_mlmock/health")
    assert exchange(mlmock_server.port, health * 2).count(b"HTTP/1.1 200 OK") == 2


def test_client_that_offers_to_upgrade_to_http2(mlmock_server: ServerThread) -> None:
    health = request("GET /_mlmock/health", "Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings")
    assert exchange(mlmock_server.port, health * 2).count(b"HTTP/1.1 200 OK") == 2


@pytest.mark.parametrize("header", ["Connection: close", "Connection: X, Close"])
def test_client_that_asks_to_close(mlmock_server: ServerThread, header: str) -> None:
    received = exchange(mlmock_server.port, request("GET /_mlmock/health", header) * 2)
    assert received.count(b"HTTP/1.1 200 OK") == 1
    assert b"\r\nConnection: close\r\n" in received


def test_a_request_that_arrives_byte_by_byte(mlmock_server: ServerThread) -> None:
    mlmock_server.ml.sagemaker.endpoint("e").reply({"score": 1})
    with connect_to(mlmock_server.port) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in post("/endpoints/e/invocations", b"{}", "X-Header: a  b "):
            connection.sendall(bytes([byte]))
        assert connection.recv(15) == b"HTTP/1.1 200 OK"
    assert mlmock_server.ml.calls.last.body == b"{}"


# -- responses -------------------------------------------------------------------------------


def test_head_returns_the_headers_alone(fetch: Fetch) -> None:
    get, head = fetch("GET", LIST_HUMAN_LOOPS), fetch("HEAD", LIST_HUMAN_LOOPS)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == str(len(get.body))


def test_browsers_may_send_requests_of_other_sites(fetch: Fetch) -> None:
    origin = {"Origin": "http://app.example"}
    asked = {**origin, "Access-Control-Request-Headers": "authorization,x-amz-date"}
    preflight = fetch("OPTIONS", CONVERSE, None, asked)
    assert preflight.status == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert preflight.headers["Access-Control-Allow-Headers"] == "authorization,x-amz-date"
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    listed = fetch("GET", LIST_HUMAN_LOOPS, None, origin)
    assert listed.headers["Access-Control-Allow-Origin"] == "*"


def test_the_control_api_rejects_pages_of_other_sites(
    mlmock_server: ServerThread, fetch: Fetch
) -> None:
    rejected = fetch("POST", "/_mlmock/reset", None, {"Origin": "http://evil.example"})
    assert (rejected.status, rejected.headers["x-amzn-ErrorType"]) == (403, "ForeignOrigin")
    own = {"Origin": mlmock_server.url}
    assert fetch("POST", "/_mlmock/reset", None, own).status == 204


def test_response_that_exceeds_the_buffers_of_the_sockets(mlmock_server: ServerThread) -> None:
    body = b"x" * 5_000_000
    mlmock_server.ml.sagemaker.endpoint("large").reply(body)
    with connect_to(mlmock_server.port) as connection:
        connection.sendall(post("/endpoints/large/invocations", b"1", "Connection: close"))
        received = receive_all(connection)
    assert received.partition(b"\r\n\r\n")[2] == body


def test_stream_over_http_1_0_ends_with_the_connection(mlmock_server: ServerThread) -> None:
    sent = post(CONVERSE_STREAM, CONVERSE_BODY).replace(b"HTTP/1.1", b"HTTP/1.0", 1)
    head, _, events = exchange(mlmock_server.port, sent).partition(b"\r\n\r\n")
    assert b"Transfer-Encoding" not in head
    assert b"messageStart" in events[:200]


def test_rule_callable_that_raises(
    mlmock_server: ServerThread, fetch: Fetch, caplog: pytest.LogCaptureFixture
) -> None:
    mlmock_server.ml.sagemaker.endpoint("ill").reply(lambda call: 1 / 0)
    response = fetch("POST", "/endpoints/ill/invocations", "1")
    assert (response.status, response.json) == (500, {"message": "mlmock failed: see its log."})
    assert "ZeroDivisionError" in caplog.text


def test_rule_generator_that_raises(
    mlmock_server: ServerThread, caplog: pytest.LogCaptureFixture
) -> None:
    def parts() -> Iterator[bytes]:
        yield b"some"
        raise ZeroDivisionError

    mlmock_server.ml.sagemaker.endpoint("ill").stream(lambda call: parts())
    received = exchange(
        mlmock_server.port, post("/endpoints/ill/invocations-response-stream", b"1")
    )
    assert b"some" in received
    assert received.count(b"HTTP/1.1") == 1
    assert not received.endswith(b"0\r\n\r\n")
    assert "ZeroDivisionError" in caplog.text


# -- rules that fail the connection ----------------------------------------------------------


def test_drop_closes_the_connection(mlmock_server: ServerThread) -> None:
    mlmock_server.ml.on("bedrock-runtime").drop()
    assert exchange(mlmock_server.port, post(CONVERSE, CONVERSE_BODY)) == b""


def test_unreachable_resets_the_connection(mlmock_server: ServerThread) -> None:
    mlmock_server.ml.on("bedrock-runtime").unreachable()
    with connect_to(mlmock_server.port) as connection:
        connection.sendall(post(CONVERSE, CONVERSE_BODY))
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_timeout_waits_for_the_client_up_to_the_hold_timeout() -> None:
    with ServerThread(limits=ServerLimits(hold_timeout=0.1)) as server:
        server.ml.on("bedrock-runtime").timeout()
        with connect_to(server.port) as connection:
            connection.sendall(post(CONVERSE, CONVERSE_BODY))
            assert receive_all(connection) == b""


@pytest.mark.parametrize("kind", ["drop", "stall"])
def test_break_stream_ends_the_connection(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    with ServerThread(limits=ServerLimits(hold_timeout=0.1)) as server:
        server.ml.on("bedrock-runtime").break_stream(kind, after=1)
        received = exchange(server.port, post(CONVERSE_STREAM, CONVERSE_BODY))
    head, _, events = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert events.count(b"messageStart") == 1
    assert b"HTTP/1.1" not in events
    assert not events.endswith(b"0\r\n\r\n")
    assert not caplog.records
