"""Identifiers that depend on nothing but a text."""

from __future__ import annotations

import hashlib
import uuid


def uuid_from(text: str) -> str:
    """Return the UUID, of version 4 by its form, that a text always gives."""
    drawn = hashlib.md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()
    return str(uuid.UUID(bytes=drawn, version=4))
