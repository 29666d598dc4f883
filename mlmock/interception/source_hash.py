"""Hashes of the source of functions and classes.

A patch that repeats what botocore does is applied only where botocore's source has a known hash.
Files are read as bytes and split into lines, because `inspect.getsource` tokenizes a whole file.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any


def source_hash(function: Any) -> str:
    """Return 16 hex digits of the hash of a function's source, or "" if it has no source."""
    code = getattr(function, "__code__", None)
    text = _read(getattr(code, "co_filename", None))
    if code is None or not text:
        return ""
    lines = text.split(b"\n")[code.co_firstlineno - 1 :]
    return _hash(b"\n".join([*_function_lines(lines), b""]))


def class_hash(cls: type) -> str:
    """Return 16 hex digits of the hash of a top-level class's source, or "" if it has no source."""
    text = _read(sys.modules[cls.__module__].__file__)
    head = f"\nclass {cls.__name__}".encode()
    start = max(text.find(head + b"("), text.find(head + b":")) + 1
    return _hash(b"\n".join(_class_lines(text[start:].split(b"\n")))) if start else ""


def _read(name: str | None) -> bytes:
    """Return the content of a file, or b"" if it cannot be read, as in a zipped package."""
    try:
        return Path(name or "").read_bytes()
    except OSError:
        return b""


def _hash(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:16]


def _class_lines(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines of a class: those before the next line without indentation."""
    for number, line in enumerate(lines):
        if line[:1].strip(b" )\r") and number:
            return
        if line.strip():
            yield line.rstrip()


def _function_lines(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines of a function: those before the first that is not indented deeper."""
    indent = None
    is_decorator = False
    for line in lines:
        text = line.strip()
        depth = len(line) - len(line.lstrip())
        if indent is None:
            indent, is_decorator = depth, text.startswith(b"@")
        elif is_decorator:
            is_decorator = not text.startswith((b"def ", b"async def "))
        elif text and depth <= indent and text[:1] != b")":
            return
        if text:
            yield line.rstrip()
