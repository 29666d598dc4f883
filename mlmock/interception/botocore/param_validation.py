"""A fast parameter validation, which accepts a part of what botocore's accepts.

botocore interprets the model of a shape for every value, which takes half of the time of a long
call. Here the checks of a shape are compiled on first use. They are as strict as botocore's or
stricter. What they do not accept is validated by botocore, which words the error. The compiled
checks depend on the model alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

# A check returns whether it accepts a value. A type accepts the values of exactly that type.
Check = Callable[[Any], Any]
_MAX_MODELS = 64
_SCALARS = frozenset({str, int, bool, float, type(None)})
_NUMBERS = frozenset({float, int})
_BLOBS = frozenset({bytes, str, bytearray})
_EXACT_TYPES = {"string": str, "integer": int, "long": int, "boolean": bool}


class ShapeValidators:
    """A cache of compiled checks, by the ids of the loaded service models."""

    def __init__(self) -> None:
        self._models: dict[int, _Model] = {}

    def is_valid(self, shape: Any, params: Any) -> bool:
        """Return whether `params` are certainly valid for a botocore `shape`."""
        try:
            shapes = shape._shape_resolver._shape_map
            if shape._shape_model is not shapes.get(shape.name):
                return False  # a reference with traits of its own
            model = self._models.get(id(shapes)) or self._add(shapes)
            return _accepts(model.check_for(shape.name), params)
        except (RecursionError, AttributeError, KeyError):  # too deep, or not a shape of a model
            return False

    def _add(self, shapes: Mapping[str, Any]) -> _Model:
        if len(self._models) >= _MAX_MODELS:
            self._models.clear()
        # The model references `shapes`, so that no other object can get the same id.
        model = self._models[id(shapes)] = _Model(shapes)
        return model


class _Model:
    """The checks of the shapes of one service model."""

    def __init__(self, shapes: Mapping[str, Any]) -> None:
        self._shapes = shapes
        self._checks: dict[str, Check] = {}

    def check_for(self, name: str) -> Check:
        """Return the check of a shape, compiled on first use."""
        check = self._checks.get(name)
        if check is None:
            check = self._checks[name] = self._compile(self._shapes[name])
        return check

    def check_for_reference(self, reference: Mapping[str, Any]) -> Check:
        """Return the check of a reference: a member, a list's element, a map's key or value."""
        if _REFERENCE_TRAITS.isdisjoint(reference):
            return self.check_for(reference["shape"])
        return self._compile({**self._shapes[reference["shape"]], **reference})

    def _compile(self, shape: Mapping[str, Any]) -> Check:
        kind, minimum = shape["type"], shape.get("min")
        if not _SPECIAL_TRAITS.isdisjoint(shape):
            return _document if shape.get("document") and kind == "structure" else _reject
        if kind == "structure":
            return _structure(self, shape)
        if kind == "list":
            return _list(self.check_for_reference(shape["member"]), minimum or 0)
        if kind == "map":
            return _map(
                self.check_for_reference(shape["key"]), self.check_for_reference(shape["value"])
            )
        return _scalar(kind, minimum)


_SPECIAL_TRAITS = frozenset({"jsonvalue", "hostLabel", "document"})
# The traits that a reference may override.
_REFERENCE_TRAITS = _SPECIAL_TRAITS | {"min", "required", "union", "members"}


def _scalar(kind: str, minimum: Any) -> Check:
    if kind == "blob":
        return lambda value: type(value) in _BLOBS
    if kind in {"float", "double"}:
        lowest = float("-inf") if minimum is None else minimum
        return lambda value: type(value) in _NUMBERS and value >= lowest
    exact = _EXACT_TYPES.get(kind)
    if exact is None or minimum is None or kind == "boolean":
        return exact or _reject
    if kind == "string":
        return lambda value: type(value) is str and len(value) >= minimum
    return lambda value: type(value) is exact and value >= minimum


def _reject(value: Any) -> bool:
    return False


def _document(value: Any) -> bool:
    if type(value) in _SCALARS:
        return True
    if type(value) is dict:
        value = value.values()
    elif type(value) is not list:
        return False
    # A generator would use a second frame for each level, and so reach the recursion limit
    # earlier than botocore.
    for item in value:  # noqa: SIM110
        if not _document(item):
            return False
    return True


def _accepts(check: Check, value: Any) -> bool:
    return check is type(value) or (type(check) is not type and bool(check(value)))


def _structure(model: _Model, shape: Mapping[str, Any]) -> Check:
    required, references = shape.get("required", ()), shape["members"]
    is_union, checks = bool(shape.get("union")), dict[str, Check]()

    def accepts(value: Any) -> bool:
        if type(value) is not dict or (is_union and len(value) != 1):
            return False
        for name in required:
            if name not in value:
                return False
        for name, item in value.items():
            check = checks.get(name)
            if check is None:
                if name not in references:
                    return False
                check = checks[name] = model.check_for_reference(references[name])
            if check is not type(item) and (type(check) is type or not check(item)):
                return False
        return True

    return accepts


def _list(check: Check, minimum: int) -> Check:
    def accepts(value: Any) -> bool:
        if type(value) is not list or len(value) < minimum:
            return False
        for item in value:
            if check is not type(item) and (type(check) is type or not check(item)):
                return False
        return True

    return accepts


def _map(key_check: Check, value_check: Check) -> Check:
    def accepts(value: Any) -> bool:
        if type(value) is not dict:
            return False
        return all(
            _accepts(key_check, key) and _accepts(value_check, item) for key, item in value.items()
        )

    return accepts
