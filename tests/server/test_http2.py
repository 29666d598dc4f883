"""HTTP/2 without TLS, on the same port: what the JavaScript SDK uses for Bedrock."""

from __future__ import annotations

import gzip
import json
import random
import socket
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from mlmock import ServerLimits, ServerThread
from tests.server.conftest import CONVERSE, CONVERSE_BODY, CONVERSE_STREAM, MODEL
from tests.server.http2_client import Http2Client
from tests.server.raw_http import connect_to, exchange, receive_all

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
EMPTY_SETTINGS = bytes(3) + b"\4" + bytes(5)
GOAWAY = b"\0\0\x08\7" + bytes(13)
HEALTH = "/_mlmock/health"
RESPONSE_BYTES = 200_000  # more than the 65,535 bytes that a client permits at first


@pytest.fixture
def server() -> Iterator[ServerThread]:
    """A server with low limits."""
    with ServerThread(limits=ServerLimits(max_body_bytes=5000, idle_timeout=2)) as running:
        yield running


@pytest.fixture
def client(server: ServerThread) -> Iterator[Http2Client]:
    """A connection to the server."""
    connection = Http2Client(server.port)
    yield connection
    connection.close()


def assert_alive(client: Http2Client) -> None:
    """Assert that the connection still answers requests."""
    head, _ = client.response(client.request("GET", HEALTH))
    assert head[":status"] == "200"


# -- requests --------------------------------------------------------------------------------


def test_sixty_four_streams_at_once(server: ServerThread, client: Http2Client) -> None:
    streams = [client.request("POST", CONVERSE_STREAM, CONVERSE_BODY) for _ in range(64)]
    responses = client.responses(*streams)
    assert {head[":status"] for head, _ in responses} == {"200"}
    assert all(b"messageStop" in body for _, body in responses)
    assert len(server.ml.calls) == 64


def test_control_api_dashboard_and_encoded_bodies(client: Http2Client) -> None:
    head, body = client.response(client.request("GET", f"{HEALTH}?x=1"))
    assert (head[":status"], json.loads(body)["services"][0]) == ("200", "bedrock-runtime")
    head, body = client.response(client.request("HEAD", "/"))
    assert (head[":status"], body) == ("200", b"")
    packed = gzip.compress(CONVERSE_BODY)
    path = f"/model/{MODEL.replace(':', '%3A')}/converse"
    head, _ = client.response(client.request("POST", path, packed, content_encoding="gzip"))
    assert head[":status"] == "200"


def test_region_by_authority(server: ServerThread, client: Http2Client) -> None:
    host = "bedrock-runtime.ap-south-1.amazonaws.com"
    client.response(client.request("POST", CONVERSE, CONVERSE_BODY, authority=host))
    assert server.ml.calls.last.region == "ap-south-1"


@pytest.mark.parametrize(
    ("path", "body", "encoding", "status", "code"),
    [
        ("/x", b"no gzip", "gzip", "400", "SerializationException"),
        ("/x", b"x" * 5001, "", "413", "RequestEntityTooLargeException"),
        ("http://[::1", b"", "", "400", "SerializationException"),
    ],
)
def test_rejected_requests(
    client: Http2Client, path: str, body: bytes, encoding: str, status: str, code: str
) -> None:
    stream = client.request("POST", path, body, content_encoding=encoding)
    head, _ = client.response(stream)
    assert (head[":status"], head["x-amzn-errortype"]) == (status, code)


def test_bodies_that_stop_arriving(server: ServerThread, client: Http2Client) -> None:
    cancelled = client.request("POST", CONVERSE, CONVERSE_BODY[:9], ends=False)
    client.reset(cancelled)
    stalled = client.request("POST", CONVERSE, CONVERSE_BODY[:9], ends=False)
    head, body = client.response(stalled)
    message = json.loads(body)["message"]
    assert (head[":status"], message) == ("400", "The request body stopped arriving.")
    assert_alive(client)
    assert len(server.ml.calls) == 0


# -- connections -----------------------------------------------------------------------------


def test_more_than_a_thousand_requests_on_a_connection(client: Http2Client) -> None:
    for _ in range(11):
        responses = client.responses(*[client.request("GET", HEALTH) for _ in range(100)])
        assert {head[":status"] for head, _ in responses} == {"200"}


def test_a_client_that_sends_goaway_receives_its_last_response(client: Http2Client) -> None:
    stream = client.request("POST", CONVERSE_STREAM, CONVERSE_BODY)
    client.send(GOAWAY)  # as the JavaScript SDK does once an event stream begins
    head, body = client.response(stream)
    assert head[":status"] == "200"
    assert b"messageStop" in body


def test_a_client_that_sends_no_more_receives_its_last_response(client: Http2Client) -> None:
    stream = client.request("POST", CONVERSE_STREAM, CONVERSE_BODY)
    client.socket.shutdown(socket.SHUT_WR)
    assert b"messageStop" in client.response(stream)[1]


