"""Minimal values of shapes, and minimal values with one given value inside them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from mlmock.aws.spec.constraints import constraints_of, is_document, is_union
from tests.aws.pattern_samples import SAMPLES
from tests.aws.shape_strategies import is_valid_string

SOME_KEY = "some-key"
_SIMPLE: dict[str, Any] = {
    "boolean": True,
    "timestamp": datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc),
}


def minimal(shape: Any) -> Any:
    """Return a valid value of `shape` with only the required members."""
    if is_document(shape):
        return {"any": ["thing"]}
    kind, limits = shape.type_name, constraints_of(shape)
    if kind == "structure":
        names = list(shape.members)[:1] if is_union(shape) else shape.required_members
        return {name: minimal(shape.members[name]) for name in names}
    if kind == "list":
        least = max(int(limits.least or 0), int("location" in shape.serialization))
        return [minimal(shape.member) for _ in range(least)]
    if kind == "map":
        return {key_of(shape): minimal(shape.value)} if limits.least else {}
    if kind == "blob":
        return b"x" * max(1, int(limits.least or 0))
    if limits.enum:
        return shape.enum[0]
    if kind == "string":
        return next(text for text in SAMPLES if is_valid_string(shape, text) and text)
    return _SIMPLE.get(kind, limits.least if limits.least is not None else 1)


def key_of(shape: Any) -> str:
    """Return a valid key of a map `shape`."""
    return SOME_KEY if is_valid_string(shape.key, SOME_KEY) else str(minimal(shape.key))


@dataclass(frozen=True)
class Position:
    """A position inside a structure: the members, indexes and keys that lead to it."""

    steps: tuple[Any, ...]
    shapes: tuple[Any, ...]  # from the outermost shape to the one at the position

    @property
    def shape(self) -> Any:
        """The shape at the position."""
        return self.shapes[-1]

    @property
    def owner(self) -> Any:
        """The shape that directly contains the position."""
        return self.shapes[-2]

    def then(self, step: Any, shape: Any) -> "Position":
        """Return the position one step further in."""
        return Position((*self.steps, step), (*self.shapes, shape))

    def path(self, steps: int | None = None) -> str:
        """Return the path as AWS's messages show it."""
        texts = []
        for step, shape in zip(self.steps[:steps], self.shapes, strict=False):
            if shape.type_name == "structure":
                texts.append(step[:1].lower() + step[1:])
            else:
                texts.append(f"{step + 1 if isinstance(step, int) else step}.member")
        return ".".join(texts)


ITEM = 1  # the second item of a list, if it may have two


def positions(shape: Any) -> Iterator[Position]:
    """Yield every position inside a structure; a recursive shape is entered once."""
    return _inside(Position((), (shape,)))


def _inside(position: Position) -> Iterator[Position]:
    for inner in _directly_in(position):
        yield inner
        if inner.shape.name not in {shape.name for shape in position.shapes}:
            yield from _inside(inner)


def _directly_in(position: Position) -> Iterator[Position]:
    shape = position.shape
    if is_document(shape):
        return
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield position.then(name, member)
    elif shape.type_name == "list":
        yield position.then(0 if constraints_of(shape).most == 1 else ITEM, shape.member)
    elif shape.type_name == "map":
        yield position.then(key_of(shape), shape.value)


def with_value_at(position: Position, value: Any) -> Any:
    """Return the minimal value of the outermost shape with `value` at `position`."""
    return _value_with(position.shapes, position.steps, value)


def _value_with(shapes: tuple[Any, ...], steps: tuple[Any, ...], value: Any) -> Any:
    if not steps:
        return value
    shape, step = shapes[0], steps[0]
    inner = _value_with(shapes[1:], steps[1:], value)
    if is_union(shape):
        return {step: inner}
    if shape.type_name == "list":
        return [*(minimal(shape.member) for _ in range(step)), inner]
    return {**minimal(shape), step: inner}
