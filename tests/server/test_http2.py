"""HTTP/2 without TLS, on the same port: what the JavaScript SDK speaks to Bedrock."""

from __future__ import annotations

import gzip
import json
import random
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, ResponseReceived, StreamEnded, StreamReset

from mlmock import ServerLimits, ServerThread
from tests.server.test_fuzz import exchange

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
SAID = json.dumps({"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}).encode()


class Line:
    """One HTTP/2 connection by prior knowledge."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._h2 = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self._h2.initiate_connection()
        self._heads: dict[int, Any] = {}
        self._bodies: dict[int, bytes] = {}
        self._flush()

    def _flush(self) -> None:
        self._socket.sendall(self._h2.data_to_send())

    def send(self, frame: bytes) -> None:
        """Send bytes as they are."""
        self._socket.sendall(frame)

    def reset(self, stream: int) -> None:
        """Give a stream up."""
        self._h2.reset_stream(stream)
        self._flush()

    def has_heard(self, stream: int) -> bool:
        """True when a stream has begun to be answered."""
        return stream in self._heads

    def ask(
        self, method: str, path: str, body: bytes = b"", more: bool = False, **headers: str
    ) -> int:
        """Send a request; return its stream. `more`: its body doesn't end."""
        stream = self._h2.get_next_available_stream_id()
        said = [(":method", method), (":path", path), (":scheme", "http"), (":authority", "x")]
        said += [(name.replace("_", "-"), value) for name, value in headers.items()]
        self._h2.send_headers(stream, said, end_stream=not body)
        if body:
            self._h2.send_data(stream, body, end_stream=not more)
        self._flush()
        return int(stream)

    def answer(self, *streams: int) -> list[tuple[dict[str, str], bytes]]:
        """Return headers and body of the answers on `streams`."""
        heads, bodies = self._heads, self._bodies
        ended: set[int] = set()
        while not ended >= set(streams):
            data = self._socket.recv(65536)
            if not data:
                raise ConnectionResetError("the server has closed the connection")
            for event in self._h2.receive_data(data):
                if isinstance(event, ResponseReceived):
                    heads[event.stream_id] = dict(event.headers)
                elif isinstance(event, DataReceived):
                    bodies[event.stream_id] = bodies.get(event.stream_id, b"") + event.data
                    self._h2.acknowledge_received_data(
                        event.flow_controlled_length, event.stream_id
                    )
                elif isinstance(event, (StreamEnded, StreamReset)):
                    ended.add(event.stream_id)
            self._flush()
        return [(heads.get(stream, {}), bodies.get(stream, b"")) for stream in streams]

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()


@pytest.fixture
def server() -> Iterator[ServerThread]:
    with ServerThread(limits=ServerLimits(max_body_bytes=5000, idle_timeout=2)) as found:
        yield found


@pytest.fixture
def line(server: ServerThread) -> Iterator[Line]:
    found = Line(server.port)
    yield found
    found.close()


def test_sixty_four_streams_at_once(server: ServerThread, line: Line) -> None:
    path = f"/model/{MODEL}/converse-stream"
    answers = line.answer(*[line.ask("POST", path, SAID) for _ in range(64)])
    assert {head[":status"] for head, _ in answers} == {"200"}
    assert all(b"messageStop" in body for _, body in answers)
    assert len(server.ml.calls) == 64


def test_what_http_1_answers_too(server: ServerThread, line: Line) -> None:
    ((head, body),) = line.answer(line.ask("GET", "/_mlmock/health?x=1"))
    assert (head[":status"], json.loads(body)["services"][0]) == ("200", "bedrock-runtime")
    ((head, body),) = line.answer(line.ask("HEAD", "/"))
    assert (head[":status"], body) == ("200", b"")
    packed = gzip.compress(SAID)
    path = f"/model/{MODEL.replace(':', '%3A')}/converse"
    ((head, _),) = line.answer(
        line.ask("POST", path, packed, content_encoding="gzip", content_type="application/json")
    )
    assert head[":status"] == "200"


def test_what_is_refused(line: Line) -> None:
    ((head, _),) = line.answer(line.ask("POST", "/x", b"no gzip", content_encoding="gzip"))
    assert (head[":status"], head["x-amzn-errortype"]) == ("400", "SerializationException")
    ((head, _),) = line.answer(line.ask("POST", "/x", b"x" * 5001))
    assert head[":status"] == "413"
    ((head, _),) = line.answer(line.ask("GET", "http://[::1"))
    assert (head[":status"], head["x-amzn-errortype"]) == ("400", "SerializationException")


def test_a_client_that_wants_no_more_streams_hears_the_last_one(
    server: ServerThread, line: Line
) -> None:
    stream = line.ask("POST", f"/model/{MODEL}/converse-stream", SAID)
    line.send(b"\0\0\x08\x07" + bytes(13))  # GOAWAY, as the JavaScript SDK says it
    ((head, body),) = line.answer(stream)
    assert head[":status"] == "200"
    assert b"messageStop" in body


def test_a_connection_is_kept_for_more_than_a_thousand_requests(line: Line) -> None:
    for _ in range(11):
        answers = line.answer(*[line.ask("GET", "/_mlmock/health") for _ in range(100)])
        assert {head[":status"] for head, _ in answers} == {"200"}


@pytest.mark.parametrize("kind", ["drop", "unreachable"])
def test_a_rule_that_fails_the_connection(server: ServerThread, line: Line, kind: str) -> None:
    getattr(server.ml.on("bedrock-runtime"), kind)()
    stream = line.ask("POST", f"/model/{MODEL}/converse", SAID)
    with pytest.raises(ConnectionError):
        line.answer(stream)
    assert server.ml.calls.last.operation == "Converse"


def test_a_rule_that_keeps_a_client_waiting(server: ServerThread, line: Line) -> None:
    server.ml.on("bedrock-runtime").timeout()
    stream = line.ask("POST", f"/model/{MODEL}/converse", SAID)
    ((head, _),) = line.answer(line.ask("GET", "/_mlmock/health"))
    assert head[":status"] == "200"  # which the other stream still waits behind
    assert not line.has_heard(stream)


def test_a_body_that_stops_coming(line: Line, server: ServerThread) -> None:
    path = f"/model/{MODEL}/converse"
    torn = line.ask("POST", path, SAID[:9], more=True)
    line.reset(torn)
    waiting = line.ask("POST", path, SAID[:9], more=True)
    ((head, body),) = line.answer(waiting)
    assert (head[":status"], json.loads(body)["message"]) == ("400", "The body stopped coming.")
    assert len(server.ml.calls) == 0


def test_a_function_of_the_tests_that_raises(
    server: ServerThread, line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    server.ml.sagemaker.endpoint("ill").reply(lambda call: int("one"))
    ((head, body),) = line.answer(line.ask("POST", "/endpoints/ill/invocations", b"1"))
    assert (head[":status"], json.loads(body)["message"]) == ("500", "mlmock failed: see its log.")
    assert "invalid literal" in caplog.text


def test_answers_under_way_are_written_before_the_server_ends() -> None:
    begun, go = threading.Event(), threading.Event()

    def slow(call: Any) -> str:
        begun.set()
        assert go.wait(10)
        return "late"

    server = ServerThread().start()
    server.ml.bedrock.model(MODEL).reply(slow)
    line = Line(server.port)
    stream = line.ask("POST", f"/model/{MODEL}/converse", SAID)
    assert begun.wait(10)
    ending = threading.Thread(target=server.stop)
    ending.start()
    go.set()
    ((head, body),) = line.answer(stream)
    assert (head[":status"], b"late" in body) == ("200", True)
    ending.join(10)
    assert not ending.is_alive()
    line.close()


def test_a_preface_that_comes_in_pieces(server: ServerThread) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as slow:
        slow.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in (
            b"P",
            b"RI * H",
            b"TTP/2.0\r\n\r\nSM\r\n",
            b"\r\n" + bytes(3) + b"\4" + bytes(5),
        ):
            slow.sendall(piece)
        assert slow.recv(9)[3] == 4  # SETTINGS


def torn(draw: random.Random) -> bytes:
    """Return a connection's beginning and then a frame that is none."""
    kind, flags = draw.randrange(12), draw.randrange(256)
    head = bytes([0, draw.choice([0, 0, 200]), draw.randrange(80), kind, flags])
    frame = head + bytes([0, 0, 0, draw.randrange(8)]) + draw.randbytes(draw.randrange(90))
    return b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\4" + bytes(5) + frame


def test_frames_that_are_none(server: ServerThread, capfd: pytest.CaptureFixture[str]) -> None:
    draw = random.Random(8)
    for _ in range(300):
        assert b"Traceback" not in exchange(server.port, torn(draw))
    line = Line(server.port)
    ((head, _),) = line.answer(line.ask("GET", "/_mlmock/health"))
    assert head[":status"] == "200"
    line.close()
    server.stop()
    assert "Traceback" not in capfd.readouterr().err


def test_a_stream_that_a_rule_breaks(server: ServerThread, line: Line) -> None:
    server.ml.on("bedrock-runtime").break_stream("drop", after=1)
    stream = line.ask("POST", f"/model/{MODEL}/converse-stream", SAID)
    with pytest.raises(ConnectionError):
        line.answer(stream)
    assert line.has_heard(stream)
