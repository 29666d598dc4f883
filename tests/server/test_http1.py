"""HTTP as SDKs in other languages speak it, and as nobody should."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from typing import Any

import pytest

from mlmock import ServerLimits, ServerThread
from tests.server.conftest import FLOW, Got

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
SAID = {"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}
CONVERSE = f"/model/{MODEL}/converse"
LOOPS = f"/human-loops?FlowDefinitionArn={FLOW}"


def exchange(port: int, sent: bytes) -> bytes:
    """Send bytes on a connection of their own; return all that comes until it closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.sendall(sent)
        line.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: line.recv(65536), b""))


def post(target: str, body: bytes, *headers: str) -> bytes:
    """Return the bytes of a POST without further headers than those given."""
    lines = [f"POST {target} HTTP/1.1", "Host: localhost", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def said_by(server: ServerThread) -> Any:
    """Return what the server's models have heard last."""
    return server.ml.calls.last.params["messages"]


@pytest.mark.parametrize(
    "model",
    [
        MODEL,
        MODEL.replace(":", "%3A"),
        "arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Afoundation-model%2F" + MODEL.replace(":", "%3A"),
    ],
)
def test_model_ids_arrive_encoded_or_raw(fetch: Callable[..., Got], model: str) -> None:
    answer = fetch("POST", f"/model/{model}/converse", json.dumps(SAID))
    assert answer.status == 200
    assert answer.json["output"]["message"]["role"] == "assistant"


def test_targets_in_absolute_form_and_without_a_content_type(mlmock_server: ServerThread) -> None:
    body = json.dumps(SAID).encode()
    target = f"http://bedrock-runtime.eu-west-1.amazonaws.com{CONVERSE}"
    answer = exchange(mlmock_server.port, post(target, body, f"Content-Length: {len(body)}"))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")


def signed(name: str, *, region: str = "eu-west-1", key: str = "210987654321") -> dict[str, str]:
    """Return the header of SigV4, whose signature nobody checks."""
    scope = f"{key}/20260101/{region}/{name}/aws4_request"
    said = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    return {"Authorization": said}


@pytest.mark.parametrize(
    ("headers", "region", "account"),
    [
        (signed("bedrock"), "eu-west-1", "210987654321"),
        (signed("bedrock", key="AKIDEXAMPLE"), "eu-west-1", "123456789012"),
        (signed("bedrock", region=""), "us-east-1", "210987654321"),
        ({"Authorization": "Bearer abc"}, "us-east-1", "123456789012"),
        ({"Host": "bedrock-runtime.ap-south-1.amazonaws.com"}, "ap-south-1", "123456789012"),
        ({}, "us-east-1", "123456789012"),
    ],
)
def test_who_asks_and_from_where(
    mlmock_server: ServerThread,
    fetch: Callable[..., Got],
    headers: dict[str, str],
    region: str,
    account: str,
) -> None:
    assert fetch("POST", CONVERSE, json.dumps(SAID), headers).status == 200
    call = mlmock_server.ml.calls.last
    assert (call.region, call.account_id) == (region, account)


@pytest.mark.parametrize(
    ("method", "target", "operation"),
    [
        ("GET", LOOPS, "ListHumanLoops"),
        ("POST", "/human-loops/stop", "StopHumanLoop"),
        ("DELETE", "/human-loops/stop", "DeleteHumanLoop"),
        ("POST", "/endpoints/stop/invocations", "InvokeEndpoint"),
        ("POST", "/endpoints/x/invocations-response-stream", "InvokeEndpointWithResponseStream"),
        ("GET", "/async-invoke", "ListAsyncInvokes"),
        ("GET", "/2020-11-20/projects", "ListProjects"),
    ],
)
def test_method_and_path_say_which_operation(
    mlmock_server: ServerThread,
    fetch: Callable[..., Got],
    method: str,
    target: str,
    operation: str,
) -> None:
    fetch(method, target)
    assert mlmock_server.ml.calls.last.operation == operation


def test_a_body_in_chunks(mlmock_server: ServerThread) -> None:
    body = json.dumps(SAID).encode()
    pieces = [body[:7], body[7:30], body[30:]]
    chunked = b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"
    answer = exchange(mlmock_server.port, post(CONVERSE, chunked, "Transfer-Encoding: chunked"))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert said_by(mlmock_server) == SAID["messages"]


def test_a_body_in_signed_chunks_and_gzip(
    mlmock_server: ServerThread, fetch: Callable[..., Got]
) -> None:
    body = json.dumps(SAID).encode()
    signed = b"%x;chunk-signature=%b\r\n%b\r\n" % (len(body), b"0" * 64, body)
    signed += b"0;chunk-signature=%b\r\n\r\n" % (b"0" * 64)
    assert fetch("POST", CONVERSE, signed, {"Content-Encoding": "aws-chunked"}).status == 200
    packed = gzip.compress(body)
    assert fetch("POST", CONVERSE, packed, {"Content-Encoding": "gzip"}).status == 200
    assert fetch("POST", CONVERSE, body, {"Content-Encoding": "identity"}).status == 200
    assert len(mlmock_server.ml.calls) == 3
    assert said_by(mlmock_server) == SAID["messages"]


@pytest.mark.parametrize(
    ("encoding", "body", "text"),
    [
        ("gzip", b"no gzip", "The body is not gzip."),
        ("br", b"{}", "Content-Encoding br is not known."),
        ("aws-chunked", b"", "has no last chunk"),
        ("aws-chunked", b"zz\r\n", "is no number"),
        ("aws-chunked", b"-5\r\n", "is no number"),
        ("aws-chunked", b"5\r\nab\r\n", "is cut"),
    ],
)
def test_encodings_that_dont_hold(
    fetch: Callable[..., Got], encoding: str, body: bytes, text: str
) -> None:
    answer = fetch("POST", CONVERSE, body, {"Content-Encoding": encoding})
    assert answer.status == 400
    assert answer.headers["x-amzn-ErrorType"] == "SerializationException"
    assert text in answer.json["message"]
    assert answer.headers["Connection"] == "close"


def test_expect_is_answered_before_the_body_comes(mlmock_server: ServerThread) -> None:
    body = json.dumps(SAID).encode()
    with socket.create_connection(("127.0.0.1", mlmock_server.port), timeout=5) as line:
        length = f"Content-Length: {len(body)}"
        line.sendall(post(CONVERSE, b"", length, "Expect: 100-continue"))
        assert line.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.sendall(body)
        assert line.recv(15) == b"HTTP/1.1 200 OK"


def test_head_has_the_headers_alone(fetch: Callable[..., Got]) -> None:
    got, head = fetch("GET", LOOPS), fetch("HEAD", LOOPS)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == str(len(got.body))


def test_browsers_may_ask(fetch: Callable[..., Got]) -> None:
    origin = {"Origin": "http://app.example"}
    asked = {**origin, "Access-Control-Request-Headers": "authorization,x-amz-date"}
    preflight = fetch("OPTIONS", CONVERSE, None, asked)
    assert preflight.status == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert preflight.headers["Access-Control-Allow-Headers"] == "authorization,x-amz-date"
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert fetch("GET", LOOPS, None, origin).headers["Access-Control-Allow-Origin"] == "*"


def test_the_control_api_is_closed_to_pages_of_other_sites(
    mlmock_server: ServerThread, fetch: Callable[..., Got]
) -> None:
    refused = fetch("POST", "/_mlmock/reset", None, {"Origin": "http://evil.example"})
    assert (refused.status, refused.headers["x-amzn-ErrorType"]) == (403, "ForeignOrigin")
    own = {"Origin": mlmock_server.url}
    assert fetch("POST", "/_mlmock/reset", None, own).status == 204


def test_a_connection_is_kept(mlmock_server: ServerThread) -> None:
    line = HTTPConnection("127.0.0.1", mlmock_server.port)
    line.connect()
    first = line.sock
    for _ in range(3):
        line.request("GET", LOOPS)
        assert json.loads(line.getresponse().read()) == {"HumanLoopSummaries": []}
        assert line.sock is first
    line.close()


def test_requests_sent_at_once_are_answered_in_order(mlmock_server: ServerThread) -> None:
    one = b"GET /_mlmock/health HTTP/1.1\r\nHost: x\r\n\r\n"
    answers = exchange(mlmock_server.port, one * 3)
    assert answers.count(b"HTTP/1.1 200 OK") == 3


def test_a_stream_to_a_client_that_knows_no_chunks(mlmock_server: ServerThread) -> None:
    body = json.dumps(SAID).encode()
    request = post(f"/model/{MODEL}/converse-stream", body, f"Content-Length: {len(body)}")
    answer = exchange(mlmock_server.port, request.replace(b"HTTP/1.1", b"HTTP/1.0", 1))
    head, _, events = answer.partition(b"\r\n\r\n")
    assert b"Transfer-Encoding" not in head
    assert b"messageStart" in events[:200]


def test_what_no_service_has(fetch: Callable[..., Got]) -> None:
    answer = fetch("GET", "/no/such/path")
    assert answer.status == 404
    assert answer.headers["x-amzn-ErrorType"] == "UnknownOperationException"
    assert answer.headers["x-amzn-RequestId"]


@pytest.fixture
def narrow() -> Iterator[ServerThread]:
    """A server that takes little, and waits for little time."""
    with ServerThread(limits=ServerLimits(max_body_bytes=1000, idle_timeout=0.2)) as server:
        yield server


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"x" * 1001, ["Content-Length: 1001"]),
        (gzip.compress(b"x" * 5000, mtime=0), ["Content-Length: 35", "Content-Encoding: gzip"]),
        (b"400\r\n" + b"x" * 1024 + b"\r\n0\r\n\r\n", ["Transfer-Encoding: chunked"]),
    ],
)
def test_a_body_over_the_limit(narrow: ServerThread, body: bytes, headers: list[str]) -> None:
    if "gzip" in headers[-1]:
        headers = [f"Content-Length: {len(body)}", headers[-1]]
    answer = exchange(narrow.port, post(CONVERSE, body, *headers))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"x-amzn-ErrorType: RequestEntityTooLargeException" in answer


