"""The least that a shape needs, and that least with one value put at a place inside it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from mlmock.aws.spec.constraints import is_document, is_union, limits_of
from tests.aws.pattern_samples import SAMPLES
from tests.aws.shape_strategies import holds

SOME_KEY = "some-key"
_SIMPLE: dict[str, Any] = {
    "boolean": True,
    "timestamp": datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc),
}


def minimal(shape: Any) -> Any:
    """Return a valid value of `shape` with only what is required."""
    if is_document(shape):
        return {"any": ["thing"]}
    kind, limits = shape.type_name, limits_of(shape)
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
        return next(text for text in SAMPLES if holds(shape, text) and text)
    return _SIMPLE.get(kind, limits.least if limits.least is not None else 1)


def key_of(shape: Any) -> str:
    """Return a valid key of a map `shape`."""
    return SOME_KEY if holds(shape.key, SOME_KEY) else str(minimal(shape.key))


@dataclass(frozen=True)
class Place:
    """A place inside a structure: the steps to it, as the members, items and values it goes by."""

    steps: tuple[Any, ...]
    shapes: tuple[Any, ...]  # of everything from the outermost to the place itself

    @property
    def shape(self) -> Any:
        """The shape at the place."""
        return self.shapes[-1]

    @property
    def owner(self) -> Any:
        """The shape of what the place is directly in."""
        return self.shapes[-2]

    def then(self, step: Any, shape: Any) -> "Place":
        """Return the place one step further in."""
        return Place((*self.steps, step), (*self.shapes, shape))

    def path(self, steps: int | None = None) -> str:
        """Return the path as messages have it."""
        texts = []
        for step, shape in zip(self.steps[:steps], self.shapes, strict=False):
            if shape.type_name == "structure":
                texts.append(step[:1].lower() + step[1:])
            else:
                texts.append(f"{step + 1 if isinstance(step, int) else step}.member")
        return ".".join(texts)


ITEM = 1  # the second item of a list, where it may have two


def places(shape: Any) -> Iterator[Place]:
    """Yield every place inside a structure, each shape once on a way."""
    return _inside(Place((), (shape,)))


def _inside(place: Place) -> Iterator[Place]:
    for inner in _directly_in(place):
        yield inner
        if inner.shape.name not in {shape.name for shape in place.shapes}:
            yield from _inside(inner)


def _directly_in(place: Place) -> Iterator[Place]:
    shape = place.shape
    if is_document(shape):
        return
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield place.then(name, member)
    elif shape.type_name == "list":
        yield place.then(0 if limits_of(shape).most == 1 else ITEM, shape.member)
    elif shape.type_name == "map":
        yield place.then(key_of(shape), shape.value)


def put(place: Place, value: Any) -> Any:
    """Return the least value of the outermost shape that has `value` at `place`."""
    return _put(place.shapes, place.steps, value)


def _put(shapes: tuple[Any, ...], steps: tuple[Any, ...], value: Any) -> Any:
    if not steps:
        return value
    shape, step = shapes[0], steps[0]
    inner = _put(shapes[1:], steps[1:], value)
    if is_union(shape):
        return {step: inner}
    if shape.type_name == "list":
        return [*(minimal(shape.member) for _ in range(step)), inner]
    return {**minimal(shape), step: inner}
