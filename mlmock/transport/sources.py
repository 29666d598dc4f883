"""The source of a function, cheaply: what guards our patches against another botocore."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator
from itertools import dropwhile, islice
from pathlib import Path
from typing import Any


def source_hash(function: Any) -> str:
    """Return 16 hex digits of the hash of a Python function's source text.

    Reads the function's own lines only; `inspect.getsource` tokenises the whole file.
    """
    code = function.__code__
    with Path(code.co_filename).open(encoding="utf-8") as file:
        lines = "".join(_block(islice(file, code.co_firstlineno - 1, None)))
    return hashlib.sha256(lines.encode()).hexdigest()[:16]


def class_hash(kind: type) -> str:
    """Return 16 hex digits of the hash of a top-level class's source text."""
    with Path(sys.modules[kind.__module__].__file__ or "").open(encoding="utf-8") as file:
        heads = (f"class {kind.__name__}(", f"class {kind.__name__}:")
        rest = dropwhile(lambda line: not line.startswith(heads), file)
        lines = [line.rstrip() for line in _body(rest) if line.strip()]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _body(lines: Iterable[str]) -> Iterator[str]:
    """Yield a class's lines: up to the next that stands at the margin."""
    for number, line in enumerate(lines):
        if number and line.strip() and line[0] not in " )":
            return
        yield line


def _block(lines: Iterable[str]) -> Iterator[str]:
    """Yield a function's lines: up to the first that stands no deeper than its `def`."""
    indent = None
    decorated = False
    for line in lines:
        text = line.strip()
        depth = len(line) - len(line.lstrip())
        if indent is None:
            indent, decorated = depth, text.startswith("@")
        elif decorated:
            decorated = not text.startswith(("def ", "async def "))
        elif text and depth <= indent and text[0] != ")":
            return
        if text:
            yield line.rstrip() + "\n"
