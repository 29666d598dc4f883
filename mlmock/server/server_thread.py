"""The server in a thread, and the command `mlmock serve`."""

from __future__ import annotations

import signal
import socket
import sys
import threading
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any

from mlmock.errors import MissingExtra
from mlmock.mock.handle import MockML
from mlmock.mock.mock import mock_ml
from mlmock.server.application import Application
from mlmock.server.limits import ServerLimits


class ServerThread:
    """A server in a thread of its own, with a mock of its own: for notebooks and tests.

        with ServerThread() as server:
            client = boto3.client("bedrock-runtime", endpoint_url=server.url)

    Attributes:
        url: The address of the server.
        port: The port in it.
    """

    def __init__(
        self,
        *services: str,
        host: str = "127.0.0.1",
        port: int = 0,
        limits: ServerLimits | None = None,
        **options: Any,
    ) -> None:
        """Listen on the port; `start` begins to respond.

        Args:
            services: The services to mock, as `mock_ml` takes them.
            host: The name or address to listen on.
            port: The port to listen on; 0 for any that is free.
            limits: Limits of what one client may use.
            options: The options of `mock_ml`.

        Raises:
            MissingExtra: The packages of the extra `server` are not installed.
            OSError: The port is in use or the host is unknown.
        """
        _require_server_extra()
        from mlmock.server.listener import Listener

        self._application = Application(mock_ml(*services, **options).standalone())
        respond = self._application.respond
        self._listener = Listener(host, port, limits or ServerLimits(), respond)
        self.port = self._listener.port
        self.url = f"http://{host if ':' not in host else f'[{host}]'}:{self.port}"
        self._thread = threading.Thread(
            target=self._listener.serve_forever, args=(0.05,), name="mlmock-server", daemon=True
        )

    def __repr__(self) -> str:
        return f"<mlmock server at {self.url}>"

    @property
    def ml(self) -> MockML:
        """The handle of the mock that responds."""
        return self._application.ml

    def reset_mock(self, *services: str, **options: Any) -> MockML:
        """Respond with a new mock from now on, on the same port, and return its handle."""
        self._application.use(mock_ml(*services, **options).standalone())
        return self.ml

    def assert_all_used(self) -> None:
        """Raise what `mock_ml` would raise at its end.

        Raises:
            UnmatchedCall: A call matched no rule.
            UnusedRule: A rule was not used as often as it requires.
        """
        __tracebackhide__ = True
        self.ml.assert_all_used()

    def start(self) -> ServerThread:
        """Begin to respond, and return this server."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Accept no more connections, finish the responses in progress, and close the rest."""
        if self._thread.is_alive():
            self._listener.shutdown()
            self._thread.join()
        self._listener.close()

    def __enter__(self) -> ServerThread:
        """Begin to respond."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()


def _require_server_extra() -> None:
    if find_spec("h11") is None:
        raise MissingExtra("The server needs h11: pip install 'mlmock[server]'")


def serve(host: str, port: int, port_file: Path | None, **options: Any) -> int:
    """Run a server until SIGTERM or SIGINT, and return the exit status.

    Args:
        host: The name or address to listen on.
        port: The port to listen on; 0 for any that is free.
        port_file: A file to write the port to, before the line that says that the server is ready.
        options: The options of `mock_ml`.

    Raises:
        MissingExtra: The packages of the extra `server` are not installed.
        OSError: The port is in use or the host is unknown.
    """
    server = ServerThread(host=host, port=port, **options)
    signals = _signal_socket()
    server.start()
    if port_file is not None:
        port_file.write_text(f"{server.port}\n", encoding="ascii")
    sys.stdout.write(f"mlmock is ready at {server.url} ({_protocols()})\n")
    sys.stdout.flush()
    signals.recv(1)
    server.stop()
    return 0


def _signal_socket() -> socket.socket:
    """Return a socket that receives a byte for each SIGTERM or SIGINT.

    Locks and events would not do: the wait for them misses a signal that arrives just before.
    """
    receiver, sender = socket.socketpair()
    sender.setblocking(False)  # set_wakeup_fd requires it
    signal.set_wakeup_fd(sender.detach())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    return receiver


def _protocols() -> str:
    from mlmock.server.connection import supports_http2

    if supports_http2():
        return "HTTP/1.1 and HTTP/2"
    return "HTTP/1.1; for HTTP/2: pip install 'mlmock[http2]'"