def test_an_idle_connection_is_closed() -> None:
    with ServerThread(limits=ServerLimits(idle_timeout=0.1)) as server:
        client = Http2Client(server.port)
        while client.receive():
            pass
        assert client.error_code == 0
        client.close()


def test_a_preface_that_arrives_in_pieces(server: ServerThread) -> None:
    with connect_to(server.port) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in (b"P", b"RI * H", b"TTP/2.0\r\n\r\nSM\r\n", b"\r\n" + EMPTY_SETTINGS):
            connection.sendall(piece)
        assert connection.recv(9)[3] == 4  # SETTINGS


def malformed(draw: random.Random) -> bytes:
    """Return the start of a connection, and then a frame that isn't valid."""
    kind, flags = draw.randrange(12), draw.randrange(256)
    head = bytes(
        [draw.choice([0, 0, 9]), draw.choice([0, 0, 200]), draw.randrange(80), kind, flags]
    )
    stream = bytes([0, 0, 0, draw.randrange(8)])
    return PREFACE + EMPTY_SETTINGS + head + stream + draw.randbytes(draw.randrange(90))


def test_malformed_frames(
    server: ServerThread, client: Http2Client, capfd: pytest.CaptureFixture[str]
) -> None:
    draw = random.Random(8)
    for _ in range(300):
        assert b"Traceback" not in exchange(server.port, malformed(draw))
    assert_alive(client)
    server.stop()
    assert "Traceback" not in capfd.readouterr().err


# -- responses that take long ----------------------------------------------------------------


def test_slow_responses_delay_no_other(server: ServerThread, client: Http2Client) -> None:
    release = threading.Event()
    server.ml.bedrock.model(MODEL).reply(lambda call: str(release.wait(10)))
    slow = [client.request("POST", CONVERSE, CONVERSE_BODY) for _ in range(100)]
    assert_alive(client)
    assert not any(map(client.has_response, slow))
    release.set()
    assert {head[":status"] for head, _ in client.responses(*slow)} == {"200"}


def test_a_response_that_the_client_does_not_accept_delays_no_other(
    server: ServerThread, client: Http2Client
) -> None:
    server.ml.sagemaker.endpoint("large").reply(b"x" * RESPONSE_BYTES)
    client.acknowledges_data = False
    large = client.request("POST", "/endpoints/large/invocations", b"1")
    while client.received_bytes(large) < 65_535:
        assert client.receive()
    client.acknowledge(10_000)
    assert_alive(client)
    assert client.received_bytes(large) == 65_535
    client.acknowledges_data = True
    client.acknowledge(RESPONSE_BYTES, large)
    assert client.response(large)[1] == b"x" * RESPONSE_BYTES


def test_a_response_that_the_client_never_accepts_is_cancelled(
    server: ServerThread, client: Http2Client
) -> None:
    server.ml.sagemaker.endpoint("large").reply(b"x" * RESPONSE_BYTES)
    client.acknowledges_data = False
    large = client.request("POST", "/endpoints/large/invocations", b"1")
    client.response(large)
    assert client.reset_codes == {large: 8}  # CANCEL


def test_a_cancelled_response(server: ServerThread, client: Http2Client) -> None:
    release = threading.Event()
    server.ml.bedrock.model(MODEL).reply(lambda call: str(release.wait(10)))
    client.reset(client.request("POST", CONVERSE, CONVERSE_BODY))
    assert_alive(client)
    release.set()
    assert_alive(client)


def test_rule_callable_that_raises(
    server: ServerThread, client: Http2Client, caplog: pytest.LogCaptureFixture
) -> None:
    server.ml.sagemaker.endpoint("ill").reply(lambda call: int("one"))
    head, body = client.response(client.request("POST", "/endpoints/ill/invocations", b"1"))
    message = json.loads(body)["message"]
    assert (head[":status"], message) == ("500", "mlmock failed: see its log.")
    assert "invalid literal" in caplog.text


def test_rule_generator_that_raises(
    server: ServerThread, client: Http2Client, caplog: pytest.LogCaptureFixture
) -> None:
    def parts() -> Iterator[bytes]:
        yield b"some"
        raise ZeroDivisionError

    server.ml.sagemaker.endpoint("ill").stream(lambda call: parts())
    stream = client.request("POST", "/endpoints/ill/invocations-response-stream", b"1")
    assert b"some" in client.response(stream)[1]
    assert client.reset_codes == {stream: 2}  # INTERNAL_ERROR
    assert "ZeroDivisionError" in caplog.text
    assert_alive(client)


# -- rules that fail the connection ----------------------------------------------------------


def test_drop_closes_the_connection(server: ServerThread, client: Http2Client) -> None:
    server.ml.on("bedrock-runtime").drop()
    client.request("POST", CONVERSE, CONVERSE_BODY)
    while client.receive():
        pass
    assert server.ml.calls.last.operation == "Converse"


