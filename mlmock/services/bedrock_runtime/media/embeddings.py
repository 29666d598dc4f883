"""Generated embeddings: unit vectors that depend only on the text.

A vector is derived from a hash of its text, so it is the same in every run, on every machine and
for every seed. A shorter vector is the normalized beginning of a longer one, as with models that
offer several dimensions. Texts with similar meaning do not have similar vectors; use ``embed``
where a test needs that.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

_HALF = 1 << 31


@lru_cache(maxsize=128)
def unit_vector(text: str, size: int) -> tuple[float, ...]:
    """Return the unit vector of `text` with `size` dimensions."""
    digest = hashlib.shake_256(text.encode("utf-8", "surrogatepass")).digest(4 * size)
    numbers = [number / _HALF - 1 for number in struct.unpack(f">{size}I", digest)]
    return normalized(numbers)


def normalized(numbers: Sequence[float]) -> tuple[float, ...]:
    """Return `numbers` scaled to length one and rounded to eight decimals; zeros stay zeros."""
    length = math.sqrt(math.fsum(number * number for number in numbers)) or 1.0
    return tuple(round(number / length, 8) for number in numbers)


def canonical_json(parts: Any) -> str:
    """Return compact JSON with sorted keys, as the text of an input that is not a text."""
    return json.dumps(parts, sort_keys=True, separators=(",", ":"))


def to_embedding_type(numbers: Sequence[float], kind: str) -> Any:
    """Return a vector in an embedding type.

    Assumption: int8 and uint8 scale the range -1 to 1 linearly, and binary and ubinary pack the
    signs of eight numbers into one.

    Args:
        numbers: The vector.
        kind: float, int8, uint8, binary, ubinary or base64.
    """
    if kind in ("binary", "ubinary"):
        return _packed_bits(numbers, signed=kind == "binary")
    if kind == "base64":
        return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
    if kind in ("int8", "uint8"):
        shift = 0 if kind == "int8" else 128
        return [round(max(-1.0, min(1.0, number)) * 127) + shift for number in numbers]
    return list(numbers)


def _packed_bits(numbers: Sequence[float], *, signed: bool) -> list[int]:
    bits = "".join("1" if number > 0 else "0" for number in numbers)
    shift = 128 if signed else 0
    return [
        int(bits[start : start + 8].ljust(8, "0"), 2) - shift for start in range(0, len(bits), 8)
    ]
