"""Constraints of a shape of the service model."""

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
    """The minimum and maximum length (or value), the enumeration and the pattern of a shape."""

    least: float | None
    most: float | None
    enum: frozenset[str]
    fits: Callable[[str], Any] | None

    @property
    def any(self) -> bool:
        """Whether there is any constraint."""
        return bool(self.least is not None or self.most is not None or self.enum or self.fits)


def constraints_of(shape: Any) -> Constraints:
    """Return the constraints of a botocore `shape`."""
    metadata = shape.metadata
    pattern = metadata.get("pattern") if shape.type_name == "string" else None
    return Constraints(
        least=metadata.get("min"),
        most=metadata.get("max"),
        enum=_enum(shape),
        fits=matcher(pattern) if pattern else None,
    )


def _enum(shape: Any) -> frozenset[str]:
    listed = frozenset(shape.metadata.get("enum") or ())
    return listed | VALUES.get(shape.name, listed) if listed else listed


def is_union(shape: Any) -> bool:
    """Return whether `shape` is a union: exactly one of its members is set."""
    return bool(getattr(shape, "is_tagged_union", False))


def is_document(shape: Any) -> bool:
    """Return whether `shape` takes any JSON value: a document, or JSON inside a header."""
    return bool(getattr(shape, "is_document_type", False) or shape.serialization.get("jsonvalue"))


def string_validator(constraints: Constraints) -> Callable[[str], Any]:
    """Return a predicate for texts that have the length and match the pattern of `constraints`.

    If one regular expression can test both, the predicate is its bound method: no Python function
    is called.
    """
    least, most, fits = constraints.least or 0, constraints.most, constraints.fits
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


# The time to reject a text grows with this length.
_SHORT = 2048
