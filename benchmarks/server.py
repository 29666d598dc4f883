"""The server: requests per second over kept connections, a boto3 client, streams, moto's server."""

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
_CONVERSATION = json.dumps({"messages": [{"role": "user", "content": [{"text": "Hi"}]}]})
_SECONDS = 5  # of full load
_CALLS = 200  # of a boto3 client, in each of nine rounds
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}
# What replaces these constants where `benchmarks.compare` repeats all rows.
REDUCED = {"_SECONDS": 1, "_CALLS": 50}


@contextmanager
def serving() -> Iterator[int]:
    """Run `mlmock serve` in a new process; yield its port."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "port"
        command = [sys.executable, "-m", "mlmock", "serve", "--port", "0", "--port-file", str(file)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            yield int(file.read_text())
            process.terminate()


@contextmanager
def moto() -> Iterator[int]:
    """Run moto's server in a new process; yield its port."""
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
    """Run a server that sends one response to every request, in a new process; yield its port."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        process = multiprocessing.get_context("fork").Process(target=_repeat, args=(bound, answer))
        process.start()
        yield int(bound.getsockname()[1])
        process.kill()
        process.join()


def _repeat(bound: socket.socket, answer: bytes) -> None:
    while True:
        connection, _ = bound.accept()
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while connection.recv(65536):
                connection.sendall(answer)


def _until_open(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"no server accepts connections on port {port}")


def load(url: str, connections: int = 8) -> tuple[float, float]:
    """Return requests per second and the 99th percentile in milliseconds, under full load."""
    wrk = shutil.which("wrk")
    if wrk is None:
        return _own_load(url, connections)
    command = [wrk, "-t1", f"-c{connections}", f"-d{_SECONDS}s", "--latency", url]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    late = re.search(r"99%\s+([\d.]+)(us|ms|s)", text)
    assert rate is not None, text
    assert late is not None, text
    assert "Non-2xx" not in text, text
    return float(rate[1]), float(late[1]) * _UNITS[late[2]]


def _own_load(url: str, connections: int, pace: float = 0.0) -> tuple[float, float]:
    """Measure as `load` does, without wrk; each connection sends one request in `pace` seconds."""
    times: list[float] = []
    end = time.monotonic() + _SECONDS

    def client() -> None:
        host, _, path = url.removeprefix("http://").partition("/")
        connection = HTTPConnection(host)
        while (start := time.monotonic()) < end:
            connection.request("GET", f"/{path}")
            connection.getresponse().read()
            times.append(time.monotonic() - start)
            time.sleep(max(0.0, pace - times[-1]))
        connection.close()

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


def _call_seconds(client: Any) -> float:
    """Return the wall time of a call, in seconds."""
    start = time.monotonic()
    for _ in range(_CALLS):
        client.describe_human_loop(HumanLoopName="bench")
    return (time.monotonic() - start) / _CALLS


def _boto3(port: int, rounds: int = 9) -> tuple[float, float]:
    """Return the seconds of a boto3 client's call, and their ratio to a constant response's."""
    with constant(_raw(port)) as other:
        ours, theirs = _client(port), _client(other)
        for client in (ours, theirs):
            _call_seconds(client)
        pairs = [(_call_seconds(ours), _call_seconds(theirs)) for _ in range(rounds)]
        for client in (ours, theirs):
            client.close()
    mine = statistics.median(mine for mine, _ in pairs)
    return mine, statistics.median(mine / base for mine, base in pairs)


def _raw(port: int) -> bytes:
    """Return the bytes of the response to describe_human_loop."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET /human-loops/bench HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return connection.recv(65536)


def _streams(port: int, count: int = 64) -> float:
    """Return the seconds that `count` concurrent streams take."""
    start = time.monotonic()
    with ThreadPoolExecutor(count) as pool:
        found = list(pool.map(_stream, [port] * count))
    assert all(b"messageStop" in body for body in found)
    return time.monotonic() - start


def _stream(port: int) -> bytes:
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("POST", f"/model/{_MODEL}/converse-stream", _CONVERSATION)
    body = connection.getresponse().read()
    connection.close()
    return body


def rows() -> Iterator[Row]:
    """Yield the rows. A rate is given as the time of 1000 requests, so that less is better."""
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
        yield Row("server: one boto3 client", ratio, 1.4, "x a constant response")
        yield Row("server: 64 concurrent streams", 1000 * _streams(port), None, "ms")
    with moto() as port:
        theirs, _ = load(f"http://127.0.0.1:{port}/")
        title = "server: moto's requests per second (ListBuckets)"
        yield Row(title, theirs / rate, 1.0, "x those of mlmock")
