"""Heads of HTTP/1.1: those of requests, read in one go, and those of answers, written so.

A head that SDKs write is plain: ASCII, a path for a target, each header once and on one line, the
body told by its length. What is unusual about any other is left to werkzeug's handler and the
standard library's under it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from io import BufferedReader
from typing import Any

from mlmock.aws.protocol.messages import Answer

_LINE = re.compile(r"([A-Z]+) (/(?!/)[!-~]*) HTTP/1\.1")
_NAME = re.compile(r"([a-z0-9-]+):")
_END = b"\r\n\r\n"
_MOST = 100  # headers of a request, as the standard library counts
_SPECIAL = {"expect", "transfer-encoding"}  # their bodies come in another way
_STATUSES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class Head:
    """What comes before a request's body; `headers` have lower-case names."""

    method: str
    target: str
    headers: Mapping[str, str]


def plain_head(source: BufferedReader) -> Head | None:
    """Take a plain head from `source`, or take nothing and return None.

    Looks no further than at what comes at once.
    """
    start = source.peek()
    end = start.find(_END)
    found = _plain(start[:end]) if end >= 0 else None
    if found is not None:
        source.read(end + len(_END))
    return found


def _plain(said: bytes) -> Head | None:
    if not said.isascii():
        return None
    line, *lines = said.decode("ascii").split("\r\n")
    asked = _LINE.fullmatch(line)
    if asked is None or not said.count(b"\r") == said.count(b"\n") == len(lines) <= _MOST:
        return None
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        headers[_plain_name(name + colon)] = value.strip(" \t")
    if "" in headers or len(headers) < len(lines):
        return None
    return Head(asked[1], asked[2], headers)


@lru_cache(maxsize=256)
def _plain_name(said: str) -> str:
    """Return a header's name in lower case, without its colon; "" for one that isn't plain."""
    found = _NAME.fullmatch(said.lower())
    return "" if found is None or found[1] in _SPECIAL else found[1]


def head_of(environ: Mapping[str, Any]) -> Head:
    """Return the head of a request that WSGI hands over."""
    return Head(environ["REQUEST_METHOD"], _target_of(environ), _headers_of(environ))


def _target_of(environ: Mapping[str, Any]) -> str:
    """Return the request's target as it came: raw, in origin or absolute form."""
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if raw:
        return str(raw)
    query = environ.get("QUERY_STRING")  # another WSGI server, which has unquoted the path
    path = str(environ.get("PATH_INFO", "/"))
    return f"{path}?{query}" if query else path


def _headers_of(environ: Mapping[str, Any]) -> dict[str, str]:
    found = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            found[name.replace("_", "-").lower()] = environ[name]
    return found


def status_of(answer: Answer) -> str:
    """Return the status of an answer, with its phrase."""
    return _STATUSES.get(answer.status, f"{answer.status} Unknown")


def written(answer: Answer, *, framing: str, connection: str) -> bytes:
    """Return an answer's head; `framing` is a header that says how its body ends, or nothing."""
    lines = [f"{n}: {v}\r\n" for n, v in answer.headers.items() if n != "Connection"]
    start, end = f"HTTP/1.1 {status_of(answer)}\r\n", f"Connection: {connection}\r\n\r\n"
    return "".join([start, *lines, framing, end]).encode("latin-1", "replace")
