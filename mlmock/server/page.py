"""The page at ``/``."""

from __future__ import annotations

from mlmock.handle import MockML


def page(ml: MockML) -> str:
    """Return the page."""
    return "<!doctype html><title>mlmock</title>"
