"""HTTP/1.1 as bytes, for requests that no client library sends."""

from __future__ import annotations

import socket
from contextlib import suppress

RECEIVE_BYTES = 65_536


def connect_to(port: int) -> socket.socket:
    """Return a connection to the server on `port`."""
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def receive_all(connection: socket.socket) -> bytes:
    """Return all that the server sends until it closes the connection."""
    return b"".join(iter(lambda: connection.recv(RECEIVE_BYTES), b""))


def exchange(port: int, sent: bytes) -> bytes:
    """Send bytes on a connection of their own, and return all that the server sends.

    Raises:
        ConnectionError: The server has reset the connection.
    """
    with connect_to(port) as connection:
        connection.sendall(sent)
        with suppress(OSError):  # the connection may be reset already
            connection.shutdown(socket.SHUT_WR)
        return receive_all(connection)


def request(line: str, *headers: str, body: bytes = b"") -> bytes:
    """Return the bytes of a request with the request line, a Host header and `headers`."""
    lines = [f"{line} HTTP/1.1", "Host: localhost", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def post(target: str, body: bytes, *headers: str) -> bytes:
    """Return the bytes of a POST with a Content-Length."""
    return request(f"POST {target}", f"Content-Length: {len(body)}", *headers, body=body)
