"""Ten thousand malformed requests: the server keeps responding in HTTP."""

from __future__ import annotations

import gc
import random
import re
import sys
import threading
import tracemalloc
from contextlib import suppress
from itertools import product
from pathlib import Path

import pytest

from mlmock import ServerLimits, ServerThread, connect
from tests.server.conftest import FLOW
from tests.server.raw_http import exchange

COUNT = 10_000
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "", "G\0T", "PRIX", "ÄÖ")
PATHS = (
    "/",
    "/human-loops",
    f"/human-loops?FlowDefinitionArn={FLOW}",
    "/human-loops/x",
    "/model/anthropic.claude-3-haiku-20240307-v1:0/converse",
    "/model/amazon.titan-embed-text-v2:0/invoke",
    "/endpoints/x/invocations",
    "/endpoints/x/async-invocations",
    "/2020-11-20/projects",
    "/2020-11-20/projects/p/datasets/train/entries",
    "/guardrail/g/version/1/apply",
    "/_mlmock/do",
    "/_mlmock/rules",
    "/_mlmock/clock/advance",
    "/_mlmock/savepoints/s1/rollback",
    "/_mlmock/objects/b/k",
    "/_mlmock/../x",
    "http://[::1/",
    "*",
)
HEADERS = (
    "Content-Type: application/json",
    "Content-Type: \xff",
    "Content-Encoding: gzip",
    "Content-Encoding: aws-chunked",
    "Transfer-Encoding: chunked",
    "Expect: 100-continue",
    "Authorization: AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/bedrock/aws4_request",
    "Authorization: Bearer x",
    "Authorization: AWS4-HMAC-SHA256 Credential=/////",
    "X-Amzn-SageMaker-Target-Variant: \x01",
    "Connection: close",
    "no colon",
)
BODIES = (
    b"",
    b"{}",
    b"[]",
    b"null",
    b'{"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}',
    b'{"steps": [{"invoke": "bedrock"}, {"invoke": "__class__"}]}',
    b'{"service": "bedrock-runtime", "fail": {"code": "X", "status": 400}, "times": 1}',
    b'{"HumanLoopName": 5}',
    b"5\r\nhello\r\n0\r\n\r\n",
    b"\x1f\x8b\x08",
    b"[" * 3000,
    b'{"\\ud800": 1e999}',
)


def request(draw: random.Random) -> bytes:
    """Return one malformed request."""
    body = draw.choice(BODIES)
    if draw.random() < 0.3:
        body = bytes(draw.randrange(256) for _ in range(draw.randrange(40)))
    path = draw.choice(PATHS)
    if draw.random() < 0.3:
        path += "".join(chr(draw.randrange(33, 255)) for _ in range(draw.randrange(12)))
    headers = draw.sample(HEADERS, draw.randrange(4))
    if draw.random() < 0.9:
        length = len(body) if draw.random() < 0.8 else draw.choice([0, -1, len(body) + 3, "x"])
        headers.append(f"Content-Length: {length}")
    lines = [
        f"{draw.choice(METHODS)} {path} HTTP/{draw.choice(['1.1', '1.1', '1.0', '3.x'])}",
        "Host: x",
    ]
    whole = "\r\n".join([*lines, *headers]).encode("latin-1", "replace") + b"\r\n\r\n" + body
    if draw.random() < 0.1:
        return whole[: draw.randrange(len(whole))]
    return whole


def receive(port: int, sent: bytes) -> bytes:
    """Return everything that is received; b"" if the connection is reset."""
    with suppress(ConnectionError):
        return exchange(port, sent)
    return b""


def batter(server: ServerThread, draw: random.Random, count: int) -> dict[bytes, int]:
    """Send `count` requests; return the number of responses by status."""
    statuses: dict[bytes, int] = {}
    for _ in range(count):
        sent = request(draw)
        answer = receive(server.port, sent)
        assert b"Traceback" not in answer, sent
        found = _STATUS.findall(answer)
        assert b"500" not in found, (sent, answer)
        for status in found:
            statuses[status] = statuses.get(status, 0) + 1
    return statuses


def visit(server: ServerThread) -> None:
    """Send each request once, so that all lazy imports are done."""
    for path, method, body in product(PATHS, ("GET", "POST", "PUT", "DELETE", "PATCH"), BODIES):
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        receive(server.port, head.encode() + body)


def settled(server: ServerThread) -> None:
    """Reset the mock and wait for all connections to end."""
    server.ml.reset()
    connections = [t for t in threading.enumerate() if t.name == "mlmock-connection"]
    for thread in connections:
        thread.join(10)
        assert not thread.is_alive()
    gc.collect()


def open_files() -> int:
    """Return the number of open files and sockets of this process."""
    return len(list(Path("/proc/self/fd" if sys.platform == "linux" else "/dev/fd").iterdir()))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::mlmock.UnusedRuleWarning")
def test_ten_thousand_malformed_requests_leave_nothing_behind(
    caplog: pytest.LogCaptureFixture,
) -> None:
    draw, threads, files = random.Random(8), threading.active_count(), open_files()
    limits = ServerLimits(max_body_bytes=10_000, idle_timeout=5, hold_timeout=0.1)
    with ServerThread(strict=False, limits=limits) as server:
        visit(server)
        settled(server)
        running, opened = threading.active_count(), open_files()
        tracemalloc.start()
        statuses = batter(server, draw, COUNT)
        settled(server)
        left, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert left < 64 * COUNT, f"{COUNT} requests left {left} bytes"
        assert (threading.active_count(), open_files()) == (running, opened)
        assert connect(server.url).clock.now()
    assert not caplog.records
    assert (threading.active_count(), open_files()) == (threads, files)
    assert {b"200", b"400", b"404"} <= set(statuses)


def test_many_clients_at_the_same_time() -> None:
    with ServerThread() as server:
        errors: list[BaseException] = []

        def work(seed: int) -> None:
            draw = random.Random(seed)
            try:
                for _ in range(100):
                    receive(server.port, request(draw))
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not errors
        assert connect(server.url).clock.now()
