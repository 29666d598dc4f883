"""The server: requests a second by wrk over kept connections, beside moto's server in one run."""

from __future__ import annotations

import json
import multiprocessing
import re
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.paired import Row

_FLOW = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/review"
_LOOP = {"HumanLoopName": "bench", "FlowDefinitionArn": _FLOW}
_MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
_SAID = json.dumps({"messages": [{"role": "user", "content": [{"text": "Hi"}]}]})
_SECONDS = 5
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@contextmanager
def serving() -> Iterator[int]:
    """Run `mlmock serve` in a process of its own; yield its port."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "port"
        line = [sys.executable, "-m", "mlmock", "serve", "--port", "0", "--port-file", str(file)]
        with subprocess.Popen(line, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            yield int(file.read_text())
            process.terminate()


@contextmanager
def moto() -> Iterator[int]:
    """Run moto's server in a process of its own; yield its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    code = f"from moto.server import main; main(['-p', '{port}'])"
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([sys.executable, "-c", code], **quiet) as process:
        _until_open(port)
        yield port
        process.terminate()


@contextmanager
def constant(answer: bytes) -> Iterator[int]:
    """Run what gives one answer, whatever it is asked, in a process of its own; yield its port."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        process = multiprocessing.get_context("fork").Process(target=_repeat, args=(bound, answer))
        process.start()
        yield int(bound.getsockname()[1])
        process.kill()
        process.join()


def _repeat(bound: socket.socket, answer: bytes) -> None:
    while True:
        line, _ = bound.accept()
        with line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while line.recv(65536):
                line.sendall(answer)


def _until_open(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"nothing listens on {port}")


def load(url: str, connections: int = 8) -> tuple[float, float]:
    """Return requests a second and the 99th percentile in milliseconds, under full load."""
    wrk = shutil.which("wrk")
    if wrk is None:
        return _own_load(url, connections)
    line = [wrk, "-t1", f"-c{connections}", f"-d{_SECONDS}s", "--latency", url]
    text = subprocess.run(line, capture_output=True, text=True, check=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    late = re.search(r"99%\s+([\d.]+)(us|ms|s)", text)
    assert rate is not None, text
    assert late is not None, text
    assert "Non-2xx" not in text, text
    return float(rate[1]), float(late[1]) * _UNITS[late[2]]


def _own_load(url: str, connections: int, pace: float = 0.0) -> tuple[float, float]:
    """Do what `load` does without wrk, `pace` seconds between the requests of a connection."""
    times: list[float] = []
    end = time.monotonic() + _SECONDS

    def client() -> None:
        host, _, path = url.removeprefix("http://").partition("/")
        line = HTTPConnection(host)
        while (start := time.monotonic()) < end:
            line.request("GET", f"/{path}")
            line.getresponse().read()
            times.append(time.monotonic() - start)
            time.sleep(max(0.0, pace - times[-1]))
        line.close()

    threads = [threading.Thread(target=client) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.sort()
    return len(times) / _SECONDS, 1000 * times[int(len(times) * 0.99)]


def _start_loop(port: int) -> str:
    body = json.dumps({**_LOOP, "HumanLoopInput": {"InputContent": "{}"}}).encode()
    url = f"http://127.0.0.1:{port}/human-loops"
    request = urllib.request.Request(url, body, method="POST")
    urllib.request.urlopen(request).read()  # noqa: S310
    return f"{url}/bench"


def _client(port: int) -> Any:
    import boto3

    keys: Any = {"aws_access_key_id": "x", "aws_secret_access_key": "y"}
    url = f"http://127.0.0.1:{port}"
    return boto3.client("sagemaker-a2i-runtime", "us-east-1", endpoint_url=url, **keys)


def _time(client: Any, count: int = 200) -> float:
    """Return the seconds that a call takes, by the clock on the wall."""
    start = time.monotonic()
    for _ in range(count):
        client.describe_human_loop(HumanLoopName="bench")
    return (time.monotonic() - start) / count


def _boto3(port: int, rounds: int = 9) -> tuple[float, float]:
    """Return the seconds of a boto3 client's call, and their ratio to a constant answer's."""
    with constant(_raw(port)) as alike:
        ours, theirs = _client(port), _client(alike)
        for client in (ours, theirs):
            _time(client)
        pairs = [(_time(ours), _time(theirs)) for _ in range(rounds)]
        for client in (ours, theirs):
            client.close()
    mine = statistics.median(mine for mine, _ in pairs)
    return mine, statistics.median(mine / base for mine, base in pairs)


def _raw(port: int) -> bytes:
    """Return the very bytes of the answer to describe_human_loop."""
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(b"GET /human-loops/bench HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return line.recv(65536)


def _streams(port: int, count: int = 64) -> float:
    """Return the seconds that so many streams at once take."""
    start = time.monotonic()
    with ThreadPoolExecutor(count) as pool:
        found = list(pool.map(_stream, [port] * count))
    assert all(b"messageStop" in body for body in found)
    return time.monotonic() - start


def _stream(port: int) -> bytes:
    line = HTTPConnection("127.0.0.1", port)
    line.request("POST", f"/model/{_MODEL}/converse-stream", _SAID)
    body = line.getresponse().read()
    line.close()
    return body


def rows() -> Iterator[Row]:
    """Measure. The bars are upper ones: of a rate, what a thousand requests take."""
    with serving() as port:
        url = _start_loop(port)
        load(url)
        rate, late = load(url)
        yield Row("server: 1000 describe_human_loop by 8 connections", 1e6 / rate, 200.0, "ms")
        _, half = _own_load(url, 8, pace=16 / rate)
        yield Row("server: 99th percentile at half that load", half, 25.0, "ms")
        yield Row("server: 99th percentile at full load", late, None, "ms")
        call, ratio = _boto3(port)
        yield Row("server: 1000 calls of one boto3 client", 1e6 * call, 1111.0, "ms")
        yield Row("server: the same client against a constant answer", ratio, 1.4)
        yield Row("server: 64 streams at once", 1000 * _streams(port), None, "ms")
    with moto() as port:
        theirs, _ = load(f"http://127.0.0.1:{port}/")
        yield Row(
            "server: moto's requests a second (ListBuckets), as a share", theirs / rate, 1.0, "x"
        )
