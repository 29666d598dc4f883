"""Generators of identifiers that depend only on a text or a seed, for reproducible runs."""

from __future__ import annotations

import hashlib
import string
import uuid

_ALPHANUMERIC = string.ascii_letters + string.digits


def uuid_from(text: str) -> str:
    """Return a version 4 UUID that is always the same for a text."""
    digest = hashlib.md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()
    return str(uuid.UUID(bytes=digest, version=4))


def characters_from(seed: int, length: int, alphabet: str = _ALPHANUMERIC) -> str:
    """Return `length` characters of `alphabet` that are always the same for a seed."""
    state, characters = seed & 0xFFFFFFFFFFFFFFFF, []
    for _ in range(length):
        state = (state * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
        characters.append(alphabet[(state >> 33) % len(alphabet)])
    return "".join(characters)
