"""What a shape of the service model limits, read once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mlmock.aws.spec.patterns import matcher, sized_matcher
from mlmock.aws.spec.undocumented import VALUES

LENGTH_OF = frozenset({"string", "blob", "list", "map"})
INTEGERS = frozenset({"integer", "long"})
FLOATS = frozenset({"float", "double"})


@dataclass(frozen=True, slots=True)
class Constraints:
    """Least and largest length (or value), enumeration and pattern of one shape."""

    least: float | None
    most: float | None
    enum: frozenset[str]
    fits: Callable[[str], Any] | None

    @property
    def any(self) -> bool:
        """True when something is limited."""
        return bool(self.least is not None or self.most is not None or self.enum or self.fits)


def constraints_of(shape: Any) -> Constraints:
    """Return the limits of a botocore `shape`."""
    facts = shape.metadata
    pattern = facts.get("pattern") if shape.type_name == "string" else None
    return Constraints(
        least=facts.get("min"),
        most=facts.get("max"),
        enum=_enum(shape),
        fits=matcher(pattern) if pattern else None,
    )


def _enum(shape: Any) -> frozenset[str]:
    listed = frozenset(shape.metadata.get("enum") or ())
    return listed | VALUES.get(shape.name, listed) if listed else listed


def is_union(shape: Any) -> bool:
    """True for a structure of which exactly one member may be set."""
    return bool(getattr(shape, "is_tagged_union", False))


def is_document(shape: Any) -> bool:
    """True for a shape that takes any JSON value: a document, or JSON inside a header."""
    return bool(getattr(shape, "is_document_type", False) or shape.serialization.get("jsonvalue"))


def string_validator(limits: Constraints) -> Callable[[str], Any]:
    """Return what says whether a text has the length, and fits the pattern, of `limits`.

    Where one expression can say all of it, it does: a test in C, without a call of Python.
    """
    least, most, fits = limits.least or 0, limits.most, limits.fits
    if fits is not None and most is not None and most <= _SHORT:
        sized = sized_matcher(fits, int(least), int(most))
        if sized is not None:
            return sized

    def test(text: str) -> bool:
        size = len(text)
        if size < least or (most is not None and size > most):
            return False
        return fits is None or fits(text) is not None

    return test


_SHORT = 2048  # what a refused text costs grows with it