@pytest.mark.parametrize(
    ("said", "answers"),
    [(b"", 0), (b"GET /human-", 0), (f"GET {LOOPS} HTTP/1.1\r\n\r\n".encode(), 1)],
)
def test_an_idle_connection_is_closed(narrow: ServerThread, said: bytes, answers: int) -> None:
    with socket.create_connection(("127.0.0.1", narrow.port), timeout=5) as line:
        line.sendall(said)
        heard = b"".join(iter(lambda: line.recv(65536), b""))
    assert heard.count(b"HTTP/1.1 200 OK") == heard.count(b"HTTP/1.1") == answers


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"rubbish\r\n\r\n", b"400"),
        (b"GET / HTTP/9.9\r\n\r\n", b"505"),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nA: " + b"b" * 70_000 + b"\r\n\r\n", b"431"),
        (b"POST / HTTP/1.1\r\nContent-Length: five\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nContent-Length: 50\r\n\r\nabc", b"400"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", b"400"),
        (b"BREW / HTTP/1.1\r\n\r\n", b"405"),
        (b"POST //[ HTTP/1.1\r\n\r\n", b"404"),
        (b"GET http://[ HTTP/1.1\r\n\r\n", b"400"),
        (b"GET /\xff\xfe HTTP/1.1\r\n\r\n", b"404"),
    ],
)
def test_what_is_no_http(mlmock_server: ServerThread, sent: bytes, status: bytes) -> None:
    answer = exchange(mlmock_server.port, sent)
    assert answer[9:12] == status, answer[:200]
    assert b"Traceback" not in answer
    assert exchange(mlmock_server.port, b"HEAD / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 200 OK")


