"""Identifiers that depend on nothing but a text."""

from __future__ import annotations

import hashlib
import string
import uuid

_LETTERS = string.ascii_letters + string.digits


def uuid_from(text: str) -> str:
    """Return the UUID, of version 4 by its form, that a text always gives."""
    drawn = hashlib.md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()
    return str(uuid.UUID(bytes=drawn, version=4))


def letters_from(seed: int, length: int, alphabet: str = _LETTERS) -> str:
    """Return `length` characters of `alphabet` that depend on `seed` alone."""
    state, found = seed & 0xFFFFFFFFFFFFFFFF, []
    for _ in range(length):
        state = (state * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
        found.append(alphabet[(state >> 33) % len(alphabet)])
    return "".join(found)
