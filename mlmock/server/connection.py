"""A client's connection, whichever version of HTTP it uses."""

from __future__ import annotations

import logging
import socket
import struct
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING

from mlmock.errors import ConnectionFailure
from mlmock.server.http1 import Http1Connection
from mlmock.server.limits import ServerLimits
from mlmock.server.request import Respond

if TYPE_CHECKING:
    from mlmock.server.http2 import Http2Connection

_log = logging.getLogger("mlmock.server")
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_RECEIVE_BYTES = 65_536
# An empty SETTINGS frame, then GOAWAY for stream 0 with the error HTTP_1_1_REQUIRED (RFC 9113, 7).
_HTTP_1_1_REQUIRED = b"\0\0\0\4\0\0\0\0\0" + b"\0\0\x08\7\0\0\0\0\0" + b"\0\0\0\0" + b"\0\0\0\x0d"
# SO_LINGER of 0 seconds: closing the socket resets the connection.
_RESET_ON_CLOSE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


def supports_http2() -> bool:
    """Return whether h2 is installed."""
    return find_spec("h2") is not None


class Connection:
    """Serves one connection in threads of its own, and closes it.

    `on_close` is called with the connection when it is closed.
    """

    thread: threading.Thread  # the one that reads

    def __init__(
        self,
        client: socket.socket,
        limits: ServerLimits,
        respond: Respond,
        on_close: Callable[[Connection], None],
    ) -> None:
        self._client = client
        self._limits = limits
        self._respond = respond
        self._on_close = on_close
        self._protocol: Http1Connection | Http2Connection | None = None

    def start(self) -> None:
        """Begin to serve the connection."""
        self._start_thread(self._serve)

    def hand_over_if_slow(self) -> None:
        """Let another thread read if a response keeps the present one busy (HTTP/2)."""
        if self._protocol is not None:
            self._protocol.hand_over_if_slow()

    def stop(self) -> None:
        """End the connection once the responses in progress are written."""
        if self._protocol is None:
            with suppress(OSError):
                self._client.shutdown(socket.SHUT_RD)
        else:
            self._protocol.stop()

    def _start_thread(self, read: Callable[[], bool]) -> None:
        thread = threading.Thread(
            target=self._run, args=(read,), name="mlmock-connection", daemon=True
        )
        thread.start()
        self.thread = thread

    def _run(self, read: Callable[[], bool]) -> None:
        """Read, and close the connection unless another thread reads on."""
        is_reset = False
        try:
            if not read():
                return
        except ConnectionFailure as failure:
            is_reset = failure.kind == "unreachable"
        except OSError:
            pass  # the client has disconnected, or has been idle for too long
        except Exception:
            _log.exception("A connection failed")
        self._close(is_reset=is_reset)

    def _close(self, *, is_reset: bool) -> None:
        with suppress(OSError):
            if is_reset:
                self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            else:
                self._client.shutdown(socket.SHUT_WR)
        self._client.close()
        self._on_close(self)

    def _serve(self) -> bool:
        """Serve the connection, and return whether it has ended."""
        self._client.settimeout(self._limits.idle_timeout)
        self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        received = self._receive_start()
        if not received.startswith(_PREFACE):
            self._protocol = Http1Connection(self._client, self._limits, self._respond)
        elif supports_http2():
            from mlmock.server.http2 import Http2Connection

            self._protocol = Http2Connection(
                self._client, self._limits, self._respond, self._start_thread
            )
        else:
            _log.warning("A client used HTTP/2, which needs h2: pip install 'mlmock[http2]'")
            self._client.sendall(_HTTP_1_1_REQUIRED)
            return True
        return self._protocol.serve(received)

    def _receive_start(self) -> bytes:
        """Return the first bytes, as many as tell HTTP/2 from HTTP/1.1."""
        received = b""
        while len(received) < len(_PREFACE) and _PREFACE.startswith(received):
            data = self._client.recv(_RECEIVE_BYTES)
            if not data:
                break
            received += data
        return received
