"""The source of a function, cheaply: what guards our patches against another botocore.

Files are read as bytes and taken apart by their lines: `inspect.getsource` tokenises all of a file.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any


def source_hash(function: Any) -> str:
    """Return 16 hex digits of the hash of a Python function's source text; "" if there is none."""
    code = getattr(function, "__code__", None)
    text = _read(getattr(code, "co_filename", None))
    if code is None or not text:
        return ""
    lines = text.split(b"\n")[code.co_firstlineno - 1 :]
    return _hash(b"\n".join([*_context(lines), b""]))


def class_hash(kind: type) -> str:
    """Return 16 hex digits of the hash of a top-level class's source text; "" if there is none."""
    text = _read(sys.modules[kind.__module__].__file__)
    head = f"\nclass {kind.__name__}".encode()
    start = max(text.find(head + b"("), text.find(head + b":")) + 1
    return _hash(b"\n".join(_body(text[start:].split(b"\n")))) if start else ""


def _read(name: str | None) -> bytes:
    """Return what is in a file; nothing for one that can't be read, as in a zipped package."""
    try:
        return Path(name or "").read_bytes()
    except OSError:
        return b""


def _hash(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:16]


def _body(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a class's lines: up to the next that stands at the margin."""
    for number, line in enumerate(lines):
        if line[:1].strip(b" )\r") and number:
            return
        if line.strip():
            yield line.rstrip()


def _context(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a function's lines: up to the first that stands no deeper than its `def`."""
    indent = None
    decorated = False
    for line in lines:
        text = line.strip()
        depth = len(line) - len(line.lstrip())
        if indent is None:
            indent, decorated = depth, text.startswith(b"@")
        elif decorated:
            decorated = not text.startswith((b"def ", b"async def "))
        elif text and depth <= indent and text[:1] != b")":
            return
        if text:
            yield line.rstrip()
