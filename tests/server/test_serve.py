"""`mlmock serve` and `ServerThread`: how they start and how they stop."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from mlmock import ServerLimits, ServerThread, cli, connect
from mlmock.errors import MissingExtra
from tests.server.raw_http import connect_to, exchange, post, receive_all, request

SERVE = "from mlmock import cli; cli.main(['serve', '--port=0'])"


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run Python with `arguments`; yield the process and its first line on stdout."""
    command = [sys.executable, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline()
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_process_serves_until_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    port_file = tmp_path / "port"
    arguments = ("-m", "mlmock", "serve", "--port", "0", "--port-file", str(port_file))
    with running(*arguments) as (process, ready):
        port = int(port_file.read_text())
        assert ready == f"mlmock is ready at http://127.0.0.1:{port} (HTTP/1.1 and HTTP/2)\n"
        assert connect(f"http://127.0.0.1:{port}").clock.now().year > 2000
        process.send_signal(number)
        assert process.wait(timeout=10) == 0


def test_a_signal_ends_a_process_under_load() -> None:
    with running("-c", SERVE) as (process, ready):
        port = int(ready.partition(" (")[0].rpartition(":")[2])
        health = request("GET /_mlmock/health")

        def send_requests() -> None:
            with suppress(ConnectionError), connect_to(port) as connection:
                while True:
                    connection.sendall(health)
                    if not connection.recv(10_000):
                        break

        threads = [threading.Thread(target=send_requests) for _ in range(4)]
        for thread in threads:
            thread.start()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=2) == 0
        for thread in threads:
            thread.join()


def test_the_ready_line_names_the_extra_for_http2() -> None:
    with running("-c", f"import sys; sys.modules['h2'] = None; {SERVE}") as (_, ready):
        assert ready.endswith(" (HTTP/1.1; for HTTP/2: pip install 'mlmock[http2]')\n")


def test_without_h11_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "h11", None)
    message = "The server needs h11: pip install 'mlmock[server]'"
    with pytest.raises(MissingExtra) as caught:
        ServerThread()
    assert str(caught.value) == message
    assert cli.main(["serve"]) == 1
    assert capsys.readouterr().err == f"mlmock serve: {message}\n"


def test_only_a_server_imports_its_extras() -> None:
    code = (
        "import sys, mlmock, mlmock.pytest_plugin, mlmock.cli, mlmock.server.server_thread;"
        "mlmock.connect, mlmock.ServerThread, mlmock.ServerLimits;"
        "print(sys.modules.keys() & {'h11', 'h2', 'werkzeug', 'responses'})"
    )
    with running("-c", code) as (_, printed):
        assert printed == "set()\n"


def test_the_default_host_is_loopback() -> None:
    assert cli.parser().parse_args(["serve"]).host == "127.0.0.1"
    with ServerThread() as server:
        assert server.url == f"http://127.0.0.1:{server.port}"
    with ServerThread(host="::1") as server:
        assert server.url == f"http://[::1]:{server.port}"
        assert connect(server.url).clock.now()


def test_limits_by_default() -> None:
    limits = ServerLimits()
    assert (limits.max_body_bytes, limits.idle_timeout, limits.hold_timeout) == (2**26, 75, 120)


def test_responses_in_progress_are_completed_before_the_server_stops() -> None:
    started, release = threading.Event(), threading.Event()

    def slow(call: object) -> str:
        started.set()
        assert release.wait(10)
        return "late"

    server = ServerThread().start()
    server.ml.sagemaker.endpoint("slow").reply(slow)
    with connect_to(server.port) as connection:
        connection.sendall(post("/endpoints/slow/invocations", b"1"))
        assert started.wait(10)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        release.set()
        received = receive_all(connection)
    stopping.join(10)
    assert (received[:12], received[-4:]) == (b"HTTP/1.1 200", b"late")
    assert not stopping.is_alive()


def test_open_request_bodies_are_dropped_when_the_server_stops() -> None:
    server = ServerThread().start()
    with connect_to(server.port) as connection:
        connection.sendall(request("POST /endpoints/e/invocations", "Content-Length: 5", body=b"1"))
        assert exchange(server.port, request("GET /_mlmock/health"))
        server.stop()
        assert receive_all(connection).startswith(b"HTTP/1.1 400 ")
    assert not server.ml.calls


def test_port_in_use(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert cli.main(["serve", "--port", str(port)]) == 1
    assert f"cannot listen on 127.0.0.1:{port}" in capsys.readouterr().err


def test_a_stopped_server_leaves_no_threads() -> None:
    before = threading.active_count()
    with ServerThread("bedrock-runtime", region="eu-west-1") as server:
        remote = connect(server.url)
        assert remote.clock.now() >= server.ml.clock.now().replace(year=2000)
        with connect_to(server.port) as idle:
            idle.sendall(request("GET /_mlmock/health"))
            assert idle.recv(12) == b"HTTP/1.1 200"
            assert repr(server) == f"<mlmock server at {server.url}>"
            server.stop()
            assert receive_all(idle).endswith(b'"services": ["bedrock-runtime"]}')
    assert threading.active_count() == before


def test_connect_where_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ConnectionError):
        connect(f"http://127.0.0.1:{port}").reset()
    with pytest.raises(ValueError, match="the URL of a server is"):
        connect("ftp://x")
