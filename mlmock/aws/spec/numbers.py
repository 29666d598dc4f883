"""Numbers: what a 32-bit integer, a 64-bit one and a double can hold, and how they are spelt."""

from __future__ import annotations

import re

# What the services' own number types hold (the model says integer, long, float and double).
RANGES = {"integer": (-(2**31), 2**31 - 1), "long": (-(2**63), 2**63 - 1)}
_SPECIAL = {
    "NaN": float("nan"),
    "Infinity": float("inf"),
    "-Infinity": float("-inf"),
}
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def integer(text: str) -> int:
    """Return the integer that `text` spells in plain digits; ValueError for anything else."""
    if _INTEGER.fullmatch(text) is None:
        raise ValueError(text)
    return int(text)


def decimal(text: str) -> float:
    """Return the number that `text` spells; ValueError for anything else, and beyond a double."""
    if text in _SPECIAL:
        return _SPECIAL[text]
    if _DECIMAL.fullmatch(text) is None:
        raise ValueError(text)
    return finite(text)


def finite(text: str) -> float:
    """Return the double that `text` spells; ValueError beyond what a double holds."""
    found = float(text)
    if found - found != 0:
        raise ValueError(text)
    return found


def double(value: object) -> float | int:
    """Return a JSON `value` as a floating-point member; ValueError if it stands for none.

    Three values travel as text: ``"NaN"``, ``"Infinity"`` and ``"-Infinity"`` (the protocol).
    """
    if type(value) is float:
        return value
    if type(value) is int:
        try:
            float(value)
        except OverflowError as fault:
            raise ValueError("beyond a double") from fault
        return value
    if type(value) is str and value in _SPECIAL:
        return _SPECIAL[value]
    raise ValueError(value)
