"""URIs: the raw path is split first, then each label is unquoted."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import parse_qsl, unquote


def path_and_query(url: str) -> tuple[str, str]:
    """Return the raw path and the raw query of a URL in absolute or origin form."""
    path, _, query = url.partition("?")
    host = path.find("://")
    if host >= 0:
        start = path.find("/", host + 3)
        path = path[start:] if start >= 0 else ""
    return path or "/", query


@lru_cache(maxsize=512)
def label(raw: str) -> str:
    """Return the text of a percent-encoded path segment."""
    return unquote(raw)


def query_items(query: str) -> dict[str, list[str]]:
    """Return the parameters of a raw query, each with its values in order."""
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        found.setdefault(name, []).append(value)
    return found
