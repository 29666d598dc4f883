"""The listening socket: accepts connections and serves each in a thread of its own."""

from __future__ import annotations

import logging
import socket
import socketserver
import time
from contextlib import suppress
from typing import Any

from mlmock.server.connection import Connection
from mlmock.server.limits import ServerLimits
from mlmock.server.request import Respond

_log = logging.getLogger("mlmock.server")
_BACKLOG = 256  # connections that wait to be accepted
_GRACE_SECONDS = 10.0  # for the responses in progress when the server stops


class Listener(socketserver.TCPServer):
    """Accepts connections while `serve_forever` runs."""

    def __init__(self, host: str, port: int, limits: ServerLimits, respond: Respond) -> None:
        self._limits = limits
        self._respond = respond
        self._connections: set[Connection] = set()
        super().__init__((host, port), socketserver.BaseRequestHandler, bind_and_activate=False)
        self.socket.close()
        # Unlike TCPServer, this chooses the socket's options for each platform.
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.create_server((host, port), family=family, backlog=_BACKLOG)

    @property
    def port(self) -> int:
        """The port, also if 0 was requested."""
        return int(self.socket.getsockname()[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve an accepted connection in a thread of its own."""
        forget = self._connections.discard
        connection = Connection(request, self._limits, self._respond, forget)
        self._connections.add(connection)
        try:
            connection.start()
        except RuntimeError:  # no more threads can be started
            forget(connection)
            raise

    def service_actions(self) -> None:
        """Let no slow response delay another. `serve_forever` calls this regularly."""
        for connection in list(self._connections):
            with suppress(RuntimeError):  # no more threads can be started
                connection.hand_over_if_slow()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log that no thread could be started for a connection."""
        _log.exception("A connection from %s can't be served", client_address)

    def close(self) -> None:
        """Close the socket, and end every connection once its responses are written."""
        self.server_close()
        deadline = time.monotonic() + _GRACE_SECONDS
        connections = list(self._connections)
        for connection in connections:
            connection.stop()
        for connection in connections:
            connection.thread.join(max(0.0, deadline - time.monotonic()))
