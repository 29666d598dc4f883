"""The server: a socket, threads, and a graceful end."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from werkzeug.serving import ThreadedWSGIServer

from mlmock.handle import MockML
from mlmock.mock import mock_ml
from mlmock.server.application import Application
from mlmock.server.connection import Connection, Limits


class ServerThread:
    """A server in a thread of its own, with a mock of its own: for notebooks and tests.

    `url` is where it listens, `ml` the handle that scripts it. The options are those of `mock_ml`.

        with ServerThread() as server:
            client = boto3.client("bedrock-runtime", endpoint_url=server.url)
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        limits: Limits | None = None,
        **options: Any,
    ) -> None:
        world = mock_ml(**options).detached()
        self._server = _listening(host, port, Application(world), limits or Limits())
        self.port: int = self._server.server_address[1]
        self.url = f"http://{host if ':' not in host else f'[{host}]'}:{self.port}"
        self.ml: MockML = world.ml
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},
            name="mlmock-server",
            daemon=True,
        )

    def __repr__(self) -> str:
        return f"<mlmock server at {self.url}>"

    def start(self) -> ServerThread:
        """Begin to answer, and return this."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Take no more connections, and let the running answers end."""
        self._server.shutdown()
        self._server.server_close()

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
    request_queue_size = 256

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the base class's
        """Log nothing."""


def _listening(host: str, port: int, application: Application, limits: Limits) -> Any:
    handler = type("BoundConnection", (Connection,), {"limits": limits, "timeout": limits.idle})
    return _Server(host, port, application, handler)


def serve(host: str, port: int, port_file: Path | None, **options: Any) -> int:
    """Answer until SIGTERM or SIGINT; print a line when ready. Returns the exit status."""
    server = ServerThread(host=host, port=port, **options)
    ended = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ended.set())
    server.start()
    if port_file is not None:
        port_file.write_text(f"{server.port}\n")
    sys.stdout.write(f"mlmock is ready at {server.url}\n")
    sys.stdout.flush()
    ended.wait()
    server.stop()
    return 0
