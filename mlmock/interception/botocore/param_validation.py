"""What botocore's parameter validation lets pass, told in one walk over what is there.

botocore validates a call by the model, node by node, in half the time that a long one takes. Here
the tests of a shape are made once, as far as calls come by it; they are as strict as botocore's or
stricter. What they don't accept is botocore's own to judge, and to word. A memo, in that what a
shape accepts depends on the model alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

# The test of a value; a type stands for any value of just that type.
Test = Callable[[Any], Any]
_MOST = 64  # service models that are remembered
_SCALARS = frozenset({str, int, bool, float, type(None)})
_NUMBERS = frozenset({float, int})
_BLOBS = frozenset({bytes, str, bytearray})
_EXACT = {"string": str, "integer": int, "long": int, "boolean": bool}


class ShapeValidators:
    """The service models whose shapes have been met, by the loaded shapes."""

    def __init__(self) -> None:
        self._known: dict[int, _Model] = {}

    def is_valid(self, shape: Any, params: Any) -> bool:
        """Say whether a botocore `shape` takes `params`; False where that isn't sure."""
        try:
            shapes = shape._shape_resolver._shape_map
            if shape._shape_model is not shapes.get(shape.name):
                return False  # a reference with traits of its own
            model = self._known.get(id(shapes)) or self._met(shapes)
            return _accepts(model.named(shape.name), params)
        except (RecursionError, AttributeError, KeyError):  # too deep, or no shape of a model
            return False

    def _met(self, shapes: Mapping[str, Any]) -> _Model:
        if len(self._known) >= _MOST:
            self._known.clear()
        found = self._known[id(shapes)] = _Model(shapes)  # which keeps them, and so their id
        return found


class _Model:
    """The tests of the shapes of one service model."""

    def __init__(self, shapes: Mapping[str, Any]) -> None:
        self._shapes = shapes
        self._known: dict[str, Test] = {}

    def named(self, name: str) -> Test:
        """Return the test of a shape, made when it is first met."""
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = self._made(self._shapes[name])
        return found

    def of(self, reference: Mapping[str, Any]) -> Test:
        """Return the test of what a member, an element or a value refers to."""
        if _OWN.isdisjoint(reference):
            return self.named(reference["shape"])
        return self._made({**self._shapes[reference["shape"]], **reference})

    def _made(self, shape: Mapping[str, Any]) -> Test:
        kind, least = shape["type"], shape.get("min")
        if not _ODD.isdisjoint(shape):
            return _document if shape.get("document") and kind == "structure" else _reject
        if kind == "structure":
            return _structure(self, shape)
        if kind == "list":
            return _list(self.of(shape["member"]), least or 0)
        if kind == "map":
            return _map(self.of(shape["key"]), self.of(shape["value"]))
        return _scalar(kind, least)


_ODD = frozenset({"jsonvalue", "hostLabel", "document"})
_OWN = _ODD | {"min", "required", "union", "members"}  # traits that a reference may bring


def _scalar(kind: str, least: Any) -> Test:
    if kind == "blob":
        return lambda value: type(value) in _BLOBS
    if kind in {"float", "double"}:
        lowest = float("-inf") if least is None else least
        return lambda value: type(value) in _NUMBERS and value >= lowest
    exact = _EXACT.get(kind)
    if exact is None or least is None or kind == "boolean":
        return exact or _reject
    if kind == "string":
        return lambda value: type(value) is str and len(value) >= least
    return lambda value: type(value) is exact and value >= least


def _reject(value: Any) -> bool:
    return False


def _document(value: Any) -> bool:
    if type(value) in _SCALARS:
        return True
    if type(value) is dict:
        value = value.values()
    elif type(value) is not list:
        return False
    for item in value:  # noqa: SIM110 - one frame a level, as botocore has it: no generator
        if not _document(item):
            return False
    return True


def _accepts(test: Test, value: Any) -> bool:
    return test is type(value) or (type(test) is not type and bool(test(value)))


def _structure(model: _Model, shape: Mapping[str, Any]) -> Test:
    required, references = shape.get("required", ()), shape["members"]
    is_union, known = bool(shape.get("union")), dict[str, Test]()

    def accepts(value: Any) -> bool:
        if type(value) is not dict or (is_union and len(value) != 1):
            return False
        for name in required:
            if name not in value:
                return False
        for name, item in value.items():
            test = known.get(name)
            if test is None:
                if name not in references:
                    return False
                test = known[name] = model.of(references[name])
            if test is not type(item) and (type(test) is type or not test(item)):
                return False
        return True

    return accepts


def _list(test: Test, least: int) -> Test:
    def accepts(value: Any) -> bool:
        if type(value) is not list or len(value) < least:
            return False
        for item in value:
            if test is not type(item) and (type(test) is type or not test(item)):
                return False
        return True

    return accepts


def _map(of_keys: Test, test: Test) -> Test:
    def accepts(value: Any) -> bool:
        if type(value) is not dict:
            return False
        return all(_accepts(of_keys, key) and _accepts(test, item) for key, item in value.items())

    return accepts