def test_a_function_of_the_tests_that_raises(
    mlmock_server: ServerThread, fetch: Callable[..., Got], caplog: pytest.LogCaptureFixture
) -> None:
    mlmock_server.ml.sagemaker.endpoint("ill").reply(lambda call: 1 / 0)
    answer = fetch("POST", "/endpoints/ill/invocations", "1")
    assert (answer.status, answer.json) == (500, {"message": "mlmock failed: see its log."})
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("kind", ["drop", "stall"])
def test_a_stream_that_a_rule_breaks_ends_in_its_midst(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    body = json.dumps(SAID).encode()
    request = post(f"/model/{MODEL}/converse-stream", body, f"Content-Length: {len(body)}")
    with ServerThread(limits=ServerLimits(hold_timeout=0.1)) as server:
        server.ml.on("bedrock-runtime").break_stream(kind, after=1)
        head, _, events = exchange(server.port, request).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert events.count(b"messageStart") == 1
    assert b"HTTP/1.1" not in events
    assert not events.endswith(b"0\r\n\r\n")
    assert not caplog.records


def parts_that_fail() -> Iterator[bytes]:
    """Yield what a test's generator may: some, and then none."""
    yield b"some"
    raise ZeroDivisionError


def test_a_function_of_the_tests_that_raises_in_the_midst_of_a_stream(
    mlmock_server: ServerThread, caplog: pytest.LogCaptureFixture
) -> None:
    mlmock_server.ml.sagemaker.endpoint("ill").stream(lambda call: parts_that_fail())
    target = "/endpoints/ill/invocations-response-stream"
    answer = exchange(mlmock_server.port, post(target, b"1", "Content-Length: 1"))
    assert b"some" in answer
    assert answer.count(b"HTTP/1.1") == 1
    assert not answer.endswith(b"0\r\n\r\n")
    assert "ZeroDivisionError" in caplog.text
