"""Validation of request bodies against the schema of a model, with the texts of the service.

InvokeModel validates a body against a JSON schema of the provider before it calls the model. Its
error is ``Malformed input request: <violations>, please reformat your input and try again.``, with
the violations joined without a separator, each with its location as a JSON Pointer.

Source: recorded responses, for missing keys, extraneous keys, wrong types and texts that are too
long. Assumption: the texts for numbers, lists and enumerations are those of the same validator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias

from mlmock.services.bedrock_runtime.errors import malformed_body_error

Violations: TypeAlias = list[str]
Schema: TypeAlias = Callable[[Any, str, Violations], None]


def validate(schema: Schema, body: Any, *previous: str) -> None:
    """Raise a ValidationException that lists all violations of `body`.

    Args:
        schema: The schema of the body; it determines the order of the violations.
        body: The parsed body.
        *previous: Violations of other schemas, listed first if `body` violates this one.
    """
    violations: Violations = []
    schema(body, "#", violations)
    if violations:
        raise malformed_body_error(*previous, *violations)


def type_name(value: Any) -> str:
    """Return the validator's name for the type of a JSON value."""
    if value is None:
        return "Null"
    if isinstance(value, bool):
        return "Boolean"
    return _TYPE_NAMES.get(type(value), "Object")


_TYPE_NAMES: dict[type, str] = {
    str: "String",
    int: "Integer",
    float: "BigDecimal",
    Decimal: "BigDecimal",
    list: "JSONArray",
    dict: "JSONObject",
}


def _has_type(value: Any, expected: str, path: str, violations: Violations) -> bool:
    actual = type_name(value)
    if actual == expected or (expected == "Number" and actual in ("Integer", "BigDecimal")):
        return True
    violations.append(f"{path}: expected type: {expected}, found: {actual}")
    return False


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON value."""

    def __call__(self, value: Any, path: str, violations: Violations) -> None:
        """Accept any value."""


@dataclass(frozen=True, slots=True)
class String:
    """A string, optionally with length limits in characters and a set of allowed values."""

    min_length: int = 0
    max_length: int | None = None
    enum: tuple[str, ...] = ()

    def __call__(self, value: Any, path: str, violations: Violations) -> None:
        """Append the violations of `value` at `path` to `violations`."""
        if not _has_type(value, "String", path, violations):
            return
        if len(value) < self.min_length:
            violations.append(
                f"{path}: expected minLength: {self.min_length}, actual: {len(value)}"
            )
        if self.max_length is not None and len(value) > self.max_length:
            violations.append(
                f"{path}: expected maxLength: {self.max_length}, actual: {len(value)}"
            )
        if self.enum and value not in self.enum:
            violations.append(f"{path}: {value} is not a valid enum value")


@dataclass(frozen=True, slots=True)
class Number:
    """A number, optionally with limits, a set of allowed values, and restricted to integers."""

    minimum: float | None = None
    maximum: float | None = None
    is_integer: bool = False
    enum: tuple[int, ...] = ()

    def __call__(self, value: Any, path: str, violations: Violations) -> None:
        """Append the violations of `value` at `path` to `violations`."""
        if not _has_type(value, "Integer" if self.is_integer else "Number", path, violations):
            return
        if self.minimum is not None and value < self.minimum:
            violations.append(f"{path}: {value} is not greater or equal to {self.minimum}")
        if self.maximum is not None and value > self.maximum:
            violations.append(f"{path}: {value} is not less or equal to {self.maximum}")
        if self.enum and value not in self.enum:
            violations.append(f"{path}: {value} is not a valid enum value")


def integer(
    minimum: float | None = None, maximum: float | None = None, enum: tuple[int, ...] = ()
) -> Number:
    """Return the schema of an integer.

    Args:
        minimum: The least allowed value, or None.
        maximum: The greatest allowed value, or None.
        enum: The allowed values; empty if any value is allowed.
    """
    return Number(minimum, maximum, True, enum)


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false."""

    def __call__(self, value: Any, path: str, violations: Violations) -> None:
        """Append the violations of `value` at `path` to `violations`."""
        _has_type(value, "Boolean", path, violations)


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of items of one schema, optionally with limits of their count."""

    item: Schema = Anything()
    min_items: int = 0
    max_items: int | None = None

    def __call__(self, value: Any, path: str, violations: Violations) -> None:
        """Append the violations of `value` and its items at `path` to `violations`."""
        if not _has_type(value, "JSONArray", path, violations):
            return
        count = len(value)
        if count < self.min_items:
            violations.append(
                f"{path}: expected minimum item count: {self.min_items}, found: {count}"
            )
        if self.max_items is not None and count > self.max_items:
            violations.append(
                f"{path}: expected maximum item count: {self.max_items}, found: {count}"
            )
        for index, item in enumerate(value):
            self.item(item, f"{path}/{index}", violations)


@dataclass(frozen=True, slots=True)
class ObjectOf:
    """An object with required and optional members.

    Args:
        required: The schemas of the members that must be present.
        optional: The schemas of the members that may be present.
        additional: Whether other members are allowed.
        exactly_one: Whether exactly one of the known members must be present.
    """

    required: Mapping[str, Schema] = field(default_factory=dict)
    optional: Mapping[str, Schema] = field(default_factory=dict)
    additional: bool = False
    exactly_one: bool = False

    def __call__(self, value: Any, path: str, violations: Violations) -> None:
        """Append the violations of `value` and its members at `path` to `violations`."""
        if not _has_type(value, "JSONObject", path, violations):
            return
        known = {**self.required, **self.optional}
        if not self.additional:
            extra = [name for name in value if name not in known]
            violations.extend(f"{path}: extraneous key [{name}] is not permitted" for name in extra)
        missing = [name for name in self.required if name not in value]
        violations.extend(f"{path}: required key [{name}] not found" for name in missing)
        present = [name for name in known if name in value]
        if self.exactly_one and len(present) != 1:
            violations.append(f"{path}: {len(present)} subschemas matched instead of one")
        for name in present:
            known[name](value[name], f"{path}/{name}", violations)


@dataclass(frozen=True, slots=True)
class OneOf:
    """A value that satisfies at least one of several schemas."""

    options: tuple[Schema, ...]

    def __call__(self, value: Any, path: str, violations: Violations) -> None:
        """Append a violation unless `value` satisfies one of the options."""
        for option in self.options:
            option_violations: Violations = []
            option(value, path, option_violations)
            if not option_violations:
                return
        count = len(self.options)
        violations.append(f"{path}: no subschema matched out of the total {count} subschemas")


@dataclass(frozen=True, slots=True)
class TaggedUnion:
    """An object whose member `tag` selects its schema from `variants`.

    Unless the union is `strict`, other tags are allowed, with any members.
    """

    tag: str
    variants: Mapping[str, Schema]
    strict: bool = False

    def __call__(self, value: Any, path: str, violations: Violations) -> None:
        """Append the violations of `value` at `path` to `violations`."""
        own: Violations = []
        tags = tuple(self.variants) if self.strict else ()
        ObjectOf({self.tag: String(1, enum=tags)}, additional=True)(value, path, own)
        if not own and value[self.tag] in self.variants:
            self.variants[value[self.tag]](value, path, own)
        violations.extend(own)


@dataclass(frozen=True, slots=True)
class Null:
    """The value null."""

    def __call__(self, value: Any, path: str, violations: Violations) -> None:
        """Append a violation unless `value` is None."""
        _has_type(value, "Null", path, violations)
