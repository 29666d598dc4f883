"""Embeddings that need no model: the same text always has the same vector, of length one.

A vector is drawn from a hash of its text and of nothing else, so it is the same in every run, on
every machine and whatever the seed is. A shorter vector is the beginning of the longer one, brought
to length one: that is how models with a choice of dimensions shorten theirs. Texts that mean the
same are not near each other (judged): script them with ``embed`` where a test needs that.
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
    """Return the vector of `text`: `size` numbers whose squares add up to one."""
    digest = hashlib.shake_256(text.encode("utf-8", "surrogatepass")).digest(4 * size)
    numbers = [number / _HALF - 1 for number in struct.unpack(f">{size}I", digest)]
    return normalized(numbers)


def normalized(numbers: Sequence[float]) -> tuple[float, ...]:
    """Return `numbers` brought to length one, to eight decimals; all zeros stay so."""
    length = math.sqrt(math.fsum(number * number for number in numbers)) or 1.0
    return tuple(round(number / length, 8) for number in numbers)


def canonical_json(parts: Any) -> str:
    """Return the text that stands for an input which isn't one: its JSON, with sorted keys."""
    return json.dumps(parts, sort_keys=True, separators=(",", ":"))


def to_embedding_type(numbers: Sequence[float], kind: str) -> Any:
    """Return a vector as an embedding type writes it: float, int8, uint8, binary, ubinary, base64.

    The bytes are a straight scaling of -1..1, the bits the signs, eight to a number (judged).
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
