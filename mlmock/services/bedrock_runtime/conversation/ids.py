"""Identifiers that depend on a text or a seed alone, so that a run can be repeated."""

from __future__ import annotations

import hashlib
import string
import uuid

_LETTERS = string.ascii_letters + string.digits


def uuid_from(text: str) -> str:
    """Return a UUID of version 4 that is always the same for a text."""
    drawn = hashlib.md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()
    return str(uuid.UUID(bytes=drawn, version=4))


def letters_from(seed: int, length: int, alphabet: str = _LETTERS) -> str:
    """Return `length` characters of `alphabet` that are always the same for a seed."""
    state, found = seed & 0xFFFFFFFFFFFFFFFF, []
    for _ in range(length):
        state = (state * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
        found.append(alphabet[(state >> 33) % len(alphabet)])
    return "".join(found)
