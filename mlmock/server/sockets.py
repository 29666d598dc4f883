"""Sockets whose reads and writes end in time, at the cost of no further call of the system's.

Python's own timeouts ask the system before each read and write whether there is something to do.
Here the system itself gives up after the time.
"""

from __future__ import annotations

import socket
import struct
import sys
from io import RawIOBase
from typing import Any


def be_patient(connection: socket.socket, seconds: float) -> None:
    """Let each read and write of a connection fail that takes longer; 0: let it take its time."""
    if sys.platform == "win32":  # which counts in milliseconds
        patience = struct.pack("L", int(seconds * 1000))
    else:
        patience = struct.pack("ll", int(seconds), int(seconds % 1 * 1_000_000))
    for way in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        connection.setsockopt(socket.SOL_SOCKET, way, patience)


class Source(RawIOBase):
    """The bytes that come from a connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._receive = connection.recv_into

    def readable(self) -> bool:
        """Say that there is something to read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` with what is there; return how many bytes that was. TimeoutError."""
        try:
            return self._receive(buffer)
        except BlockingIOError:
            raise TimeoutError("nothing came in time") from None
