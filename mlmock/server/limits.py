"""Limits of the server: sizes and times."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a client may ask of a connection: bytes of a body, seconds of idleness, of patience."""

    body: int = 64 * 1024 * 1024
    idle: float = 75.0
    patience: float = 120.0
