"""HTTP/2 without TLS, on the same port: what the JavaScript SDK speaks to Bedrock."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from mlmock import ServerThread
from mlmock.server.connection import Limits

pytest.importorskip("hypercorn", reason="hypercorn is not installed")
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, ResponseReceived, StreamEnded, StreamReset

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
SAID = json.dumps({"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}).encode()


class Line:
    """One HTTP/2 connection by prior knowledge."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._h2 = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self._h2.initiate_connection()
        self.answers: dict[int, tuple[dict[str, str], bytes]] = {}
        self._flush()

    def _flush(self) -> None:
        self._socket.sendall(self._h2.data_to_send())

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> int:
        """Send a request; return its stream."""
        stream = self._h2.get_next_available_stream_id()
        said = [(":method", method), (":path", path), (":scheme", "http"), (":authority", "x")]
        said += [(name.replace("_", "-"), value) for name, value in headers.items()]
        self._h2.send_headers(stream, said, end_stream=not body)
        if body:
            self._h2.send_data(stream, body, end_stream=True)
        self._flush()
        return int(stream)

    def answer(self, *streams: int) -> list[tuple[dict[str, str], bytes]]:
        """Return headers and body of the answers on `streams`."""
        heads: dict[int, Any] = {}
        bodies: dict[int, bytes] = {}
        ended: set[int] = set()
        while not ended >= set(streams):
            for event in self._h2.receive_data(self._socket.recv(65536)):
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
    with ServerThread(limits=Limits(body=5000)) as found:
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


def test_a_rule_that_drops_the_connection(server: ServerThread, line: Line) -> None:
    server.ml.on("bedrock-runtime").drop()
    ((head, body),) = line.answer(line.ask("POST", f"/model/{MODEL}/converse", SAID))
    assert (head.get(":status", "500"), body) == ("500", b"")