def test_unreachable_resets_the_connection(server: ServerThread, client: Http2Client) -> None:
    server.ml.on("bedrock-runtime").unreachable()
    stream = client.request("POST", CONVERSE, CONVERSE_BODY)
    with pytest.raises(ConnectionResetError, match="reset by peer"):
        client.response(stream)
    assert server.ml.calls.last.operation == "Converse"


def test_drop_does_not_wait_for_other_responses(server: ServerThread, client: Http2Client) -> None:
    release = threading.Event()
    server.ml.bedrock.model(MODEL).reply(lambda call: str(release.wait(10)))
    server.ml.on("sagemaker-runtime").drop()
    client.request("POST", CONVERSE, CONVERSE_BODY)
    client.request("POST", "/endpoints/e/invocations", b"1")
    while client.receive():
        pass
    assert not release.is_set()
    release.set()


def test_timeout_delays_no_other_stream(server: ServerThread, client: Http2Client) -> None:
    server.ml.on("bedrock-runtime").timeout()
    stream = client.request("POST", CONVERSE, CONVERSE_BODY)
    assert_alive(client)
    assert not client.has_response(stream)
    client.reset(stream)  # the client has waited for long enough
    assert_alive(client)


def test_timeout_closes_the_connection_after_the_hold_timeout() -> None:
    with ServerThread(limits=ServerLimits(hold_timeout=0.1)) as server:
        server.ml.on("bedrock-runtime").timeout()
        client = Http2Client(server.port)
        stream = client.request("POST", CONVERSE, CONVERSE_BODY)
        with pytest.raises(ConnectionError):
            client.response(stream)
        client.close()


def test_break_stream_ends_the_connection(server: ServerThread, client: Http2Client) -> None:
    server.ml.on("bedrock-runtime").break_stream("drop", after=1)
    stream = client.request("POST", CONVERSE_STREAM, CONVERSE_BODY)
    with pytest.raises(ConnectionError):
        client.response(stream)
    assert client.has_response(stream)


# -- a server that stops ---------------------------------------------------------------------


@pytest.fixture
def stopping() -> Iterator[Any]:
    """Stop servers in another thread, and fail if one takes more than 2 s."""
    threads: list[threading.Thread] = []

    def stop(server: ServerThread) -> threading.Thread:
        threads.append(threading.Thread(target=server.stop))
        threads[-1].start()
        return threads[-1]

    yield stop
    for thread in threads:
        thread.join(2)
        assert not thread.is_alive()


def test_stop_completes_responses_in_progress(stopping: Any) -> None:
    started, release = threading.Event(), threading.Event()

    def slow(call: Any) -> str:
        started.set()
        assert release.wait(10)
        return "late"

    server = ServerThread().start()
    server.ml.bedrock.model(MODEL).reply(slow)
    client = Http2Client(server.port)
    stream = client.request("POST", CONVERSE, CONVERSE_BODY)
    assert started.wait(10)
    stopping(server)
    release.set()
    head, body = client.response(stream)
    assert (head[":status"], b"late" in body) == ("200", True)
    while client.receive():
        pass
    assert client.error_code == 0
    client.close()


def test_stop_drops_open_request_bodies(stopping: Any) -> None:
    server = ServerThread().start()
    client = Http2Client(server.port)
    client.request("POST", CONVERSE, CONVERSE_BODY[:9], ends=False)
    assert_alive(client)
    stopping(server)
    while client.receive():
        pass
    client.close()


def test_stop_drops_responses_that_the_client_does_not_accept(stopping: Any) -> None:
    server = ServerThread().start()
    server.ml.sagemaker.endpoint("large").reply(b"x" * RESPONSE_BYTES)
    client = Http2Client(server.port)
    client.acknowledges_data = False
    large = client.request("POST", "/endpoints/large/invocations", b"1")
    while client.received_bytes(large) < 65_535:
        assert client.receive()
    stopping(server)
    while client.receive():
        pass
    client.close()


def test_stop_ends_what_a_rule_holds(stopping: Any) -> None:
    server = ServerThread().start()
    server.ml.on("bedrock-runtime").timeout()
    client = Http2Client(server.port)
    client.request("POST", CONVERSE, CONVERSE_BODY)
    assert_alive(client)
    stopping(server)
    while client.receive():
        pass
    client.close()


def test_without_h2_the_client_is_referred_to_http_1_1(
    server: ServerThread, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "h2", None)
    with connect_to(server.port) as connection:
        connection.sendall(PREFACE + EMPTY_SETTINGS)
        received = receive_all(connection)
    assert received[3] == 4  # SETTINGS
    assert (received[12], received[-1]) == (7, 13)  # GOAWAY with the code HTTP_1_1_REQUIRED
    assert caplog.messages == ["A client used HTTP/2, which needs h2: pip install 'mlmock[http2]'"]
