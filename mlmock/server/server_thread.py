"""The server: a socket, threads, and a graceful end."""

from __future__ import annotations

import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from werkzeug.serving import ThreadedWSGIServer

from mlmock.mock.handle import MockML
from mlmock.mock.mock import mock_ml
from mlmock.server import http2
from mlmock.server.application import Application
from mlmock.server.http1 import Connection
from mlmock.server.http2 import Http2
from mlmock.server.limits import Limits

_WITHOUT = "HTTP/1.1 alone; HTTP/2 needs mlmock[http2]"
_QUEUE = 256  # connections that wait to be taken


class ServerThread:
    """A server in a thread of its own, with a mock of its own: for notebooks and tests.

    `url` is where it listens, `ml` the handle that scripts it. The options are those of `mock_ml`.

        with ServerThread() as server:
            client = boto3.client("bedrock-runtime", endpoint_url=server.url)
    """

    def __init__(
        self,
        *services: str,
        host: str = "127.0.0.1",
        port: int = 0,
        limits: Limits | None = None,
        **options: Any,
    ) -> None:
        self._application = Application(mock_ml(*services, **options).detached())
        self._server = _listening(host, port, self._application, limits or Limits())
        self.port: int = self._server.server_address[1]
        self.url = f"http://{host if ':' not in host else f'[{host}]'}:{self.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},
            name="mlmock-server",
            daemon=True,
        )

    def __repr__(self) -> str:
        return f"<mlmock server at {self.url}>"

    @property
    def ml(self) -> MockML:
        """The handle of the mock that answers."""
        return self._application.ml

    def renew(self, *services: str, **options: Any) -> MockML:
        """Answer with a new mock from here on, and return its handle; the port stays."""
        self._application.answer_with(mock_ml(*services, **options).detached())
        return self.ml

    def check(self) -> None:
        """Raise what a block would at its end: refusals by UnmatchedCall, then UnusedRule."""
        __tracebackhide__ = True
        self.ml.assert_all_used()

    def start(self) -> ServerThread:
        """Begin to answer, and return this."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Take no more connections, let the running answers end, and close those that wait."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        self._server.finish()

    def __enter__(self) -> ServerThread:
        """Begin to answer."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()


class _Server(ThreadedWSGIServer):
    """werkzeug's threaded server, without its start-up chatter and with a deeper queue."""

    daemon_threads = True
    request_queue_size = _QUEUE
    grace = 10.0  # seconds that answers under way have once the server stops

    def __init__(self, *given: Any, **more: Any) -> None:
        self._open: dict[threading.Thread, Any] = {}
        self.http2: Http2 | None = None
        super().__init__(*given, **more)

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the base class's
        """Log nothing."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a connection that a client has torn."""

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve one connection in a thread of its own, and know of it while it runs."""
        thread = threading.Thread(
            target=self.process_request_thread,
            args=(request, client_address),
            name="mlmock-connection",
            daemon=True,
        )
        self._open = {t: r for t, r in self._open.items() if t.is_alive()}
        thread.start()
        self._open[thread] = request

    def finish(self) -> None:
        """Let every connection end once its present answer is written."""
        deadline = time.monotonic() + self.grace
        if self.http2 is not None:
            self.http2.stop()
        running = list(self._open.items())
        for _, request in running:
            with suppress(OSError):
                request.shutdown(socket.SHUT_RD)
        for thread, _ in running:
            thread.join(max(0.0, deadline - time.monotonic()))


def _listening(host: str, port: int, application: Application, limits: Limits) -> Any:
    handler = type("BoundConnection", (Connection,), {"limits": limits})
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=_QUEUE) as bound:
        address = bound.getsockname()
        server = _Server(host, address[1], application, handler, fd=bound.fileno())
    if http2.is_there():
        server.http2 = http2.Http2(application, limits, server.grace)
    return server


def serve(host: str, port: int, port_file: Path | None, **options: Any) -> int:
    """Answer until SIGTERM or SIGINT; print a line when ready. Returns the exit status."""
    server = ServerThread(host=host, port=port, **options)
    ended = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ended.set())
    server.start()
    if port_file is not None:
        port_file.write_text(f"{server.port}\n", encoding="ascii")
    spoken = "HTTP/1.1 and HTTP/2" if http2.is_there() else _WITHOUT
    sys.stdout.write(f"mlmock is ready at {server.url} ({spoken})\n")
    sys.stdout.flush()
    ended.wait()
    server.stop()
    return 0
