"""`mlmock serve`: a process that says when it is ready, answers, and ends when it is told to."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mlmock import ServerThread, cli, connect


def test_a_process_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    port_file = tmp_path / "port"
    line = [sys.executable, "-m", "mlmock", "serve", "--port", "0", "--port-file", str(port_file)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = process.stdout.readline()
        port = int(port_file.read_text())
        assert ready.startswith(f"mlmock is ready at http://127.0.0.1:{port} (")
        assert connect(f"http://127.0.0.1:{port}").clock.now().year > 2000
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("", "(HTTP/1.1 and HTTP/2)"),
        ("sys.modules['hypercorn'] = None; ", "(HTTP/1.1 alone; HTTP/2 needs mlmock[http2])"),
    ],
)
def test_the_ready_line_says_what_is_spoken(code: str, said: str) -> None:
    line = f"import sys; {code}from mlmock import cli; cli.main(['serve', '--port=0'])"
    with subprocess.Popen([sys.executable, "-c", line], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert said in process.stdout.readline().decode()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0


def test_it_listens_on_loopback_unless_told_otherwise() -> None:
    assert cli.parser().parse_args(["serve"]).host == "127.0.0.1"
    with ServerThread() as server:
        assert server.url == f"http://127.0.0.1:{server.port}"
    with ServerThread(host="::1") as server:
        assert server.url == f"http://[::1]:{server.port}"
        assert connect(server.url).clock.now()


def test_answers_under_way_are_written_before_the_server_ends() -> None:
    begun, go = threading.Event(), threading.Event()

    def slow(call: object) -> str:
        begun.set()
        assert go.wait(10)
        return "late"

    server = ServerThread().start()
    server.ml.sagemaker.endpoint("slow").reply(slow)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        line.sendall(b"POST /endpoints/slow/invocations HTTP/1.1\r\nContent-Length: 1\r\n\r\n1")
        assert begun.wait(10)
        ending = threading.Thread(target=server.stop)
        ending.start()
        go.set()
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    ending.join(10)
    assert (answer[:12], answer[-4:], ending.is_alive()) == (b"HTTP/1.1 200", b"late", False)


def test_a_port_that_is_taken_is_a_clean_refusal(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert cli.main(["serve", "--port", str(port)]) == 1
    assert f"cannot listen on 127.0.0.1:{port}" in capsys.readouterr().err


def test_a_thread_serves_and_leaves_nothing_behind() -> None:
    before = threading.active_count()
    with ServerThread("bedrock-runtime", region="eu-west-1") as server:
        remote = connect(server.url)
        assert remote.clock.now() >= server.ml.clock.now().replace(year=2000)
        with socket.create_connection(("127.0.0.1", server.port)) as waiting:
            waiting.sendall(b"GET /_mlmock/health HTTP/1.1\r\nHost: x\r\n\r\n")
            assert waiting.recv(12) == b"HTTP/1.1 200"
            assert repr(server) == f"<mlmock server at {server.url}>"
            server.stop()  # the connection that waits for its next request ends
            assert waiting.recv(100_000)
            assert waiting.recv(1) == b""
    assert threading.active_count() == before


def test_nobody_answers_where_no_server_is() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ConnectionError):
        connect(f"http://127.0.0.1:{port}").reset()
    with pytest.raises(ValueError, match="a server is at"):
        connect("ftp://x")
